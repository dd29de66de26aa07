package io.mcpsecurity.benchmarks.parts;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.mcpsecurity.transport.BearerChallenge;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The challenges of refused requests.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class ChallengeBenchmark {

	private final List<String> scopes = List.of("bench:call", "bench:forbidden");

	private final BearerChallenge challenge = new BearerChallenge(
			"http://localhost:9900/.well-known/oauth-protected-resource/mcp", () -> this.scopes,
			UnaryOperator.identity(), List.of("Bearer"));

	/**
	 * The challenge for an invalid token.
	 */
	@Benchmark
	public List<String> invalidToken() {
		return this.challenge.error("Bearer", "invalid_token", "The token has expired");
	}

	/**
	 * The challenge for a call without the required scopes.
	 */
	@Benchmark
	public String insufficientScope() {
		return this.challenge.insufficientScope("Bearer", this.scopes, "The call needs the scope bench:forbidden");
	}

}
