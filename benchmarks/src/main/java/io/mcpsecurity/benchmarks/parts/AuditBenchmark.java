package io.mcpsecurity.benchmarks.parts;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.AuditEvents;
import io.mcpsecurity.audit.AuditRecorder;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.mcpsecurity.handler.SensitiveArguments;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the recording of a granted call on the thread that serves it, with and without
 * its event.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class AuditBenchmark {

	private static final String RESOURCE = "http://localhost:9900/mcp";

	private final McpTarget target = McpTarget.tool("length");

	private final McpMessage message = new McpMessage(1, "tools/call", this.target,
			Map.of("name", "length", "arguments", Map.of("text", "some text")), null, null);

	private final McpCaller caller = McpCaller.builder("alice", "http://localhost:9900", RESOURCE)
		.client("bench")
		.scopes(Set.of("bench:call"))
		.claims(Map.of("jti", "a2cd5bb0-9d0b-4c6d-8a5e-5d3a5a0d2f11"))
		.build();

	private final AccessDecision decision = new AccessDecision(AccessDecision.Outcome.GRANTED, List.of("bench:call"),
			List.of(),
			new AccessRule(this.target, Access.SCOPES, new ScopeRequirement(List.of("bench:call"), List.of()), "code"));

	private final AuditTrail trail = new AuditTrail(List.of(new Nowhere()), new AuditTrail.Settings(10_000, 500,
			AuditTrail.OnOverflow.BLOCK, AuditTrail.OnFailure.ALLOW, Duration.ofSeconds(5), Duration.ofSeconds(10)));

	private final Exchanges recorder = new Exchanges(
			new AuditRecorder(this.trail, new AuditEvents(new ArgumentSummaries(ArgumentSummaries.Mode.MASKED,
					new SensitiveNames(List.of()), new SensitiveArguments()))),
			List.of(), Clock.systemUTC());

	private final Exchanges without = new Exchanges(ExchangeAudit.NONE, List.of(), Clock.systemUTC());

	/**
	 * A call that is recorded as an event.
	 */
	@Benchmark
	public McpExchange withEvent() {
		return call(this.recorder);
	}

	/**
	 * A call without an event.
	 */
	@Benchmark
	public McpExchange withoutEvent() {
		return call(this.without);
	}

	private McpExchange call(Exchanges recorder) {
		McpExchange record = recorder.begin(new Connection(RESOURCE, "127.0.0.1", null, "2025-11-25", false));
		record.caller(this.caller);
		record.message(this.message);
		record.decided(this.decision);
		record.handler(this.target);
		record.result(Result.SUCCESS);
		record.end(200);
		return record;
	}

	/**
	 * Close the trail.
	 */
	@TearDown
	public void close() {
		this.trail.close();
	}

	/**
	 * A sink that does nothing.
	 */
	private static final class Nowhere implements AuditSink {

		private @Nullable Object last;

		@Override
		public String name() {
			return "nowhere";
		}

		@Override
		public void write(List<McpAuditEvent> events) {
			this.last = events;
		}

	}

}
