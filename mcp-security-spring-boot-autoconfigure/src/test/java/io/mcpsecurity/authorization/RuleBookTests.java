package io.mcpsecurity.authorization;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.mcpsecurity.test.Callers.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Which rule holds, of those that could.
 */
class RuleBookTests {

	private static final McpTarget TOOL = McpTarget.tool("purge");

	private static final McpTarget TEMPLATE = McpTarget.resource("records://{id}/details");

	private final OfferedTargets offered = new OfferedTargets();

	@Test
	void precedenceIsConfiguredDeclaredConventionDefault() {
		this.offered.add(TOOL, Hints.DEFAULT);
		ConfiguredRule configured = configured("rules[0]", "a", Kind.TOOL, "purge");
		AccessRule declared = new AccessRule(TOOL, ScopeRequirement.of("b"), "code");
		Conventions conventions = new Conventions(null, null, "c");
		assertThat(book(List.of(configured), List.of(declared), conventions).ruleFor(TOOL).source())
			.isEqualTo("rules[0]");
		assertThat(book(List.of(), List.of(declared), conventions).ruleFor(TOOL).source()).isEqualTo("code");
		assertThat(book(List.of(), List.of(), conventions).ruleFor(TOOL).source())
			.isEqualTo("mcp-security.policy.scope-template");
		assertThat(book(List.of(), List.of(), Conventions.NONE).ruleFor(TOOL).source())
			.isEqualTo("mcp-security.policy.default-access");
	}

	@Test
	void firstMatchingConfiguredRuleApplies() {
		ConfiguredRule pattern = configured("pattern", "a", Kind.TOOL, "p*");
		ConfiguredRule exact = configured("exact", "b", Kind.TOOL, "purge");
		assertThat(book(List.of(pattern, exact), List.of(), Conventions.NONE).ruleFor(TOOL).source())
			.isEqualTo("pattern");
		assertThat(book(List.of(exact, pattern), List.of(), Conventions.NONE).ruleFor(TOOL).source())
			.isEqualTo("exact");
	}

	@Test
	void rulesFollowOfferedTargetsAndTheirHints() {
		RuleBook book = book(List.of(), List.of(), new Conventions("read", "destroy", null));
		Object server = new Object();
		assertThat(book.rulesFor(TOOL, null)).isEmpty();
		this.offered.add(server, TOOL, new Hints(true, false));
		assertThat(book.rulesFor(TOOL, null)).extracting(AccessRule::requirement)
			.containsExactly(ScopeRequirement.of("read"));
		this.offered.add(server, TOOL, new Hints(false, true));
		assertThat(book.rulesFor(TOOL, TOOL)).extracting(AccessRule::requirement)
			.containsExactly(ScopeRequirement.of("destroy"));
		this.offered.remove(server, TOOL);
		assertThat(book.rulesFor(TOOL, null)).isEmpty();
	}

	@Test
	void contradictingConfiguredRulesForSamePatternAreRefused() {
		for (String text : List.of("purge", "p*")) {
			ConfiguredRule first = configured("rules[0]", "a", Kind.TOOL, text);
			ConfiguredRule second = configured("rules[1]", "b", Kind.TOOL, text);
			assertThatIllegalArgumentException()
				.isThrownBy(() -> book(List.of(first, second), List.of(), Conventions.NONE))
				.withMessageContaining("rules[0]")
				.withMessageContaining("rules[1]");
			assertThat(book(List.of(first, configured("rules[1]", "a", Kind.TOOL, text)), List.of(), Conventions.NONE)
				.ruleFor(TOOL)
				.source()).isEqualTo("rules[0]");
		}
	}

