package io.mcpsecurity.authorizationserver;

import java.security.Principal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeActor;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeCompositeAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.OAuth2TokenFormat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What each kind of storage keeps.
 */
@ParameterizedClass
@EnumSource(TestStorage.Kind.class)
class CurrentAuthorizationsTests {

	private static final OAuth2TokenType STATE = new OAuth2TokenType(OAuth2ParameterNames.STATE);

	private static final OAuth2TokenType CODE = new OAuth2TokenType(OAuth2ParameterNames.CODE);

	private final ManualClock clock = new ManualClock();

	@AutoClose
	private final TestStorage storage;

	private final ClientRegistry clients;

	private final CurrentAuthorizations authorizations;

	CurrentAuthorizationsTests(TestStorage.Kind kind) {
		this.storage = new TestStorage(kind);
		this.clients = new ClientRegistry(
				new AuthorizationServerProperties.Registration(true, 0, List.of(), Duration.ofDays(1), List.of(),
						new AuthorizationServerProperties.MetadataDocuments(false, List.of())),
				List.of(client("analyst-agent"), client("mcp-inspector")), this.storage.clients(), null, this.clock);
		this.authorizations = new CurrentAuthorizations(this.storage.authorizations(this.clients, this.clock),
				this.clients, this.clock);
	}

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
		this.authorizations.save(OAuth2Authorization.from(begun("state")).token(code).build());
		OAuth2Authorization redeemed = OAuth2Authorization.from(this.authorizations.findByToken("code", CODE))
			.invalidate(code)
			.accessToken(new OAuth2AccessToken(TokenType.BEARER, jwt("token"), now, now.plus(Duration.ofMinutes(5))))
			.build();
		this.authorizations.save(redeemed);
		this.authorizations.remove(redeemed);
		assertThat(this.authorizations.findByToken("code", CODE)).isNull();
	}

	@Test
	void authorizationThatWasChangedOrRemovedSinceItWasReadIsNotSaved() {
		this.authorizations.save(begun("state"));
		OAuth2Authorization first = this.authorizations.findById("state");
		OAuth2Authorization second = this.authorizations.findById("state");
		this.authorizations.save(first);
		for (OAuth2Authorization stale : List.of(begun("state"), first, second)) {
			assertThatExceptionOfType(CurrentAuthorizations.ConflictException.class)
				.isThrownBy(() -> this.authorizations.save(stale));
		}
		OAuth2Authorization current = this.authorizations.findById("state");
		this.authorizations.remove(current);
		assertThatExceptionOfType(CurrentAuthorizations.ConflictException.class)
			.isThrownBy(() -> this.authorizations.save(current));
		assertThat(this.authorizations.findById("state")).isNull();
	}

	@Test
	void authorizationsOfRevokedClientEndAndDoNotReturnWithIt() {
		ClientRevocation revocation = new ClientRevocation(this.clients, this.authorizations, List.of());
		this.authorizations.save(authorization("token"));
		this.authorizations.save(begun("state"));
		OAuth2Authorization late = this.authorizations.findById("token");
		assertThat(revocation.revoke("analyst-agent")).isTrue();
		assertThat(this.authorizations.findById("token")).isNull();
		assertThat(this.authorizations.findByToken(jwt("token"), null)).isNull();
		assertThat(this.authorizations.findById("state")).isNotNull();
		assertThatExceptionOfType(CurrentAuthorizations.ConflictException.class)
			.isThrownBy(() -> this.authorizations.save(late));
		assertThat(revocation.restore("analyst-agent")).isTrue();
		assertThat(this.authorizations.findById("token")).isNull();
		assertThat(revocation.revoke("nobody")).isFalse();
	}

	@Test
	void everythingOfAnAuthorizationIsStored() {
		Instant now = this.clock.instant();
		OAuth2AuthorizationCode code = new OAuth2AuthorizationCode("code", now, now.plus(Duration.ofMinutes(5)));
		OAuth2AuthorizationRequest request = OAuth2AuthorizationRequest.authorizationCode()
			.authorizationUri("https://auth.example/oauth2/authorize")
			.clientId("mcp-inspector")
			.redirectUri("https://app.example/a,b")
			.scopes(Set.of("a"))
			.state("x")
			.additionalParameters(Map.of("code_challenge", "y"))
			.build();
		Authentication user = new OAuth2TokenExchangeCompositeAuthenticationToken(
				UsernamePasswordAuthenticationToken.authenticated("alice", null,
						AuthorityUtils.createAuthorityList("ROLE_READER")),
				List.of(new OAuth2TokenExchangeActor(Map.of("iss", "https://auth.example", "sub", "agent"))));
		OAuth2Authorization saved = OAuth2Authorization.from(begun("all"))
			.authorizedScopes(Set.of("a,b"))
			.attribute(Principal.class.getName(), user)
			.attribute(OAuth2AuthorizationRequest.class.getName(), request)
			.token(code)
			.invalidate(code)
			.token(new OAuth2AccessToken(TokenType.DPOP, jwt("token"), now, now.plusSeconds(60), Set.of("a")),
					(metadata) -> metadata.putAll(Map.of(OAuth2TokenFormat.class.getName(), "self-contained",
							OAuth2Authorization.Token.CLAIMS_METADATA_NAME, Map.of("jti", "token"))))
			.refreshToken(new OAuth2RefreshToken("refresh", now, now.plusSeconds(90)))
			.build();
		this.clients.updateScopes("mcp-inspector", List.of("a,b"));
		this.authorizations.save(saved);
		OAuth2Authorization found = this.authorizations.findByToken("refresh", OAuth2TokenType.REFRESH_TOKEN);
		assertThat(found).usingRecursiveComparison().ignoringFields("attributes").isEqualTo(saved);
		assertThat(CurrentAuthorizations.attributesOf(found)).usingRecursiveComparison()
			.ignoringFieldsMatchingRegexes(".*eraseCredentialsAfterAuthentication")
			.isEqualTo(saved.getAttributes());
	}

	@Test
	void userWithManyPendingAuthorizationsDisplacesOnlyOwnOnes() {
		this.authorizations.save(OAuth2Authorization.from(begun("of-bob")).principalName("bob").build());
		for (int i = 0; i < 150; i++) {
			this.clock.advance(Duration.ofMillis(1));
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
		assertThat(this.authorizations.findByToken(jwt("token"), OAuth2TokenType.ACCESS_TOKEN)).isNotNull();
		assertThat(this.authorizations.findByToken(jwt("token"), null)).isNotNull();
		for (OAuth2TokenType type : List.of(STATE, CODE, OAuth2TokenType.REFRESH_TOKEN,
				new OAuth2TokenType("id_token"))) {
			assertThat(this.authorizations.findByToken(jwt("token"), type)).as(type.getValue()).isNull();
		}
	}

	@Test
	void authorizationsAreReadDuringConcurrentWrites() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			Future<?> others = threads
				.submit(() -> IntStream.range(0, 500).forEach((i) -> this.authorizations.save(begun("state-" + i))));
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
			.accessToken(new OAuth2AccessToken(TokenType.BEARER, jwt(token), now, now.plus(Duration.ofMinutes(5))))
			.build();
	}

	private static String jwt(String id) {
		return new PlainJWT(new JWTClaimsSet.Builder().jwtID(id).build()).serialize();
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
