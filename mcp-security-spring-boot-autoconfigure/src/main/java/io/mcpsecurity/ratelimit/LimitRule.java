package io.mcpsecurity.ratelimit;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpTarget;

/**
 * A limit that is configured by the operator.
 *
 * @param name the name of the limit in metrics
 * @param per the key of the buckets: there is one bucket for each combination of these
 * values
 * @param tools names and patterns of the tools to whose calls the rule applies; empty for
 * all requests
 * @param budget the budget of each bucket
 */
public record LimitRule(String name, Set<Per> per, List<String> tools, Budget budget) {

	/**
	 * Create a rule.
	 * @throws IllegalArgumentException if the rule could never apply, or all clients
	 * would share one bucket
	 */
	public LimitRule {
		if (per.isEmpty()) {
			throw new IllegalArgumentException("it does not say what each bucket is for");
		}
		if (per.contains(Per.ADDRESS) && (per.contains(Per.CALLER) || per.contains(Per.CLIENT))) {
			throw new IllegalArgumentException(
					"an address is used only for requests without a caller, so it cannot be combined with caller or client");
		}
		per = Set.copyOf(per);
		tools = List.copyOf(tools);
		tools.forEach((tool) -> new TargetPattern(McpTarget.Kind.TOOL, tool));
	}

	/** Whether the rule applies to tool calls only. */
	boolean forTools() {
		return !this.tools.isEmpty() || this.per.contains(Per.TOOL);
	}

	/** Whether the rule applies to requests with a caller, or without one. */
	boolean isFor(boolean caller) {
		if (this.per.contains(Per.ADDRESS)) {
			return !caller;
		}
		return caller || this.per.equals(Set.of(Per.TOOL));
	}

	/**
	 * The part of the key that identifies this rule. A changed rule starts with new
	 * buckets.
	 */
	String identity() {
		return this.name + EnumSet.copyOf(this.per) + this.tools + this.budget;
	}

	/** The values that a bucket can be kept for. */
	public enum Per {

		/** Each subject of each issuer. */
		CALLER,

		/** Each OAuth client of each issuer. */
		CLIENT,

		/** Each tool. */
		TOOL,

		/** Each address of clients without a token. */
		ADDRESS

	}

}
