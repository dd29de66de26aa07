package io.mcpsecurity.authorizationserver;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * The properties: their defaults, and what stops the start.
 */
@ExtendWith(OutputCaptureExtension.class)
class AuthorizationServerModelTests {

	private static final String BCRYPT = "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG";

	private final MockEnvironment environment = new MockEnvironment()
		.withProperty("mcp-authorization-server.issuer", "https://auth.example")
		.withProperty("mcp-authorization-server.resources[0].identifier", "https://api.example/mcp")
		.withProperty("mcp-authorization-server.resources[0].scopes[0].name", "read")
		.withProperty("mcp-authorization-server.resources[0].scopes[1].name", "delete")
		.withProperty("mcp-authorization-server.resources[0].scopes[1].dangerous", "true")
		.withProperty("mcp-authorization-server.roles.READER", "read");

	@Test
	void whenOneResourceThenClientsRegisterWithItsFirstScope() {
		AuthorizationServerModel model = model();
		assertThat(model.registrationScopes()).containsExactly("read");
		assertThat(model.serverName()).isEqualTo("https://api.example/mcp");
		assertThat(model.scopesOfRole("READER")).containsExactly("read");
		assertThat(model.scopesOfRole("WRITER")).isEmpty();
	}

	@Test
	void dangerousScopeIsNotRegisteredByDefault() {
		set("resources[0].scopes[0].dangerous", "true");
		assertThat(model().registrationScopes()).isEmpty();
	}

	@Test
	void resourceOfMcpServerIsDefault() {
		MockEnvironment other = new MockEnvironment()
			.withProperty("mcp-authorization-server.issuer", "https://auth.example")
			.withProperty("mcp-security.resource", "https://api.example/mcp")
			.withProperty("mcp-security.resource-name", "Records")
			.withProperty("mcp-security.scopes[0].name", "read")
			.withProperty("mcp-security.scopes[0].description", "Look at records");
		AuthorizationServerModel model = model(other);
		assertThat(model.resources()).containsExactly("https://api.example/mcp");
		assertThat(model.serverName()).isEqualTo("Records");
		assertThat(model.scopes()).containsExactly(new Scope("read", "Look at records", false));
	}

	@Test
	void scopesOfOtherResourceAreNotGranted() {
		set("resources[1].identifier", "https://other.example/mcp");
		set("resources[1].scopes[0].name", "other");
		set("clients.app.redirect-uris", "https://app.example/callback");
		AuthorizationServerModel model = model();
		RegisteredClient client = model.clients().get(0);
		assertThat(new RequestedScopes(model).grantable(List.of("read", "other"), client,
				List.of("https://api.example/mcp")))
			.containsExactly("read");
		assertThat(new RequestedScopes(model).grantable(List.of(), client, List.of("https://other.example/mcp")))
			.containsExactly("other");
	}

	@ParameterizedTest
	@CsvSource({ "issuer, ''", "issuer, http://auth.example", "issuer, https://auth.example?x=y",
			"issuer, https://auth.example#x", "issuer, https://user@auth.example", "issuer, auth.example",
			"resources[0].identifier, ''", "resources[0].identifier, https://api.example/mcp#x",
			"resources[0].scopes[0].name, 'a b'", "roles.READER, unknown", "registration.scopes, unknown",
			"registration.redirect-schemes, javascript", "registration.redirect-schemes, https",
			"registration.redirect-schemes, Cursor", "registration.redirect-schemes, cursor:",
			"registration.max-clients, -1", "registration.unused-lifetime, 0s", "tokens.access-token-lifetime, 0s",
			"tokens.refresh-token-lifetime, -1s", "tokens.authorization-lifetime, 0s", "clients.agent.scopes, read" })
	void wrongValueStopsTheStart(String property, String value) {
		set(property, value);
		String expected = property.equals("clients.agent.scopes") ? "clients.agent.secret" : property;
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(this::model)
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("mcp-authorization-server." + expected))
			.satisfies((ex) -> assertThat(ex.getReason()).contains("Set "));
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://app.example/callback", "javascript:alert(1)", "other://callback" })
	void redirectUriOfClientIsChecked(String redirectUri) {
		set("clients.app.redirect-uris", redirectUri);
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(this::model)
			.satisfies(
					(ex) -> assertThat(ex.getName()).isEqualTo("mcp-authorization-server.clients.app.redirect-uris"));
	}

	@ParameterizedTest
	@CsvSource({ "users.alice.password, {noop}alice-password", "users.alice.password, alice-password",
			"users.alice.password, {MD5}alice-password", "users.alice.password, ''",
			"clients.agent.secret, {noop}agent-secret", "clients.agent.secret, agent-secret" })
	void plainSecretStopsTheStart(String property, String value) {
		set(property, value);
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(this::model)
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("mcp-authorization-server." + property))
			.satisfies((ex) -> assertThat(ex + " " + ex.getValue()).doesNotContain("alice-password", "agent-secret"));
	}

	@Test
	void encodedSecretsAreAccepted(CapturedOutput output) {
		set("users.alice.password", BCRYPT);
		set("clients.agent.secret", BCRYPT);
		assertThatNoException().isThrownBy(this::model);
		assertThat(output).doesNotContain("alice", "agent");
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080" })
	void plainSecretsOnLoopbackAreReported(String issuer, CapturedOutput output) {
		set("issuer", issuer);
		set("users.alice.password", "{noop}alice-password");
		set("clients.agent.secret", "{noop}agent-secret");
		assertThatNoException().isThrownBy(this::model);
		assertThat(output)
			.contains("[user 'alice', client 'agent']", "anyone who can connect to this server can use them")
			.doesNotContain("alice-password", "agent-secret");
	}

	@Test
	void unknownRoleOfUserStopsTheStart() {
		set("users.alice.password", BCRYPT);
		set("users.alice.roles", "WRITER");
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(this::model)
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("mcp-authorization-server.users.alice.roles"));
	}

	private void set(String property, String value) {
		this.environment.setProperty("mcp-authorization-server." + property, value);
	}

	private AuthorizationServerModel model() {
		return model(this.environment);
	}

	private static AuthorizationServerModel model(MockEnvironment environment) {
		return new AuthorizationServerModel(
				Binder.get(environment)
					.bindOrCreate(AuthorizationServerProperties.PREFIX, AuthorizationServerProperties.class),
				environment);
	}

}
