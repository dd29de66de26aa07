package io.mcpsecurity.benchmarks.parts;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.mcpsecurity.benchmarks.load.Issuer;
import io.mcpsecurity.benchmarks.load.Issuer.TokenKind;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.Introspections;
import io.mcpsecurity.token.IssuerAuthenticationManager;
import io.mcpsecurity.token.IssuerKeys;
import io.mcpsecurity.token.McpCallerConverter;
import io.mcpsecurity.token.TokenExtensions;
import io.mcpsecurity.token.VerifiedTokens;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.web.client.RestClient;

/**
 * Measures authentication with a token that is verified each time, cached, or refused.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class TokenBenchmark {

	private static final String RESOURCE = "http://localhost:9900/mcp";

	/** The kind of the token. */
	@Param({ "RS256", "ES256", "EXPIRED", "FORGED", "MALFORMED" })
	public TokenKind kind = TokenKind.RS256;

	/** Whether verified tokens are cached. */
	@Param({ "true", "false" })
	public boolean cache;

	private @Nullable Issuer issuer;

	private @Nullable IssuerAuthenticationManager manager;

	private String token = "";

	/**
	 * Create the issuer and the token.
	 */
	@Setup
	public void prepare() {
		Issuer issuer = new Issuer();
		IssuerKeys keys = new IssuerKeys(issuer.uri(), null,
				new BoundedHttp(RestClient.builder(), Duration.ofSeconds(4)),
				new IssuerKeys.Settings(Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ofHours(1)));
		this.manager = new IssuerAuthenticationManager(
				new AuthorizationServers(List.of(keys), Map.of(), Introspections.NONE, TokenExtensions.NONE), RESOURCE,
				Duration.ofSeconds(60), new McpCallerConverter(RESOURCE, UnaryOperator.identity()),
				this.cache ? new VerifiedTokens.Settings(10_000, Duration.ofMinutes(5), Duration.ofSeconds(5)) : null);
		this.token = issuer.tokens(this.kind, 1, 1).get(0);
		this.issuer = issuer;
	}

	/**
	 * Authenticate one request.
	 */
	@Benchmark
	public @Nullable Object authenticate() {
		try {
			return Objects.requireNonNull(this.manager).authenticate(new BearerTokenAuthenticationToken(this.token));
		}
		catch (AuthenticationException ex) {
			return ex;
		}
	}

	/**
	 * Close the issuer.
	 */
	@TearDown
	public void close() {
		Objects.requireNonNull(this.issuer).close();
	}

}
