package io.mcpsecurity.authorization;

/**
 * What a rule makes of its targets.
 */
public enum Access {

	/** Whoever has the scopes may use it. */
	SCOPES,

	/** Every caller with a valid token may use it. */
	AUTHENTICATED,

	/** Everybody may use it, also without a token. */
	PUBLIC,

	/** Nobody may use it. */
	DENY

}
