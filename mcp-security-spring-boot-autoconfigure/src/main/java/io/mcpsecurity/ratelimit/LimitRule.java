package io.mcpsecurity.ratelimit;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.message.McpTarget;

/**
 * One limit of an operator.
 *
 * @param name the name by which it is counted
 * @param per what has a bucket of its own: each value of one of these, or each
 * combination of several
 * @param tools names and patterns of the tools whose calls it is for; none for all
 * requests
 * @param budget how much is allowed
 */
public record LimitRule(String name, Set<Per> per, List<String> tools, Budget budget) {

	/**
	 * Create a rule.
	 * @throws IllegalArgumentException if it could never be applied, or would put
	 * everybody into one bucket
	 */
	public LimitRule {
		if (per.isEmpty()) {
			throw new IllegalArgumentException("nothing says what has a bucket of its own");
		}
		if (per.contains(Per.ADDRESS) && (per.contains(Per.CALLER) || per.contains(Per.CLIENT))) {
			throw new IllegalArgumentException(
					"an address is looked at only when there is no caller, so it goes with neither caller nor client");
		}
		per = Set.copyOf(per);
		tools = List.copyOf(tools);
		tools.forEach((tool) -> new TargetPattern(McpTarget.Kind.TOOL, tool));
	}

	/**
	 * Whether the rule is for calls of tools only.
	 */
	boolean forTools() {
		return !this.tools.isEmpty() || this.per.contains(Per.TOOL);
	}

	/**
	 * Whether the rule is for requests with a caller, or for those without.
	 */
	boolean isFor(boolean caller) {
		if (this.per.contains(Per.ADDRESS)) {
			return !caller;
		}
		return caller || this.per.equals(Set.of(Per.TOOL));
	}

	/**
	 * What the buckets of this rule are told apart from those of others by: a rule that
	 * is changed begins anew.
	 */
	String identity() {
		return this.name + EnumSet.copyOf(this.per) + this.tools + this.budget;
	}

	/**
	 * What can have a bucket of its own.
	 */
	public enum Per {

		/** Each subject of each issuer. */
		CALLER,

		/** Each OAuth client of each issuer. */
		CLIENT,

		/** Each tool. */
		TOOL,

		/** Each address from which requests without a token come. */
		ADDRESS

	}

}
