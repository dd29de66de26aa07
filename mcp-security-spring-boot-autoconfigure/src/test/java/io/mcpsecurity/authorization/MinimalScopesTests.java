package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which scopes a client is advised to request first.
 */
@ExtendWith(OutputCaptureExtension.class)
class MinimalScopesTests {

	private static final Hints READ_ONLY = new Hints(true, false);

	private static final McpTarget RECORD = McpTarget.resource("records://{id}");

	private static final McpTarget SUMMARY = McpTarget.prompt("summarize");

	private final OfferedTargets offered = new OfferedTargets();

	private final List<AccessRule> declared = new ArrayList<>();

	private ScopeHierarchy hierarchy = ScopeHierarchy.FLAT;

	private UnaryOperator<List<String>> requestNames = UnaryOperator.identity();

	@Test
	void minimalScopesAreThoseOfReadOnlyToolsResourcesAndPrompts() {
		tool("browse", READ_ONLY, "browse");
		tool("time", READ_ONLY);
		tool("purge", Hints.DEFAULT, "purge");
		declare(RECORD, "read");
		declare(SUMMARY, "summarize");
		assertThat(scopes()).containsExactly("browse", "read", "summarize");
	}

	@Test
	void whenNoReadOnlyToolsThenAllScopesAreReturned() {
		tool("browse", Hints.DEFAULT, "browse");
		tool("purge", new Hints(false, false), "purge");
		declare(RECORD, "read");
		assertThat(scopes()).containsExactly("browse", "purge", "read");
	}

	@Test
	void whenReadOnlyToolsNeedNoScopesThenNoneAreReturned() {
		tool("time", READ_ONLY);
		tool("purge", Hints.DEFAULT, "purge");
		assertThat(scopes()).isEmpty();
	}

	@Test
	void offlineAccessIsExcluded() {
		tool("browse", READ_ONLY, "browse", "offline_access");
		assertThat(scopes()).containsExactly("browse");
		tool("browse", Hints.DEFAULT, "browse", "offline_access");
		assertThat(scopes()).containsExactly("browse");
	}

	@Test
	void scopesOfConditionalRulesAreExcluded() {
		tool("browse", READ_ONLY, "browse");
		McpTarget search = McpTarget.tool("search");
		this.offered.add(search, READ_ONLY);
		this.declared.add(new AccessRule(search, Access.SCOPES, ScopeRequirement.of("deep"), "code", "deep == true"));
		assertThat(scopes()).containsExactly("browse");
	}

	@Test
	void whenAnyOfThenNarrowestScopeIsReturned() {
		McpTarget browse = McpTarget.tool("browse");
		this.offered.add(browse, READ_ONLY);
		this.declared
			.add(new AccessRule(browse, new ScopeRequirement(List.of("all"), List.of("wide", "narrow")), "code"));
		this.hierarchy = (scopes) -> scopes.contains("wide") ? Set.of("wide", "narrow")::contains : scopes::contains;
		assertThat(scopes()).containsExactly("all", "narrow");
	}

	@Test
	void minimalScopesChangeWithOfferedTargets() {
		MinimalScopes scopes = minimal();
		Object server = new Object();
		assertThat(scopes.get()).isEmpty();
		this.offered.add(server, McpTarget.tool("purge"), Hints.DEFAULT);
		RuleBook book = new RuleBook(List.of(), List.of(), new Conventions("read", "destroy", null),
				Access.AUTHENTICATED, this.offered);
		scopes = new MinimalScopes(book, this.hierarchy, this.requestNames);
		assertThat(scopes.get()).containsExactly("destroy");
		this.offered.add(server, McpTarget.tool("browse"), READ_ONLY);
		assertThat(scopes.get()).containsExactly("read");
		assertThat(scopes.get()).as("computed once").isSameAs(scopes.get());
		this.offered.remove(server, McpTarget.tool("browse"));
		assertThat(scopes.get()).containsExactly("destroy");
	}

