package io.mcpsecurity.sample.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.actuate.McpSecurityEndpoint.Description;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Rule;

/**
 * The requirement of an offered target.
 *
 * @param kind the kind of the target
 * @param name its name or URI
 * @param requirement the requirement to use it
 * @param source where the rule is defined
 */
record PolicyRow(String kind, String name, String requirement, String source) {

	static List<PolicyRow> of(Description policy) {
		List<PolicyRow> rows = new ArrayList<>();
		add(rows, "tool", policy.tools());
		add(rows, "resource", policy.resources());
		add(rows, "resource template", policy.resourceTemplates());
		add(rows, "prompt", policy.prompts());
		return rows;
	}

	private static void add(List<PolicyRow> rows, String kind, Map<String, Rule> rules) {
		rules.forEach((name, rule) -> rows.add(new PolicyRow(kind, name, requirement(rule), rule.source())));
	}

	private static String requirement(Rule rule) {
		String requirement = switch (rule.access()) {
			case "scopes" -> scopes(rule);
			case "authenticated" -> "a valid token";
			case "public" -> "nothing, not even a token";
			case "deny" -> "denied for all callers";
			default -> rule.access();
		};
		return (rule.when() != null) ? requirement + " when " + rule.when() : requirement;
	}

	private static String scopes(Rule rule) {
		List<String> parts = new ArrayList<>(rule.allOf());
		if (!rule.anyOf().isEmpty()) {
			parts.add("one of " + String.join(", ", rule.anyOf()));
		}
		return parts.isEmpty() ? "a valid token" : String.join(" and ", parts);
	}

}
