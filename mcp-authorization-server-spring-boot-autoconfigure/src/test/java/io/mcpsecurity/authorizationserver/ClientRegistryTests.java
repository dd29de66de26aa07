package io.mcpsecurity.authorizationserver;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How long clients that registered themselves are kept.
 */
@ParameterizedClass
@EnumSource(TestStorage.Kind.class)
class ClientRegistryTests {

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

	private final InstantSource time = this.now::get;

	@AutoClose
	private final TestStorage storage;

	private final ClientRegistry clients;

	ClientRegistryTests(TestStorage.Kind kind) {
		this.storage = new TestStorage(kind);
		this.clients = new ClientRegistry(
				new AuthorizationServerProperties.Registration(true, 1, List.of(), Duration.ofDays(1), List.of(),
						new AuthorizationServerProperties.MetadataDocuments(false, List.of())),
				List.of(configured("app")), this.storage.clients(), null, this.time.withZone(ZoneOffset.UTC));
	}

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
		assertThat(this.clients.findAll()).hasSize(2);
		advance(Duration.ofHours(2));
		assertThat(this.clients.findAll()).hasSize(1);
	}

	@Test
	void clientIsStoredAsItWasRegistered() {
		RegisteredClient client = client("first");
		this.clients.save(client);
		assertThat(this.clients.findById("first")).usingRecursiveComparison().isEqualTo(client);
		assertThat(this.clients.findByClientId("first\0")).isNull();
	}

	@Test
	void scopesOfAdministratorApplyAndTheRestStaysAsConfigured() {
		assertThat(this.clients.updateScopes("app", List.of("wide"))).isTrue();
		this.clients.save(RegisteredClient.from(this.clients.findByClientId("app")).clientSecret("{bcrypt}x").build());
		assertThat(this.clients.findById("app").getScopes()).containsExactly("wide");
		assertThat(this.clients.findById("app").getClientSecret()).isEqualTo("{bcrypt}x");
		this.clients.save(client("first"));
		assertThat(this.clients.updateScopes("first", List.of("wide"))).isTrue();
		assertThat(this.clients.findByClientId("first").getScopes()).containsExactly("wide");
		assertThat(this.clients.updateScopes("nobody", List.of())).isFalse();
	}

	@Test
	void revokedClientIsNotFoundAndOnlyConfiguredOneIsRestored() {
		this.clients.updateScopes("app", List.of("wide"));
		this.clients.save(client("first"));
		for (String id : List.of("app", "first")) {
			assertThat(this.clients.revoke(id)).isNotNull();
			assertThat(this.clients.findById(id)).isNull();
			assertThat(this.clients.findByClientId(id)).isNull();
		}
		assertThat(this.clients.findAll()).singleElement().satisfies((stored) -> assertThat(stored.revoked()).isTrue());
		assertThat(this.clients.restore("first")).isFalse();
		assertThat(this.clients.restore("app")).isTrue();
		assertThat(this.clients.findById("app").getScopes()).containsExactly("wide");
		assertThat(this.clients.revoke("nobody")).isNull();
	}

	@Test
	void clientThatIsNoLongerConfiguredIsNotFoundAfterAnAdministratorChangedIt() {
		ClientStore store = this.storage.clients();
		store.save(new ClientStore.StoredClient(configured("old"), false, null));
		ClientRegistry next = new ClientRegistry(
				new AuthorizationServerProperties.Registration(true, 1, List.of(), Duration.ofDays(1), List.of(),
						new AuthorizationServerProperties.MetadataDocuments(false, List.of())),
				List.of(), store, null, this.time.withZone(ZoneOffset.UTC));
		assertThat(next.findById("old")).isNull();
		assertThat(next.findByClientId("old")).isNull();
		assertThat(next.findAll()).isEmpty();
	}

	private void advance(Duration duration) {
		this.now.updateAndGet((instant) -> instant.plus(duration));
	}

	private static RegisteredClient configured(String id) {
		return RegisteredClient.from(client(id)).clientSettings(ClientSettings.builder().build()).build();
	}

	private static RegisteredClient client(String id) {
		return RegisteredClient.withId(id)
			.clientId(id)
			.clientName("Client, with a comma")
			.clientIdIssuedAt(Instant.parse("2026-01-01T00:00:00Z"))
			.scope("narrow")
			.clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.redirectUri("https://app.example/callback,https://other.example/")
			.clientSettings(SelfRegisteredClientConverter.settings())
			.tokenSettings(TokenSettings.builder().build())
			.build();
	}

}
