package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Set;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.RecordsApplication;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * What a policy must not say, and what an application says at start of the one it has.
 */
@ExtendWith(OutputCaptureExtension.class)
class PolicyPropertiesTests {

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(RecordsApplication.class)
		.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS", "mcp.security.resource=https://mcp.example/mcp",
				"mcp.security.authorization-servers=https://login.example");

	@BeforeAll
	static void hearMore() {
		logLevel(LogLevel.INFO);
	}

	@AfterAll
	static void hearLess() {
		logLevel(null);
	}

	private static void logLevel(@Nullable LogLevel level) {
		LoggingSystem.get(PolicyPropertiesTests.class.getClassLoader()).setLogLevel("io.mcpsecurity", level);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			a > a                     | has a cycle
			a > b\\nb > a             | has a cycle
			a > b\\nb>c\\nc > a       | has a cycle
			a > b > a                 | has a cycle
			a >                       | is not a scope
			> a                       | is not a scope
			a > b c                   | is not a scope
			a                         | is not a relation like broader > narrower
			a > "b"                   | is not a scope
			""")
	void aHierarchyThatCannotBeUsedStopsTheStart(String hierarchy, String reason) {
		refused("mcp.security.scope-hierarchy", reason,
				"mcp.security.scope-hierarchy=" + hierarchy.replace("\\n", "\n"));
	}

	@Test
	void aHierarchyIsReadWithAndWithoutSpacesAndInChains() {
		this.runner
			.withPropertyValues("mcp.security.scope-hierarchy=root>records:admin > records:purge\n\nroot > extra",
					"mcp.security.undeclared=deny")
			.run((context) -> {
				AccessPolicy policy = context.getBean(AccessPolicy.class);
				McpTarget purge = McpTarget.tool("purge");
				for (String scope : Set.of("root", "records:admin", "records:purge")) {
					assertThat(policy.decide(purge, Set.of(scope)).denied()).as(scope).isFalse();
				}
				assertThat(policy.decide(purge, Set.of("extra")).denied()).isTrue();
				assertThat(policy.decide(purge, Set.of("")).denied()).isTrue();
			});
	}

	@Test
	void aChallengeNamesTheNarrowestScopeThatWouldDo() {
		this.runner.withPropertyValues("mcp.security.scope-hierarchy=records:export > records:admin").run((context) -> {
			AccessDecision decision = context.getBean(AccessPolicy.class).decide(McpTarget.tool("export"), Set.of());
			assertThat(decision.operationScopes()).containsExactly("records:admin");
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-",
			textBlock = """
					rules[0]               | names no tools       | rules[0].access=deny                  | -
					rules[0]               | has neither          | rules[0].tools=time                   | -
					rules[0]               | has both             | rules[0].tools=time,rules[0].access=deny | rules[0].scopes.all-of=a
					rules[0].scopes        | is not a scope       | rules[0].tools=time                   | rules[0].scopes.all-of[0]=a b
					rules[0].scopes        | is not a scope       | rules[0].tools=time                   | rules[0].scopes.any-of[0]=
					rules[0].scopes        | is not a scope       | rules[0].tools=time                   | rules[0].scopes.any-of[0]=a"b
					rules[0].tools         | is not a name or pattern | rules[0].tools[0]=                | rules[0].access=deny
					rules[0].resources     | is not a name or pattern | rules[0].resources[0]=a\\tb       | rules[0].access=deny
					scope-template         | is not a scope       | scope-template={name} x               | -
					scope-template         | is not a scope       | scope-template=                       | -
					read-only-scope        | is not a scope       | read-only-scope=a b                   | -
					destructive-scope      | is not a scope       | destructive-scope=                    | -
					scopes                 | is not a scope       | scopes[a b].description=x             | -
					scopes[a].requested-as | is not a scope       | scopes[a].requested-as=b c            | -
					scopes[a].granted-as   | has an empty name    | scopes[a].granted-as[0]=              | -
					token.more-scope-claims | has an empty name   | token.more-scope-claims=realm_access..roles | -
					rules                  | matches nothing that is offered | rules[0].tools=tmie,rules[0].access=deny | unmatched-rules=fail
					rules                  | never applies        | rules[0].tools=t*,rules[0].access=deny,rules[1].tools=time,rules[1].access=authenticated | unmatched-rules=fail
					""")
	void whatCannotBeUsedStopsTheStartAndIsNamed(String property, String reason, String first, String second) {
		String[] firsts = first.split(",");
		String[] all = new String[firsts.length + ((second != null) ? 1 : 0)];
		for (int i = 0; i < firsts.length; i++) {
			all[i] = "mcp.security." + firsts[i].replace("\\t", "\t");
		}
		if (second != null) {
			all[firsts.length] = "mcp.security." + second;
		}
		refused("mcp.security." + property, reason, all);
	}

	@Test
	void twoRulesOfTheOperatorThatContradictEachOtherStopTheStart() {
		for (String text : Set.of("time", "t*")) {
			this.runner
				.withPropertyValues("mcp.security.rules[0].tools=" + text, "mcp.security.rules[0].access=deny",
						"mcp.security.rules[1].tools=who," + text, "mcp.security.rules[1].access=authenticated")
				.run((context) -> assertThat(context).getFailure()
					.rootCause()
					.hasMessage("The property 'mcp.security.rules' cannot be followed: tool '" + text
							+ "' has two rules that contradict each other: "
							+ "mcp.security.rules[0] says deny, mcp.security.rules[1] says authenticated."));
		}
	}

	@Test
	void theSameRuleTwiceIsNoContradiction() {
		this.runner
			.withPropertyValues("mcp.security.rules[0].tools=time", "mcp.security.rules[0].access=deny",
					"mcp.security.rules[1].tools=time", "mcp.security.rules[1].access=deny")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void twoAnnotationsThatContradictEachOtherStopTheStart() {
		this.runner.withUserConfiguration(Contradicting.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("tool 'browse' has two rules that contradict each other")
				.hasMessageContaining("Records.browse")
				.hasMessageContaining("Again.again"));
	}

	@Test
	void aRuleThatMatchesNothingIsReported(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp.security.rules[0].tools=tmie,time", "mcp.security.rules[0].access=deny",
					"mcp.security.rules[1].prompts=x*", "mcp.security.rules[1].access=deny",
					"mcp.security.rules[2].resources=records://7/details", "mcp.security.rules[2].access=deny")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("A rule matches nothing that is offered: mcp.security.rules[0]: 'tmie'")
			.contains("A rule matches nothing that is offered: mcp.security.rules[1]: 'x*'")
			.doesNotContain("rules[0]: 'time'")
			.doesNotContain("mcp.security.rules[2]");
	}

	@Test
	void aPatternThatIsForSomeUrisOfATemplateIsNotReported(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp.security.rules[0].resources=records://secret/*,records://s*",
					"mcp.security.rules[0].access=deny", "mcp.security.rules[1].resources=records://other/more/*",
					"mcp.security.rules[1].access=deny")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				AccessPolicy policy = context.getBean(AccessPolicy.class);
				assertThat(policy.decide(McpTarget.resource("records://secret/details"), Set.of("records:browse"))
					.denied()).isTrue();
			});
		assertThat(output)
			.contains("A rule matches nothing that is offered: mcp.security.rules[1]: 'records://other/more/*'")
			.doesNotContain("mcp.security.rules[0]");
	}

	@Test
	void aRuleThatAnEarlierOneKeepsFromApplyingIsReported(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp.security.rules[0].tools=p*", "mcp.security.rules[0].access=deny",
					"mcp.security.rules[1].tools=time,purge", "mcp.security.rules[1].access=authenticated")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.contains("A rule never applies, because an earlier one matches the same: "
					+ "mcp.security.rules[1]: 'purge' after mcp.security.rules[0]")
			.doesNotContain("'time'");
	}

	@Test
	void aCommonRuleThatOneEndpointReplacesIsNotReported(CapturedOutput output) {
		this.runner.withPropertyValues("mcp.security.rules[0].tools=time", "mcp.security.rules[0].access=authenticated",
				"mcp.security.endpoints.admin.path=/admin/mcp",
				"mcp.security.endpoints.admin.resource=https://mcp.example/admin/mcp",
				"mcp.security.endpoints.admin.rules[0].tools=*", "mcp.security.endpoints.admin.rules[0].access=deny",
				"mcp.security.endpoints.admin.rules[1].tools=who",
				"mcp.security.endpoints.admin.rules[1].access=authenticated")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("A rule never applies"))).singleElement()
			.asString()
			.endsWith("mcp.security.endpoints.admin.rules[1]: 'who' after mcp.security.endpoints.admin.rules[0]");
	}

	@Test
	void undeclaredDenyListsWhatIsMissing(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp.security.undeclared=deny", "mcp.security.rules[0].tools=time",
					"mcp.security.rules[0].access=authenticated")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.contains("mcp.security.undeclared=deny: without a rule and not callable are [tool 'who', tool 'whoToo']");
	}

	@Test
	void itIsSaidThatConfigurationReplacesAnAnnotation(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp.security.rules[0].tools=pur*", "mcp.security.rules[0].scopes.all-of=ops:delete")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("Configuration wins: tool 'purge': all of [ops:delete] (mcp.security.rules[0]) "
				+ "replaces all of [records:purge] (@RequiresScope on RecordsApplication.Callbacks.purge)");
	}

	@Test
	void aScopeWithoutADescriptionIsReported(CapturedOutput output) {
		this.runner.withInitializer(properties(Map.of("mcp.security.scopes[records:purge].description", "Delete")))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("Scopes without"))).hasSize(1)
			.first()
			.asString()
			.contains("records:browse")
			.doesNotContain("records:purge");
	}

	@ParameterizedTest
	@ValueSource(strings = { "mode=report", "discovery=public", "allow-insecure-http=true" })
	void whateverLoosensTheServerIsSaidAtStart(String property, CapturedOutput output) {
		this.runner.withPropertyValues("mcp.security." + property).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut()
			.lines()
			.filter((line) -> line.contains("mcp.security." + property))
			.filter((line) -> line.contains("WARN"))).hasSize(1);
	}

	@Test
	void everyRefusalTellsWhatToDo() {
		this.runner.withPropertyValues("mcp.security.rules[0].tools=time")
			.run((context) -> assertThat(cause(context.getStartupFailure()).getAction())
				.contains("mcp.security.rules[0].scopes.all-of"));
	}

	@Test
	void theCatalogueMayNameAScopeWithAnyCharacters() {
		this.runner
			.withInitializer(properties(Map.of("mcp.security.scopes[records:purge].granted-as", "p,q",
					"mcp.security.scopes[records:purge].description", "d")))
			.run((context) -> assertThat(context.getBean(McpSecurityProperties.class).scopes()).containsExactly(
					entry("records:purge", new McpSecurityProperties.Scope("d", List.of("p", "q"), null))));
	}

	/**
	 * For names with colons.
	 */
	private static ApplicationContextInitializer<ConfigurableApplicationContext> properties(
			Map<String, Object> properties) {
		return (context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("names with colons", properties));
	}

	@Test
	void whatIsListedToEverybodyCannotBeHidden() {
		refused("mcp.security.unlisted", "mcp.security.listings=all", "mcp.security.unlisted=hide",
				"mcp.security.listings=all");
		refused("mcp.security.unlisted", "mcp.security.discovery=public", "mcp.security.unlisted=hide",
				"mcp.security.discovery=public");
	}

	private void refused(String property, String reason, String... properties) {
		this.runner.withPropertyValues(properties).run((context) -> {
			assertThat(context).hasFailed();
			InvalidMcpSecurityPropertyException refusal = cause(context.getStartupFailure());
			assertThat(refusal).hasMessageStartingWith("The property '" + property + "'").hasMessageContaining(reason);
			assertThat(refusal.getAction()).contains(property);
		});
	}

	private static InvalidMcpSecurityPropertyException cause(Throwable failure) {
		Throwable cause = failure;
		while (cause != null && !(cause instanceof InvalidMcpSecurityPropertyException)) {
			cause = cause.getCause();
		}
		assertThat(cause).as(String.valueOf(failure)).isNotNull();
		return (InvalidMcpSecurityPropertyException) cause;
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Again.class)
	static class Contradicting {

	}

	static class Again {

		@McpTool(name = "browse")
		@RequiresScope("records:else")
		String again() {
			return "again";
		}

	}

}
