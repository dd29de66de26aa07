package io.mcpsecurity.autoconfigure;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which properties actuator endpoints never show.
 */
class SecretPropertiesTests {

	@ParameterizedTest
	@ValueSource(strings = { "mcp-security.authorization-servers[0].introspection.client-secret",
			"mcp-security.authorizationServers[10].introspection.clientSecret",
			"MCPSECURITY_AUTHORIZATIONSERVERS_0_INTROSPECTION_CLIENTSECRET", "mcp-security.request-state.keys",
			"MCPSECURITY_REQUESTSTATE_KEYS_0", "mcp-security.dpop.nonce.keys", "mcp-security.dpop.nonce.keys[1]",
			"MCPSECURITY_DPOP_NONCE_KEYS_0", "mcp-security.downstream.orders.client-secret",
			"mcp-security.api-keys.keys.ci.hash", "mcp-security.downstream.orders.parameters.password",
			"mcp-security.downstream.a.b.parameters[client_key]", "MCPSECURITY_DOWNSTREAM_ORDERS_PARAMETERS_PASSWORD" })
	void secretPropertyIsRecognized(String property) {
		assertThat(SecretProperties.contain(property)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp-security.request-state.lifetime",
			"mcp-security.authorization-servers[0].introspection.client-id", "mcp-security.dpop.nonce.period",
			"mcp-security.downstream.orders.client-id" })
	void otherPropertyIsNotSecret(String property) {
		assertThat(SecretProperties.contain(property)).isFalse();
	}

}
