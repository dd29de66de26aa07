package io.mcpsecurity.authorizationserver;

import org.springframework.http.HttpStatus;

/** Why a sign-in at a provider failed, as far as users can do something about it. */
enum FederatedLoginFailure {

	/** The user has no role of this server. */
	NO_ROLE(HttpStatus.FORBIDDEN,
			"You have signed in, but your account has no role here, so it may not do anything. "
					+ "Ask the administrator of this server for access."),

	/** The provider or this server did not accept the sign-in. */
	REFUSED(HttpStatus.FORBIDDEN, "The provider did not sign you in."),

	/** The browser did not start this sign-in, or too long ago. */
	NOT_STARTED(HttpStatus.BAD_REQUEST,
			"This sign-in was not started in this browser, or too long ago. Start it again."),

	/** The provider does not respond as expected. */
	UNAVAILABLE(HttpStatus.BAD_GATEWAY, "The provider is not available at the moment. Try again later.");

	/** The attribute of a request for the login page. */
	static final String ATTRIBUTE = "io.mcpsecurity.authorizationserver.FederatedLoginFailure";

	private final HttpStatus status;

	private final String text;

	FederatedLoginFailure(HttpStatus status, String text) {
		this.status = status;
		this.text = text;
	}

	HttpStatus status() {
		return this.status;
	}

	/** The text on the login page. */
	public String getText() {
		return this.text;
	}

}