	@Test
	void scopesAreLimitedInLengthAndTargetsWithFewestScopesComeFirst(CapturedOutput output) {
		tool("a", READ_ONLY, "x".repeat(1000), "y".repeat(1000), "z".repeat(1000));
		tool("b", READ_ONLY, "p".repeat(1000), "q".repeat(1000));
		tool("c", READ_ONLY, "small");
		tool("d", READ_ONLY, "other");
		assertThat(scopes()).containsExactly("p".repeat(1000), "q".repeat(1000), "small", "other");
		assertThat(output).contains("Only 4 of 7 scopes for basic use are advertised");
	}

	@Test
	void scopesOfExactlyMaxLengthAreReturned(CapturedOutput output) {
		tool("a", READ_ONLY, "a".repeat(1023));
		tool("b", READ_ONLY, "b".repeat(1024));
		assertThat(scopes()).hasSize(2);
		assertThat(String.join(" ", scopes())).hasSize(MinimalScopes.MAX_LENGTH);
		assertThat(output).doesNotContain("advertised");
		tool("b", READ_ONLY, "b".repeat(1025));
		assertThat(scopes()).containsExactly("a".repeat(1023));
	}

	@Test
	void fallbackToAllScopesIsLimitedInLength() {
		for (int i = 0; i < 1000; i++) {
			tool("tool" + i, Hints.DEFAULT, "scope:%03d".formatted(i));
		}
		assertThat(String.join(" ", scopes())).hasSizeBetween(MinimalScopes.MAX_LENGTH - 10, MinimalScopes.MAX_LENGTH);
		assertThat(scopes()).startsWith("scope:000", "scope:001");
	}

	@Test
	void lengthLimitAppliesToRequestNames() {
		tool("a", READ_ONLY, "a");
		tool("b", READ_ONLY, "b");
		this.requestNames = (scopes) -> scopes.stream().map((scope) -> scope.repeat(1500)).toList();
		assertThat(scopes()).containsExactly("a");
	}

	@Test
	void minimalScopesAreIndependentOfOrderOfTools() {
		List<McpTarget> tools = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			McpTarget tool = McpTarget.tool("tool" + i);
			tools.add(tool);
			this.declared
				.add(new AccessRule(tool, ScopeRequirement.of("a-rather-long-scope:%03d".formatted(i)), "code"));
		}
		List<List<String>> found = new ArrayList<>();
		for (int seed = 0; seed < 3; seed++) {
			Collections.shuffle(tools, new Random(seed));
			OfferedTargets shuffled = new OfferedTargets();
			tools.forEach((tool) -> shuffled.add(tool, READ_ONLY));
			found.add(new MinimalScopes(
					new RuleBook(List.of(), this.declared, Conventions.NONE, Access.AUTHENTICATED, shuffled),
					this.hierarchy, this.requestNames)
				.get());
		}
		assertThat(found).allSatisfy((scopes) -> assertThat(scopes).isEqualTo(found.get(0)));
	}

	private void tool(String name, Hints hints, String... scopes) {
		McpTarget tool = McpTarget.tool(name);
		this.declared.removeIf((rule) -> rule.target().equals(tool));
		this.offered.add(tool, hints);
		if (scopes.length > 0) {
			this.declared.add(new AccessRule(tool, new ScopeRequirement(List.of(scopes), List.of()), "code"));
		}
	}

	private void declare(McpTarget target, String scope) {
		this.offered.add(target, Hints.DEFAULT);
		this.declared.add(new AccessRule(target, ScopeRequirement.of(scope), "code"));
	}

	private List<String> scopes() {
		return minimal().get();
	}

	private MinimalScopes minimal() {
		return new MinimalScopes(
				new RuleBook(List.of(), this.declared, Conventions.NONE, Access.AUTHENTICATED, this.offered),
				this.hierarchy, this.requestNames);
	}

}
