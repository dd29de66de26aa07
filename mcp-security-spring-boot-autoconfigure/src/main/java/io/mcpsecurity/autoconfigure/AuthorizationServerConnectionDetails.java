package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.token.Provider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Details of an authorization server whose access tokens are accepted, for example one in
 * a container. If there is a bean of this type, the authorization servers of the
 * properties are ignored.
 */
public interface AuthorizationServerConnectionDetails extends ConnectionDetails {

	/** The issuer identifier, exactly as in the {@code iss} claim of its tokens. */
	String getIssuer();

	/** The URI of its keys, or {@code null} for the {@code jwks_uri} of its metadata. */
	default @Nullable String getJwkSetUri() {
		return null;
	}

	/** The kind of authorization server. */
	default Provider getProvider() {
		return Provider.GENERIC;
	}

}
