package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the memory keeps.
 */
class CurrentAuthorizationsTests {

	private static final OAuth2TokenType STATE = new OAuth2TokenType(OAuth2ParameterNames.STATE);

	private static final OAuth2TokenType CODE = new OAuth2TokenType(OAuth2ParameterNames.CODE);

	private final ManualClock clock = new ManualClock();

	private final ClientRegistry clients = new ClientRegistry(
			new AuthorizationServerProperties.Registration(true, 0, List.of(), Duration.ofDays(1), List.of()),
			List.of(client("analyst-agent"), client("mcp-inspector")), this.clock);

	private final CurrentAuthorizations authorizations = new CurrentAuthorizations(this.clients, this.clock);

	@Test
	void expiredAuthorizationIsRemoved() {
		OAuth2Authorization first = authorization("first");
		this.authorizations.save(first);
		this.clock.advance(Duration.ofMinutes(4));
		this.authorizations.save(authorization("second"));
		assertThat(this.authorizations.findById(first.getId())).isNotNull();
		this.clock.advance(Duration.ofMinutes(2));
		OAuth2Authorization third = authorization("third");
		this.authorizations.save(third);
		assertThat(this.authorizations.findById(first.getId())).isNull();
		assertThat(this.authorizations.findById(third.getId())).isNotNull();
	}

	@Test
	void authorizationIsRemovedAfterItsClientLostScopes() {
		this.clients.updateScopes("analyst-agent", List.of("a", "b"));
		OAuth2Authorization saved = OAuth2Authorization.from(authorization("token"))
			.authorizedScopes(Set.of("a", "b"))
			.build();
		this.authorizations.save(saved);
		this.clients.updateScopes("analyst-agent", List.of("a"));
		OAuth2Authorization current = this.authorizations.findById("token");
		assertThat(current.getAuthorizedScopes()).containsExactly("a");
		this.authorizations.remove(current);
		assertThat(this.authorizations.findById("token")).isNull();
	}

	@Test
	void redeemedCodeIsNotValidAfterItsAuthorizationWasRemoved() {
		Instant now = this.clock.instant();
		OAuth2AuthorizationCode code = new OAuth2AuthorizationCode("code", now, now.plus(Duration.ofMinutes(5)));
		OAuth2Authorization begun = OAuth2Authorization.from(begun("state")).token(code).build();
		this.authorizations.save(begun);
		OAuth2Authorization redeemed = OAuth2Authorization.from(begun)
			.invalidate(code)
			.accessToken(new OAuth2AccessToken(TokenType.BEARER, "token", now, now.plus(Duration.ofMinutes(5))))
			.build();
		this.authorizations.save(redeemed);
		this.authorizations.remove(redeemed);
		assertThat(this.authorizations.findByToken("code", CODE)).isNull();
	}

	@Test
	void userWithManyPendingAuthorizationsDisplacesOnlyOwnOnes() {
		this.authorizations.save(OAuth2Authorization.from(begun("of-bob")).principalName("bob").build());
		for (int i = 0; i < 150; i++) {
			this.authorizations.save(begun("state-" + i));
		}
		assertThat(this.authorizations.findByToken("of-bob", STATE)).isNotNull();
		assertThat(this.authorizations.findByToken("state-0", STATE)).isNull();
		assertThat(this.authorizations.findByToken("state-149", STATE)).isNotNull();
	}

	@Test
	void pendingAuthorizationIsRemovedAfterAnHour() {
		this.authorizations.save(begun("pending"));
		this.clock.advance(Duration.ofMinutes(59));
		this.authorizations.save(authorization("other"));
		assertThat(this.authorizations.findByToken("pending", STATE)).isNotNull();
		this.clock.advance(Duration.ofMinutes(2));
		this.authorizations.save(authorization("another"));
		assertThat(this.authorizations.findByToken("pending", STATE)).isNull();
	}

	@Test
	void tokenIsFoundByItsTypeOnly() {
		this.authorizations.save(authorization("token"));
		assertThat(this.authorizations.findByToken("token", OAuth2TokenType.ACCESS_TOKEN)).isNotNull();
		assertThat(this.authorizations.findByToken("token", null)).isNotNull();
		for (OAuth2TokenType type : List.of(STATE, CODE, OAuth2TokenType.REFRESH_TOKEN,
				new OAuth2TokenType("id_token"))) {
			assertThat(this.authorizations.findByToken("token", type)).as(type.getValue()).isNull();
		}
	}

	@Test
	void authorizationsAreReadDuringConcurrentWrites() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			Future<?> others = threads
				.submit(() -> IntStream.range(0, 5000).forEach((i) -> this.authorizations.save(begun("state-" + i))));
			Future<?> one = threads.submit(() -> {
				while (!others.isDone()) {
					assertThat(this.authorizations.findByToken("none", STATE)).isNull();
				}
			});
			others.get();
			one.get();
		}
		finally {
			threads.shutdownNow();
		}
	}

	private static RegisteredClient client(String id) {
		return RegisteredClient.withId(id)
			.clientId(id)
			.clientSecret("{noop}secret")
			.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
			.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
			.build();
	}

	private OAuth2Authorization begun(String state) {
		return OAuth2Authorization.withRegisteredClient(this.clients.findByClientId("mcp-inspector"))
			.id(state)
			.principalName("alice")
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.attribute(OAuth2ParameterNames.STATE, state)
			.build();
	}

	private OAuth2Authorization authorization(String token) {
		RegisteredClient client = this.clients.findByClientId("analyst-agent");
		Instant now = this.clock.instant();
		return OAuth2Authorization.withRegisteredClient(client)
			.id(token)
			.principalName("analyst-agent")
			.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
			.accessToken(new OAuth2AccessToken(TokenType.BEARER, token, now, now.plus(Duration.ofMinutes(5))))
			.build();
	}

	/**
	 * A clock that stands still until it is told to go on.
	 */
	private static final class ManualClock extends Clock {

		private Instant now = Instant.parse("2026-01-01T00:00:00Z");

		private void advance(Duration duration) {
			this.now = this.now.plus(duration);
		}

		@Override
		public Instant instant() {
			return this.now;
		}

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return this;
		}

	}

}