	@ParameterizedTest
	@CsvSource(textBlock = """
			p*,     purge,    true
			p*,     p*e,      true
			*,      p*,       true
			p*e,    p*xe,     true
			purge,  purge,    true
			purge,  p*,       false
			p*e,    p*,       false
			p*,     *p,       false
			*e,     p*,       false
			""")
	void ruleIsShadowedWhenEarlierRuleMatchesSameNames(String earlier, String later, boolean shadowed) {
		List<ConfiguredRule> rules = List.of(configured("first", "a", Kind.TOOL, earlier),
				configured("second", "a", Kind.TOOL, later), configured("third", "a", Kind.PROMPT, later));
		assertThat(book(rules, List.of(), Conventions.NONE).shadowed())
			.isEqualTo(shadowed ? List.of("second: '" + later + "' after first") : List.of());
	}

	@Test
	void rulesOfEndpointMayContradictCommonRules() {
		RuleBook all = book(List.of(configured("all", "a", Kind.TOOL, "purge")), List.of(), Conventions.NONE);
		RuleBook own = all.with(List.of(configured("own[0]", "b", Kind.TOOL, "purge")));
		assertThat(own.ruleFor(TOOL).source()).isEqualTo("own[0]");
		assertThat(all.ruleFor(TOOL).source()).isEqualTo("all");
		assertThatIllegalArgumentException().isThrownBy(() -> all.with(
				List.of(configured("own[0]", "b", Kind.TOOL, "purge"), configured("own[1]", "c", Kind.TOOL, "purge"))))
			.withMessageContaining("own[1]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "RECORDS://secret/details", "records://%73ecret/details", "records://public%2F../details",
			"records://secret/details#a" })
	void nonCanonicalUriOfTemplateIsDeniedToEveryone(String uri) {
		this.offered.add(TEMPLATE, Hints.DEFAULT);
		AccessPolicy policy = policy(new RuleBook(
				List.of(new ConfiguredRule(List.of(new TargetPattern(Kind.RESOURCE, "*")), Access.PUBLIC,
						ScopeRequirement.NONE, AuthenticationRequirement.NONE, "open")),
				List.of(), Conventions.NONE, Access.DENY, this.offered));
		McpTarget target = McpTarget.resource(uri);
		assertThat(policy.decide(target, TEMPLATE, with()).outcome()).isEqualTo(Outcome.FORBIDDEN);
		assertThat(policy.decide(target, TEMPLATE, null).denied()).isTrue();
		this.offered.add(target, Hints.DEFAULT);
		assertThat(policy.decide(target, target, with()).outcome()).isEqualTo(Outcome.GRANTED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "docs://files/secret", "docs://files/top%20secret", "docs://files/one%20two",
			"docs://files/a%40b", "docs://files/a@b" })
	void ruleAppliesToUriWithAndWithoutPercentEncoding(String uri) {
		this.offered.add(McpTarget.resource("docs://files/{path}"), Hints.DEFAULT);
		AccessPolicy policy = policy(book(List.of(configured("closed", "closed", Kind.RESOURCE, "docs://files/secret*"),
				configured("closed", "closed", Kind.RESOURCE, "docs://files/top secret*"),
				configured("closed", "closed", Kind.RESOURCE, "docs://files/one%20two"),
				configured("closed", "closed", Kind.RESOURCE, "docs://files/a@b"),
				configured("any", "any", Kind.RESOURCE, "*")), List.of(), Conventions.NONE));
		assertThat(policy.decide(McpTarget.resource(uri), with("any")).missing()).containsExactly("closed");
	}

	@ParameterizedTest
	@CsvSource({ "docs://files/a*,false", "docs://files/a%20b,false", "docs://files/a b,false", "Docs://Literal,false",
			"docs://files/a/*,true", "docs://Files/*,true", "DOCS://files/*,true", "docs://files/a%2Fb,true",
			"docs://files/..,true" })
	void ruleThatMatchesNoUriOfOfferedTemplatesIsReported(String text, boolean reported) {
		this.offered.add(McpTarget.resource("docs://files/{path}"), Hints.DEFAULT);
		this.offered.add(McpTarget.resource("Docs://Literal"), Hints.DEFAULT);
		assertThat(book(List.of(configured("rule", "a", Kind.RESOURCE, text)), List.of(), Conventions.NONE).unmatched())
			.hasSize(reported ? 1 : 0);
	}

