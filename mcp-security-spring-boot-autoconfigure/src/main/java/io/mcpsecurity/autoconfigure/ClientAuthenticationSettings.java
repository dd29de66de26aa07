package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.security.PrivateKey;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer.IntrospectionEndpoint;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer.IntrospectionEndpoint.SecretMethod;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.Downstream;
import io.mcpsecurity.token.ClientAuthentication;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.core.io.Resource;
import org.springframework.util.StringUtils;

/**
 * How this server authenticates at an authorization server, as configured. No exception
 * contains a secret.
 *
 * @param client the client id of this server
 * @param secret its secret, or {@code null}
 * @param method how the secret is sent
 * @param key its private key, or {@code null}
 * @param keyId the id of the private key, or {@code null}
 * @param audience the audience of assertions, or {@code null} for the default
 */
record ClientAuthenticationSettings(@Nullable String client, @Nullable String secret, SecretMethod method,
		@Nullable Resource key, @Nullable String keyId, @Nullable String audience) {

	static ClientAuthenticationSettings of(IntrospectionEndpoint endpoint) {
		return new ClientAuthenticationSettings(endpoint.clientId(), endpoint.clientSecret(), endpoint.secretMethod(),
				endpoint.privateKey(), endpoint.keyId(), endpoint.assertionAudience());
	}

	static ClientAuthenticationSettings of(Downstream service) {
		return new ClientAuthenticationSettings(service.clientId(), service.clientSecret(), service.secretMethod(),
				service.privateKey(), service.keyId(), service.assertionAudience());
	}

	/**
	 * Check them.
	 * @param property the property that contains them
	 * @param defaultAudience the default audience of assertions
	 */
	ClientAuthentication create(String property, String defaultAudience) {
		String client = this.client;
		if (!StringUtils.hasText(client)) {
			throw CheckedProperties.invalid(property + ".client-id", null,
					"It is not set. Set it to the client id of this server at the authorization server.");
		}
		String secret = this.secret;
		Resource key = this.key;
		if (StringUtils.hasText(secret) == (key != null)) {
			// Not by the name of the secret: Spring Boot would print its value.
			throw CheckedProperties.invalid(property, null, ((key != null) ? "Both" : "Neither") + " of " + property
					+ ".client-secret and .private-key " + ((key != null) ? "are" : "is") + " set. Set one of them.");
		}
		if (key == null) {
			return (this.method == SecretMethod.CLIENT_SECRET_POST)
					? ClientAuthentication.secretInForm(client, String.valueOf(secret))
					: ClientAuthentication.secret(client, String.valueOf(secret));
		}
		String audience = StringUtils.hasText(this.audience) ? this.audience : defaultAudience;
		return PolicyProperties.checked(property + ".private-key", key,
				() -> ClientAuthentication.privateKey(client, audience, read(key), this.keyId));
	}

	private static PrivateKey read(Resource location) {
		PrivateKey key;
		try (InputStream content = location.getInputStream()) {
			key = PemContent.load(content).getPrivateKey();
		}
		catch (IOException | IllegalStateException ex) {
			throw new IllegalArgumentException("it cannot be read as a private key in PEM", ex);
		}
		if (key == null) {
			throw new IllegalArgumentException("there is no private key in it");
		}
		return key;
	}

}
