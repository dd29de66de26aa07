package io.mcpsecurity.authorization;

/**
 * The access that a rule grants to its targets.
 */
public enum Access {

	/** Callers with the scopes may use the target. */
	SCOPES,

	/** Every caller with a valid token may use the target. */
	AUTHENTICATED,

	/** All clients may use the target, also without a token. */
	PUBLIC,

	/** The target is denied for all clients. */
	DENY

}
