package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.token.Provider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * An authorization server whose access tokens are accepted, known from elsewhere than
 * from properties: from a container, for example. Where there is such a bean, those that
 * properties name are not looked at.
 */
public interface AuthorizationServerConnectionDetails extends ConnectionDetails {

	/**
	 * Its issuer identifier, to the letter: the {@code iss} claim of its tokens.
	 */
	String getIssuer();

	/**
	 * Where its keys are, or {@code null} for where its metadata says.
	 */
	default @Nullable String getJwkSetUri() {
		return null;
	}

	/**
	 * What kind of authorization server it is.
	 */
	default Provider getProvider() {
		return Provider.GENERIC;
	}

}
