package io.mcpsecurity.test;

/**
 * The two protocols of Spring AI that this starter secures.
 */
public enum Protocol {

	STREAMABLE, STATELESS

}
