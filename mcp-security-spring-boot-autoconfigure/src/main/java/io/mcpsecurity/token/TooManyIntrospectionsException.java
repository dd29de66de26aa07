package io.mcpsecurity.token;

import org.springframework.security.authentication.AuthenticationServiceException;

/**
 * A token could not be checked because too many others are being introspected.
 */
final class TooManyIntrospectionsException extends AuthenticationServiceException {

	private static final long serialVersionUID = 1L;

	TooManyIntrospectionsException() {
		super("Too many tokens are being introspected");
	}

}
