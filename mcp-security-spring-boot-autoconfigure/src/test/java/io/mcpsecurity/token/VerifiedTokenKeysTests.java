package io.mcpsecurity.token;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestHttp;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A cached token is as good as its issuer's keys, no longer and no shorter.
 */
class VerifiedTokenKeysTests {

	private static final String RESOURCE = "https://mcp.example.com/mcp";

	private static final IssuerKeys.Settings SETTINGS = new IssuerKeys.Settings(Duration.ofMillis(1500),
			Duration.ofMillis(300), Duration.ofMillis(1000));

	private static final Duration LONG = Duration.ofSeconds(20);

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final IssuerKeys keys = new IssuerKeys(this.authorizationServer.issuer(), null,
			TestHttp.within(Duration.ofSeconds(1)), SETTINGS);

	/** Much longer than keys serve, so that only the keys can end a token's time. */
	private final VerifiedTokens tokens = new VerifiedTokens(
			new VerifiedTokens.Settings(10, Duration.ofHours(1), Duration.ofSeconds(5)), Ticker.systemTicker());

	private final String token = this.authorizationServer.token(RESOURCE).sign();

	@AfterEach
	void close() throws Exception {
		this.keys.close();
		this.authorizationServer.close();
	}

	@Test
	void keysAreRefreshedWhileOnlyCachedTokensAreUsed() {
		IssuerAuthenticationManager manager = manager(true);
		Awaitility.await().pollInterval(Duration.ofMillis(10)).untilAsserted(() -> {
			authenticate(manager);
			assertThat(this.authorizationServer.keyRequests()).isGreaterThan(3);
		});
		assertThat(this.tokens.misses()).isEqualTo(1);
		assertThat(this.tokens.hits()).isGreaterThan(10);
	}

	@Test
	void tokenIsRefusedAfterKeyIsWithdrawn() {
		assertEndsInTime(this.authorizationServer::rotateKey);
	}

	@Test
	void tokenIsRefusedAfterKeyIsReplacedWithSameId() {
		assertEndsInTime(this.authorizationServer::replaceKey);
	}

	private void assertEndsInTime(Runnable withdrawal) {
		IssuerAuthenticationManager manager = manager(true);
		authenticate(manager);
		CompletableFuture<Long> withdrawn = CompletableFuture.supplyAsync(() -> {
			withdrawal.run();
			return System.nanoTime();
		});
		long lastAccepted = System.nanoTime();
		AuthenticationException failure = null;
		while (failure == null) {
			long start = System.nanoTime();
			failure = tryToAuthenticate(manager);
			if (failure == null) {
				lastAccepted = start;
				assertThat(this.tokens.misses()).as("until then every request is a hit").isEqualTo(1);
				assertThat(withdrawn.getNow(start)).as("still accepted").isGreaterThan(start - LONG.toNanos());
			}
		}
		assertThat(TokenFailure.of(failure)).isEqualTo(TokenFailure.SIGNATURE);
		assertThat(Duration.ofNanos(lastAccepted - withdrawn.join())).isLessThanOrEqualTo(SETTINGS.cacheTtl());
		assertThat(this.tokens.hits()).isPositive();
		assertThat(this.tokens.size()).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void duringOutageTokenIsAcceptedUntilToleranceWithAndWithoutCache(boolean cached) {
		IssuerAuthenticationManager manager = manager(cached);
		long start = System.nanoTime();
		authenticate(manager);
		this.authorizationServer.close();
		AuthenticationException failure = null;
		while (failure == null) {
			assertThat(this.tokens.misses()).isEqualTo(cached ? 1 : 0);
			failure = tryToAuthenticate(manager);
			assertThat(System.nanoTime() - start).as("still accepted").isLessThan(LONG.toNanos());
		}
		assertThat(TokenFailure.of(failure)).isEqualTo(TokenFailure.UNAVAILABLE);
		assertThat(manager.isKnown(this.token)).isEqualTo(cached);
		assertThat(Duration.ofNanos(System.nanoTime() - start))
			.isGreaterThanOrEqualTo(SETTINGS.cacheTtl().plus(SETTINGS.outageTolerance()));
		this.authorizationServer.open();
		Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> tryToAuthenticate(manager) == null);
		assertThat(this.tokens.misses()).isEqualTo(cached ? 1 : 0);
	}

	@Test
	void serverRefusesTokensOfWithdrawnKeyAfterCacheTtl() {
		try (SecuredServer server = SecuredServer.start(RecordsApplication.class, this.authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.token.keys.cache-ttl=1500ms",
				"mcp-security.token.keys.read-timeout=500ms", "mcp-security.token.keys.retry-interval=300ms")) {
			String token = server.token("records:browse").sign();
			assertThat(server.callTool(token, "browse", "{}").statusCode()).isEqualTo(200);
			this.authorizationServer.rotateKey();
			long withdrawn = System.nanoTime();
			Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> {
				boolean late = System.nanoTime() - withdrawn > Duration.ofMillis(1500).toNanos();
				int status = server.callTool(token, "browse", "{}").statusCode();
				assertThat(status).isIn(late ? List.of(401) : List.of(200, 401));
				return status == 401;
			});
		}
	}

	private void authenticate(IssuerAuthenticationManager manager) {
		assertThat(manager.authenticate(new BearerTokenAuthenticationToken(this.token))).isNotNull();
	}

	/**
	 * One request of many.
	 */
	private @Nullable AuthenticationException tryToAuthenticate(IssuerAuthenticationManager manager) {
		try {
			TimeUnit.MILLISECONDS.sleep(5);
			authenticate(manager);
			return null;
		}
		catch (AuthenticationException ex) {
			return ex;
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private IssuerAuthenticationManager manager(boolean remembering) {
		return new IssuerAuthenticationManager(
				new AuthorizationServers(List.of(this.keys), Map.of(), Introspections.NONE, TokenExtensions.NONE),
				RESOURCE, new TokenTimes(Duration.ofSeconds(60), Clock.systemUTC()),
				new McpCallerConverter(RESOURCE, UnaryOperator.identity()), remembering ? this.tokens : null);
	}

}
