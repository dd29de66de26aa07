package io.mcpsecurity.token;

/**
 * Knows which tokens can be verified without calling an authorization server for each of
 * them.
 */
public interface KnownTokens {

	/**
	 * Whether a token was verified recently and is still valid.
	 * @param token the token's text
	 */
	boolean isKnown(String token);

	/**
	 * Whether a token is a JWT that can be read here, so that its signature is verified
	 * before anything else. Any other token is introspected.
	 * @param token the token's text
	 */
	boolean isJwt(String token);

}
