package io.mcpsecurity.test.context;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import tools.jackson.databind.JsonNode;

/**
 * Checks that nothing can be used without its scopes. It sends requests for everything
 * that the application offers, once without a token, and once with a token without
 * scopes: every tool, resource, resource template and prompt, and the completion of their
 * arguments. What is meant to be open is named: <pre class="code">
 * contract.open("server_time", "who_am_i").verify();
 * </pre> So a tool without a rule fails the test when it is added, as does a rule that no
 * longer applies.
 * <p>
 * <strong>What is open is run</strong>, without arguments, or with {@code 1} for each
 * variable of a URI template. A tool that needs scopes only for some arguments counts as
 * open.
 * <p>
 * A bean in contexts with {@link AutoConfigureTestAuthorizationServer}.
 */
public final class McpSecurityContract {

	private static final Pattern VARIABLE = Pattern.compile("\\{[^\\w}]?([\\w.]+)[^}]*}");

	private static final String UNKNOWN = "unknown-";

	private final McpTestClient anonymous;

	private final RuleBook rules;

	private final Set<String> open;

	McpSecurityContract(McpTestClient client, RuleBook rules) {
		this(client, rules, Set.of());
	}

	private McpSecurityContract(McpTestClient anonymous, RuleBook rules, Set<String> open) {
		this.anonymous = anonymous;
		this.rules = rules;
		this.open = open;
	}

	/**
	 * The same contract with exceptions.
	 * @param names the names of tools and prompts, URIs of resources, and URI templates
	 * that callers without scopes may use
	 */
	public McpSecurityContract open(String... names) {
		Set<String> open = new HashSet<>(this.open);
		open.addAll(List.of(names));
		return new McpSecurityContract(this.anonymous, this.rules, open);
	}

	/**
	 * Check everything that the application offers.
	 * @throws AssertionError if a request is not refused whose target is not named as
	 * open; if a target is named as open and is refused, or does not exist; if nothing is
	 * offered; or if the token itself is not accepted
	 */
	public void verify() {
		List<McpTarget> offered = this.rules.offered()
			.all()
			.stream()
			.sorted(Comparator.comparing(McpTarget::toString))
			.toList();
		McpTestClient caller = this.anonymous.as("nobody");
		List<String> violations = new ArrayList<>();
		McpResponse accepted = caller.tools();
		if (accepted.status() != 200 && accepted.status() != 403) {
			violations.add("The token without scopes is not accepted: " + accepted);
		}
		Set<String> unknown = new HashSet<>(this.open);
		for (McpTarget target : offered) {
			unknown.remove(target.name());
			AccessRule rule = this.rules.ruleFor(target);
			boolean open = this.open.contains(target.name());
			check(violations, this.anonymous, rule, open && rule.access() == Access.PUBLIC, "without a token");
			check(violations, caller, rule, open, "without scopes");
		}
		unknown.forEach((name) -> violations.add("'" + name + "' is named as open, and is not offered"));
		if (offered.isEmpty()) {
			violations.add("Nothing is offered");
		}
		if (!violations.isEmpty()) {
			throw new AssertionError(String.join("\n", violations));
		}
	}

	private void check(List<String> violations, McpTestClient client, AccessRule rule, boolean open, String caller) {
		McpTarget target = rule.target();
		boolean refused = isRefused((name) -> use(client, target.kind(), name), target.name());
		if (refused == open) {
			violations.add("%s is %s %s (%s, from %s)".formatted(target,
					open ? "named as open, and is refused" : "not refused", caller, rule, rule.source()));
		}
		Matcher variable = VARIABLE.matcher(target.name());
		boolean completed = target.kind() == Kind.PROMPT || (target.kind() == Kind.RESOURCE && variable.find());
		if (!open && completed
				&& !isRefused((name) -> (target.kind() == Kind.PROMPT) ? client.completePrompt(name, "argument", "")
						: client.completeResource(name, variable.group(1), ""), target.name())) {
			violations.add("The completion of %s is not refused %s".formatted(target, caller));
		}
	}

	private static McpResponse use(McpTestClient client, Kind kind, String name) {
		return switch (kind) {
			case TOOL -> client.call(name);
			case RESOURCE -> client.read(VARIABLE.matcher(name).replaceAll("1"));
			case PROMPT -> client.prompt(name);
		};
	}

	/**
	 * Whether a request is refused, openly or with the response for a name that does not
	 * exist.
	 */
	private static boolean isRefused(Function<String, McpResponse> request, String name) {
		McpResponse response = request.apply(name);
		if (response.status() == 401 || response.status() == 403) {
			return true;
		}
		// The URI of something hidden can be refused as invalid.
		if (response.status() != 200 && response.status() != 400) {
			return false;
		}
		JsonNode completed = response.json().at("/result/completion/values");
		if (response.json().has("result") && !(completed.isArray() && completed.isEmpty())) {
			return false;
		}
		McpResponse unknown = request.apply(UNKNOWN + name);
		return unknown.status() == response.status() && content(unknown).replace(UNKNOWN, "").equals(content(response));
	}

	private static String content(McpResponse response) {
		return response.json().path("error") + " " + response.json().path("result");
	}

}
