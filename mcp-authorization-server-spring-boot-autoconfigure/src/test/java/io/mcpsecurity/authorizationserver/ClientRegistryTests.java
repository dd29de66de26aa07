package io.mcpsecurity.authorizationserver;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Test;

import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How long clients that registered themselves are kept.
 */
class ClientRegistryTests {

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

	private final InstantSource time = this.now::get;

	private final ClientRegistry clients = new ClientRegistry(
			new AuthorizationServerProperties.Registration(true, 1, List.of(), Duration.ofDays(1), List.of()),
			List.of(), this.time.withZone(ZoneOffset.UTC));

	@Test
	void unusedClientIsReplaced() {
		this.clients.save(client("first"));
		assertThatExceptionOfType(OAuth2AuthenticationException.class)
			.isThrownBy(() -> this.clients.save(client("second")));
		advance(Duration.ofHours(25));
		this.clients.save(client("second"));
		assertThat(this.clients.findByClientId("first")).isNull();
		assertThat(this.clients.findByClientId("second")).isNotNull();
	}

	@Test
	void clientIsKeptAfterItsLastToken() {
		this.clients.save(client("first"));
		this.clients.keep("first", this.now.get().plus(Duration.ofDays(7)));
		advance(Duration.ofDays(7).plusHours(23));
		assertThat(this.clients.findAll()).hasSize(1);
		advance(Duration.ofHours(2));
		assertThat(this.clients.findAll()).isEmpty();
	}

	private void advance(Duration duration) {
		this.now.updateAndGet((instant) -> instant.plus(duration));
	}

	private static RegisteredClient client(String id) {
		return RegisteredClient.withId(id)
			.clientId(id)
			.clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.redirectUri("https://app.example/callback")
			.clientSettings(ClientSettings.builder().settings(ClientRegistry::markSelfRegistered).build())
			.build();
	}

}
