package io.mcpsecurity.benchmarks.parts;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the decision about a call, at the gate and at the handler.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class DecisionBenchmark {

	/** The number of configured rules, none of which applies to the tool. */
	@Param({ "0", "1000" })
	public int rules;

	/** The number of tools in addition to the one that is called. */
	@Param({ "0", "1000" })
	public int tools;

	/** The number of scopes of the caller. */
	@Param({ "1", "100" })
	public int scopes;

	private final McpTarget target = McpTarget.tool("length");

	private final McpMessage message = new McpMessage("1", "tools/call", this.target);

	private AccessPolicy policy = policy(0, 0);

	private McpCaller caller = caller(Set.of());

	/**
	 * Create the policy and the caller.
	 */
	@Setup
	public void prepare() {
		this.policy = policy(this.rules, this.tools);
		this.caller = caller(IntStream.range(0, this.scopes)
			.mapToObj((number) -> (number == 0) ? "bench:call" : "bench:more-" + number)
			.collect(Collectors.toUnmodifiableSet()));
	}

	private static McpCaller caller(Set<String> scopes) {
		return McpCaller.builder("alice", "https://issuer.example", "https://mcp.example").scopes(scopes).build();
	}

	private AccessPolicy policy(int rules, int tools) {
		OfferedTargets offered = new OfferedTargets();
		offered.add(this.target, Hints.DEFAULT);
		IntStream.range(0, tools).forEach((i) -> offered.add(McpTarget.tool("tool-" + i), Hints.DEFAULT));
		List<ConfiguredRule> configured = IntStream.range(0, rules)
			.mapToObj((i) -> new ConfiguredRule(List.of(new TargetPattern(McpTarget.Kind.TOOL, "other-" + i)),
					Access.SCOPES, new ScopeRequirement(List.of("bench:other-" + i), List.of()),
					AuthenticationRequirement.NONE, "rule " + i))
			.toList();
		AccessRule declared = new AccessRule(this.target, Access.SCOPES,
				new ScopeRequirement(List.of("bench:call"), List.of()), "code");
		return new AccessPolicy(
				new RuleBook(configured, List.of(declared), Conventions.NONE, Access.AUTHENTICATED, offered),
				ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, false, AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
	}

	/**
	 * The decision before the MCP server gets the call.
	 */
	@Benchmark
	public AccessDecision atTheGate() {
		return this.policy.decide(this.message, this.caller);
	}

	/**
	 * The decision before the handler runs.
	 */
	@Benchmark
	public AccessDecision atTheHandler() {
		return this.policy.decide(this.target, this.target, this.caller);
	}

}
