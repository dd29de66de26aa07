package io.mcpsecurity.token;

/**
 * Tells of a token whether it is known to be good, without the work of verifying it.
 */
public interface KnownTokens {

	/**
	 * Whether a token was verified a moment ago and is still good.
	 * @param token the token's text
	 */
	boolean isKnown(String token);

}
