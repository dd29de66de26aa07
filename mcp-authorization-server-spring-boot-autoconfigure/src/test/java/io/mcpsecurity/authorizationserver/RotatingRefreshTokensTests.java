package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2RefreshTokenAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which requests in parallel are one redemption.
 */
class RotatingRefreshTokensTests {

	private final RegisteredClient client = RegisteredClient.withId("app")
		.clientId("app")
		.clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
		.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
		.redirectUri("https://app.example/callback")
		.build();

	private final CurrentAuthorizations authorizations = new CurrentAuthorizations(new MemoryAuthorizationStore(),
			new ClientRegistry(
					new AuthorizationServerProperties.Registration(true, 0, List.of(), Duration.ofDays(1), List.of(),
							new AuthorizationServerProperties.MetadataDocuments(false, List.of())),
					List.of(this.client), new MemoryClientStore(), null, Clock.systemUTC()),
			Clock.systemUTC());

	private final Redemptions redemptions = new Redemptions();

	private final RotatingRefreshTokens tokens = new RotatingRefreshTokens(this.redemptions, this.authorizations);

	@Test
	void identicalRequestsWithSeveralResourcesAreOneRedemption() throws Exception {
		Instant now = Instant.now();
		this.authorizations.save(OAuth2Authorization.withRegisteredClient(this.client)
			.principalName("alice")
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.accessToken(new OAuth2AccessToken(TokenType.BEARER, "access", now, now.plusSeconds(60)))
			.refreshToken(new OAuth2RefreshToken("refresh", now, now.plusSeconds(60)))
			.build());
		ExecutorService threads = Executors.newFixedThreadPool(2);
		try {
			Future<Authentication> first = threads.submit(() -> this.tokens.authenticate(request("a", "b")));
			assertThat(this.redemptions.begun.await(10, TimeUnit.SECONDS)).isTrue();
			Future<Authentication> second = threads.submit(() -> this.tokens.authenticate(request("a", "b")));
			assertThat(second.get(10, TimeUnit.SECONDS)).isSameAs(first.get(10, TimeUnit.SECONDS));
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(this.redemptions.count).hasValue(1);
		this.tokens.authenticate(request("a", "c"));
		assertThat(this.redemptions.count).hasValue(2);
	}

	/**
	 * RFC 9449 section 5.
	 */
	@Test
	void publicClientRefreshesBoundTokenWithProofOnly() {
		Instant now = Instant.now();
		this.authorizations.save(OAuth2Authorization.withRegisteredClient(this.client)
			.principalName("alice")
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.token(new OAuth2AccessToken(TokenType.DPOP, "access", now, now.plusSeconds(60)),
					(metadata) -> metadata.put(OAuth2Authorization.Token.CLAIMS_METADATA_NAME,
							Map.of("cnf", Map.of("jkt", "thumbprint"))))
			.refreshToken(new OAuth2RefreshToken("refresh", now, now.plusSeconds(60)))
			.build());
		for (Map<String, Object> parameters : List.<Map<String, Object>>of(Map.of(), Map.of("dpop_proof", " "))) {
			assertThatExceptionOfType(OAuth2AuthenticationException.class)
				.isThrownBy(() -> this.tokens.authenticate(ofPublicClient(parameters)))
				.satisfies((ex) -> assertThat(ex.getError().getErrorCode()).isEqualTo("invalid_dpop_proof"));
		}
		assertThat(this.redemptions.count).hasValue(0);
		this.tokens.authenticate(ofPublicClient(Map.of("dpop_proof", "proof")));
		assertThat(this.redemptions.count).hasValue(1);
	}

	private OAuth2RefreshTokenAuthenticationToken ofPublicClient(Map<String, Object> parameters) {
		return new OAuth2RefreshTokenAuthenticationToken("refresh",
				new OAuth2ClientAuthenticationToken(this.client, ClientAuthenticationMethod.NONE, null), Set.of(),
				parameters);
	}

	private static OAuth2RefreshTokenAuthenticationToken request(String... resources) {
		return new OAuth2RefreshTokenAuthenticationToken("refresh", new TestingAuthenticationToken("app", null),
				Set.of(), Map.of(OAuth2ParameterNames.RESOURCE, resources));
	}

	/**
	 * Counts the redemptions.
	 */
	private static final class Redemptions implements AuthenticationProvider {

		private final AtomicInteger count = new AtomicInteger();

		private final CountDownLatch begun = new CountDownLatch(1);

		@Override
		public Authentication authenticate(Authentication authentication) {
			this.count.incrementAndGet();
			this.begun.countDown();
			return new TestingAuthenticationToken("response", null);
		}

		@Override
		public boolean supports(Class<?> authentication) {
			return true;
		}

	}

}
