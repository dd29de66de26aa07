package io.mcpsecurity.token;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;

/**
 * Why there is no caller: one word out of a few, for those who count or record failures.
 * Clients are told nothing of it.
 */
public enum TokenFailure {

	/** There is no access token. */
	MISSING,

	/** The request cannot be understood: it has several {@code Authorization} headers. */
	INVALID_REQUEST,

	/**
	 * The token is no JWT, lacks a claim that an access token must have, or has a claim
	 * of the wrong kind.
	 */
	MALFORMED,

	/** The token's issuer is not one of those whose tokens are accepted. */
	ISSUER,

	/** No key of its issuer has signed the token. */
	SIGNATURE,

	/** The token's {@code exp} is past. */
	EXPIRED,

	/** The token's {@code nbf} is to come. */
	NOT_YET_VALID,

	/** The token was issued for another resource. */
	AUDIENCE,

	/** The token is something else than an access token. */
	TYPE,

	/** The token is bound to a key or certificate and was sent as a bearer token. */
	BOUND,

	/** The authorization server says that the token is not active: revoked, or none. */
	INACTIVE,

	/**
	 * The token could not be checked, because its issuer's keys, or an answer about it,
	 * are not to be had.
	 */
	UNAVAILABLE,

	/** The token could not be checked, because too many others are being introspected. */
	BUSY,

	/** None of the above: an authentication of the application's own says no. */
	OTHER;

	/**
	 * Why authentication failed.
	 * @param exception what authentication failed with
	 */
	public static TokenFailure of(AuthenticationException exception) {
		if (exception instanceof RefusedTokenException refused) {
			return refused.failure();
		}
		if (exception instanceof TooManyIntrospectionsException) {
			return BUSY;
		}
		if (exception instanceof AuthenticationServiceException) {
			return UNAVAILABLE;
		}
		if (exception instanceof OAuth2AuthenticationException other) {
			return OAuth2ErrorCodes.INVALID_REQUEST.equals(other.getError().getErrorCode()) ? INVALID_REQUEST : OTHER;
		}
		return MISSING;
	}

}
