package io.mcpsecurity.token;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;

/** The reason why there is no caller, for metrics and records. Clients do not get it. */
public enum TokenFailure {

	/** There is no access token. */
	MISSING,

	/**
	 * The request has several {@code Authorization} headers or API keys, or one of each.
	 */
	INVALID_REQUEST,

	/**
	 * The token is not a JWT, lacks a required claim, or has a claim of the wrong type.
	 */
	MALFORMED,

	/** The token's issuer is not one of those whose tokens are accepted. */
	ISSUER,

	/** No key of its issuer has signed the token. */
	SIGNATURE,

	/** The token's {@code exp} is past. */
	EXPIRED,

	/** The token's {@code nbf} is in the future. */
	NOT_YET_VALID,

	/** The token was issued for another resource. */
	AUDIENCE,

	/** The token is not an access token. */
	TYPE,

	/** The token is bound to a key or certificate and was sent as a bearer token. */
	BOUND,

	/** The token is not bound to a key or certificate, as is required. */
	UNBOUND,

	/** The token is bound to another client certificate, or the request has none. */
	CERTIFICATE,

	/** The DPoP proof is missing, malformed, or not for this request and token. */
	DPOP_PROOF,

	/**
	 * The DPoP proof is right but for the nonce of this server, which it must contain.
	 */
	DPOP_NONCE,

	/** The token or API key is not active: it was revoked, or is unknown. */
	INACTIVE,

	/** The API key is not accepted from the address of the client. */
	NETWORK,

	/** The issuer's keys, or a response about the token, are not available. */
	UNAVAILABLE,

	/** Too many other tokens are being introspected. */
	BUSY,

	/** Another reason, such as a refusal by the application's own authentication. */
	OTHER;

	/** The error code of the challenge (RFC 6750 section 3.1, RFC 9449 section 7.1). */
	String errorCode() {
		return switch (this) {
			case DPOP_PROOF -> OAuth2ErrorCodes.INVALID_DPOP_PROOF;
			case DPOP_NONCE -> "use_dpop_nonce";
			default -> OAuth2ErrorCodes.INVALID_TOKEN;
		};
	}

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