	@Test
	void rulesOfAllMatchingTemplatesApplyToUri() {
		McpTarget files = McpTarget.resource("docs://files/{path}");
		McpTarget first = McpTarget.resource("docs://{area}/1");
		List.of(files, first).forEach((template) -> this.offered.add(template, Hints.DEFAULT));
		AccessPolicy policy = policy(book(List.of(), List.of(new AccessRule(files, ScopeRequirement.of("a"), "code"),
				new AccessRule(first, ScopeRequirement.of("b"), "code")), Conventions.NONE));
		McpTarget uri = McpTarget.resource("docs://files/1");
		for (McpTarget handler : List.of(files, first)) {
			assertThat(policy.decide(uri, handler, with("a")).missing()).containsExactly("b");
			assertThat(policy.decide(uri, handler, with("b")).missing()).containsExactly("a");
			assertThat(policy.decide(uri, handler, with("a", "b")).outcome()).isEqualTo(Outcome.GRANTED);
		}
		assertThat(policy.decide(uri, with("a")).missing()).containsExactly("b");
	}

	@Test
	void similarlyNamedResourcesHaveSeparateRules() {
		McpTarget list = McpTarget.resource("docs://Files");
		McpTarget other = McpTarget.resource("docs://files/");
		List.of(list, other).forEach((resource) -> this.offered.add(resource, Hints.DEFAULT));
		AccessPolicy policy = policy(book(List.of(), List.of(new AccessRule(list, ScopeRequirement.of("a"), "code"),
				new AccessRule(other, ScopeRequirement.of("b"), "code")), Conventions.NONE));
		assertThat(policy.decide(list, with("a")).outcome()).isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(other, with("b")).outcome()).isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(other, with("a")).denied()).isTrue();
	}

	@Test
	void queryInTemplateSeparatesResources() {
		McpTarget all = McpTarget.resource("docs://all");
		McpTarget search = McpTarget.resource("docs://all?q={q}");
		List.of(all, search).forEach((resource) -> this.offered.add(resource, Hints.DEFAULT));
		AccessPolicy policy = policy(book(List.of(), List.of(new AccessRule(all, ScopeRequirement.of("a"), "code"),
				new AccessRule(search, ScopeRequirement.of("b"), "code")), Conventions.NONE));
		assertThat(policy.decide(McpTarget.resource("docs://all?q=x"), with("b")).outcome()).isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(McpTarget.resource("docs://all?q=x"), with("a")).denied()).isTrue();
	}

	@Test
	void ruleForSingleUriOfTemplateAppliesAtGateAndHandler() {
		this.offered.add(TEMPLATE, Hints.DEFAULT);
		McpTarget uri = McpTarget.resource("records://7/details");
		AccessPolicy policy = policy(new RuleBook(List.of(configured("one", "a", Kind.RESOURCE, uri.name())), List.of(),
				Conventions.NONE, Access.DENY, this.offered));
		for (Set<String> held : List.of(Set.of("a"), Set.of("b"))) {
			assertThat(policy.decide(uri, TEMPLATE, with(held)).outcome())
				.isEqualTo(policy.decide(uri, with(held)).outcome());
		}
		assertThat(policy.decide(uri, with("a")).outcome()).isEqualTo(Outcome.GRANTED);
		assertThat(policy.decide(McpTarget.resource("records://8/details"), with("a")).outcome())
			.isEqualTo(Outcome.FORBIDDEN);
	}

	@Test
	void ruleOfTemplateDoesNotApplyToOfferedResource() {
		McpTarget own = McpTarget.resource("records://all/details");
		this.offered.add(own, Hints.DEFAULT);
		this.offered.add(TEMPLATE, Hints.DEFAULT);
		RuleBook book = new RuleBook(List.of(), List.of(new AccessRule(TEMPLATE, ScopeRequirement.of("a"), "code")),
				Conventions.NONE, Access.DENY, this.offered);
		assertThat(book.ruleFor(own).access()).isEqualTo(Access.DENY);
		assertThat(policy(book).decide(own, with("a")).outcome()).isEqualTo(Outcome.FORBIDDEN);
	}

	@Test
	void removedHandlerIsStillSubjectToItsRule() {
		AccessPolicy policy = policy(
				book(List.of(configured("any", "a", Kind.TOOL, "*")), List.of(), Conventions.NONE));
		assertThat(policy.decide(TOOL, with()).outcome()).isEqualTo(Outcome.NO_RULE);
		assertThat(policy.decide(TOOL, TOOL, with()).outcome()).isEqualTo(Outcome.MISSING_SCOPES);
	}

	@Test
	void outcomeForAnonymousClientsIsUnauthenticatedEvenWhenDeniedToEveryone() {
		this.offered.add(TOOL, Hints.DEFAULT);
		ConfiguredRule deny = new ConfiguredRule(List.of(new TargetPattern(Kind.TOOL, "*")), Access.DENY,
				ScopeRequirement.NONE, AuthenticationRequirement.NONE, "deny");
		AccessPolicy policy = policy(book(List.of(deny), List.of(), Conventions.NONE));
		assertThat(policy.decide(TOOL, (McpCaller) null).outcome()).isEqualTo(Outcome.UNAUTHENTICATED);
		assertThat(policy.decide(McpTarget.tool("other"), (McpCaller) null).outcome())
			.isEqualTo(Outcome.UNAUTHENTICATED);
		assertThat(policy.decide(TOOL, with()).outcome()).isEqualTo(Outcome.FORBIDDEN);
	}

	@Test
	void unknownTargetsAreNotReported() {
		RuleBook book = book(List.of(configured("any", "a", Kind.TOOL, "*")), List.of(), Conventions.NONE);
		AccessPolicy policy = new AccessPolicy(book, ScopeHierarchy.FLAT, AccessPolicy.Mode.REPORT, false,
				AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
		assertThat(policy.decide(TOOL, with()).outcome()).isEqualTo(Outcome.NO_RULE);
		this.offered.add(TOOL, Hints.DEFAULT);
		assertThat(policy.decide(TOOL, with()).outcome()).isEqualTo(Outcome.REPORTED);
	}

	@Test
	void scopesFollowOfferedTargets() {
		RuleBook book = book(List.of(configured("first", "z", Kind.TOOL, "x*")),
				List.of(new AccessRule(TOOL, ScopeRequirement.of("y"), "code")),
				new Conventions(null, null, "use:{name}"));
		assertThat(book.scopes()).containsExactly("z");
		this.offered.add(TOOL, Hints.DEFAULT);
		assertThat(book.scopes()).containsExactly("z", "y");
		assertThat(book.scopes()).isSameAs(book.scopes());
		Stream.of("b", "a", "xa").map(McpTarget::tool).forEach((tool) -> this.offered.add(tool, Hints.DEFAULT));
		assertThat(book.scopes()).containsExactly("z", "y", "use:a", "use:b");
		this.offered.remove(this, McpTarget.tool("a"));
		assertThat(book.scopes()).containsExactly("z", "y", "use:b");
	}

	@Test
	void scopesOfOverriddenRulesAreExcluded() {
		assertThat(book(List.of(configured("first", "a", Kind.TOOL, "purge")),
				List.of(new AccessRule(TOOL, ScopeRequirement.of("b"), "code")), Conventions.NONE)
			.scopes()).containsExactly("a");
	}

	private RuleBook book(List<ConfiguredRule> configured, List<AccessRule> declared, Conventions conventions) {
		return new RuleBook(configured, declared, conventions, Access.AUTHENTICATED, this.offered);
	}

	private static AccessPolicy policy(RuleBook book) {
		return new AccessPolicy(book, ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, false,
				AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
	}

	private static ConfiguredRule configured(String source, String scope, Kind kind, String text) {
		return new ConfiguredRule(List.of(new TargetPattern(kind, text)), Access.SCOPES, ScopeRequirement.of(scope),
				AuthenticationRequirement.NONE, source);
	}

}
