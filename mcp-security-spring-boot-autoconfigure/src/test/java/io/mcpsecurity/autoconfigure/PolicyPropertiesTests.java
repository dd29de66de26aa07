package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.RecordsApplication;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static io.mcpsecurity.test.Callers.with;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a policy must not say, and what an application says at start of the one it has.
 */
@ExtendWith(OutputCaptureExtension.class)
class PolicyPropertiesTests {

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(RecordsApplication.class)
		.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS", "mcp-security.resource=https://mcp.example/mcp",
				"mcp-security.authorization-servers=https://login.example");

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

	@Test
	void hierarchyIsParsedWithAndWithoutSpacesAndInChains() {
		this.runner
			.withPropertyValues(
					"mcp-security.policy.scope-hierarchy=root>records:admin > records:purge\n\nroot > extra",
					"mcp-security.policy.default-access=deny")
			.run((context) -> {
				AccessPolicy policy = context.getBean(AccessPolicy.class);
				McpTarget purge = McpTarget.tool("purge");
				for (String scope : Set.of("root", "records:admin", "records:purge")) {
					assertThat(policy.decide(purge, with(scope)).denied()).as(scope).isFalse();
				}
				assertThat(policy.decide(purge, with("extra")).denied()).isTrue();
				assertThat(policy.decide(purge, with("")).denied()).isTrue();
			});
	}

	@Test
	void challengeContainsNarrowestSufficientScope() {
		this.runner.withPropertyValues("mcp-security.policy.scope-hierarchy=records:export > records:admin")
			.run((context) -> {
				AccessDecision decision = context.getBean(AccessPolicy.class).decide(McpTarget.tool("export"), with());
				assertThat(decision.operationScopes()).containsExactly("records:admin");
			});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			matches nothing that is offered | tmie | t
			never applies                   | t*   | time
			""")
	void whenFailThenIneffectiveRuleFailsStartup(String reason, String first, String second) {
		this.runner
			.withPropertyValues("mcp-security.policy.unmatched-rules=fail",
					"mcp-security.policy.rules[0].tools=" + first, "mcp-security.policy.rules[0].access=deny",
					"mcp-security.policy.rules[1].tools=" + second, "mcp-security.policy.rules[1].access=authenticated")
			.run((context) -> {
				assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.policy.rules");
				assertThat(Refusal.of(context).reason()).contains(reason)
					.contains("set mcp-security.policy.unmatched-rules=report");
			});
	}

	@Test
	void contradictingConfiguredRulesFailStartup() {
		for (String text : Set.of("time", "t*")) {
			this.runner
				.withPropertyValues("mcp-security.policy.rules[0].tools=" + text,
						"mcp-security.policy.rules[0].access=deny", "mcp-security.policy.rules[1].tools=who," + text,
						"mcp-security.policy.rules[1].access=authenticated")
				.run((context) -> {
					assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.policy.rules");
					assertThat(Refusal.of(context).reason()).startsWith("Tool '" + text
							+ "' has two rules that contradict each other: mcp-security.policy.rules[0] says deny, "
							+ "mcp-security.policy.rules[1] says authenticated.");
				});
		}
	}

	@Test
	void duplicateRuleIsAccepted() {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].tools=time", "mcp-security.policy.rules[0].access=deny",
					"mcp-security.policy.rules[1].tools=time", "mcp-security.policy.rules[1].access=deny")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void contradictingAnnotationsFailStartup() {
		this.runner.withUserConfiguration(Contradicting.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("Tool 'browse' has two rules that contradict each other")
				.hasMessageContaining("Records.browse")
				.hasMessageContaining("Again.again"));
	}

	@Test
	void ruleThatMatchesNothingIsLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].tools=tmie,time",
					"mcp-security.policy.rules[0].access=deny", "mcp-security.policy.rules[1].prompts=x*",
					"mcp-security.policy.rules[1].access=deny",
					"mcp-security.policy.rules[2].resources=records://7/details",
					"mcp-security.policy.rules[2].access=deny")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("A rule matches nothing that is offered: mcp-security.policy.rules[0]: 'tmie'")
			.contains("A rule matches nothing that is offered: mcp-security.policy.rules[1]: 'x*'")
			.doesNotContain("rules[0]: 'time'")
			.doesNotContain("mcp-security.policy.rules[2]");
	}

	@Test
	void similarNameIsSuggested(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].tools=tmie", "mcp-security.policy.rules[0].access=deny",
					"mcp-security.rate-limit.rules[0].per=caller", "mcp-security.rate-limit.rules[0].capacity=5",
					"mcp-security.rate-limit.rules[0].tools=purgee,time,*", "mcp-security.rate-limit.rules[1].per=tool",
					"mcp-security.rate-limit.rules[1].capacity=5",
					"mcp-security.rate-limit.rules[1].tools=somethingElse")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains(
				"A rule matches nothing that is offered: mcp-security.policy.rules[0]: 'tmie' (did you mean 'time'?)",
				"A rule matches nothing that is offered: mcp-security.rate-limit.rules, limit 'caller': 'purgee'"
						+ " (did you mean 'purge'?)",
				"limit 'tool': 'somethingElse'" + System.lineSeparator())
			.doesNotContain("limit 'caller': 'time'")
			.doesNotContain("limit 'caller': '*'");
	}

	@Test
	void protectedTargetsAreLoggedOncePerEndpoint(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.endpoints.admin.path=/admin/mcp",
					"mcp-security.endpoints.admin.resource=https://mcp.example/admin/mcp",
					"mcp-security.endpoints.admin.offers.tools=time")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("MCP endpoint "))).hasSize(2)
			.anySatisfy((line) -> assertThat(line).contains("INFO")
				.endsWith("MCP endpoint /admin/mcp: resource https://mcp.example/admin/mcp, issuers "
						+ "[https://login.example], 1 tool, 0 resources, 0 prompts; 1 without a rule: tool 'time'"))
			.anySatisfy((line) -> assertThat(line).contains("INFO")
				.endsWith("MCP endpoint /mcp: resource https://mcp.example/mcp, issuers [https://login.example], "
						+ "6 tools, 2 resources, 1 prompt; 2 without a rule: tool 'who', tool 'whoToo'"));
	}

	@Test
	void loggedNamesAreLimited(CapturedOutput output) {
		this.runner.withUserConfiguration(ManyTools.class).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("MCP endpoint "))).singleElement()
			.asString()
			.contains("23 without a rule: tool 'many10', ")
			.endsWith("tool 'many19' and 13 more");
	}

	@Test
	void scopeOfToolThatIsNotOfferedIsNotAdvertised(CapturedOutput output) {
		this.runner.withUserConfiguration(Dropped.class)
			.run((context) -> assertThat(context.getBean(RuleBook.class).scopes()).doesNotContain("dropped:use")
				.contains("records:purge"));
		assertThat(output).contains(
				"No MCP server offers what has scopes or requires an authentication: [tool 'dropped' (@RequiresScope on "
						+ "PolicyPropertiesTests.Dropped.dropped)]");
	}

	@Test
	void patternForSomeUrisOfTemplateIsNotLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].resources=records://secret/*,records://s*",
					"mcp-security.policy.rules[0].access=deny",
					"mcp-security.policy.rules[1].resources=records://other/more/*",
					"mcp-security.policy.rules[1].access=deny")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				AccessPolicy policy = context.getBean(AccessPolicy.class);
				assertThat(
						policy.decide(McpTarget.resource("records://secret/details"), with("records:browse")).denied())
					.isTrue();
			});
		assertThat(output)
			.contains("A rule matches nothing that is offered: mcp-security.policy.rules[1]: 'records://other/more/*'")
			.doesNotContain("mcp-security.policy.rules[0]");
	}

	@Test
	void shadowedRuleIsLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].tools=p*", "mcp-security.policy.rules[0].access=deny",
					"mcp-security.policy.rules[1].tools=time,purge",
					"mcp-security.policy.rules[1].access=authenticated")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.contains("A rule never applies, because an earlier one matches the same: "
					+ "mcp-security.policy.rules[1]: 'purge' after mcp-security.policy.rules[0]")
			.doesNotContain("'time'");
	}

	@Test
	void commonRuleReplacedByEndpointIsNotLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].tools=time",
					"mcp-security.policy.rules[0].access=authenticated", "mcp-security.endpoints.admin.path=/admin/mcp",
					"mcp-security.endpoints.admin.resource=https://mcp.example/admin/mcp",
					"mcp-security.endpoints.admin.policy.rules[0].tools=*",
					"mcp-security.endpoints.admin.policy.rules[0].access=deny",
					"mcp-security.endpoints.admin.policy.rules[1].tools=who",
					"mcp-security.endpoints.admin.policy.rules[1].access=authenticated")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("A rule never applies"))).singleElement()
			.asString()
			.endsWith(
					"mcp-security.endpoints.admin.policy.rules[1]: 'who' after mcp-security.endpoints.admin.policy.rules[0]");
	}

	@Test
	void whenDefaultAccessDenyThenTargetsWithoutRuleAreLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.default-access=deny", "mcp-security.policy.rules[0].tools=time",
					"mcp-security.policy.rules[0].access=authenticated")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains(
				"mcp-security.policy.default-access=deny: without a rule and not callable are [tool 'who', tool 'whoToo']");
	}

	@Test
	void overriddenAnnotationIsLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.policy.rules[0].tools=pur*",
					"mcp-security.policy.rules[0].scopes=ops:delete")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.contains("Configuration wins: tool 'purge': all of [ops:delete] (mcp-security.policy.rules[0]) "
					+ "replaces all of [records:purge] (@RequiresScope on RecordsApplication.Callbacks.purge)");
	}

	@Test
	void scopesWithoutDescriptionAreLogged(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp-security.scopes.name=records:purge", "mcp-security.scopes.description=Delete")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("Scopes without"))).hasSize(1)
			.first()
			.asString()
			.contains("records:browse")
			.doesNotContain("records:purge");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "policy.enforcement=report", "policy.anonymous-discovery=true", "allow-insecure-http=true" })
	void insecureSettingIsLoggedAsWarning(String property, CapturedOutput output) {
		this.runner.withPropertyValues("mcp-security." + property).run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut()
			.lines()
			.filter((line) -> line.contains("mcp-security." + property))
			.filter((line) -> line.contains("WARN"))).hasSize(1);
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

	@Configuration(proxyBeanMethods = false)
	static class ManyTools {

		@Bean
		List<SyncToolSpecification> many() {
			return IntStream.range(10, 30)
				.mapToObj((i) -> new SyncToolSpecification(Tool.builder("many" + i, Map.of("type", "object")).build(),
						(context, request) -> CallToolResult.builder().build()))
				.toList();
		}

	}

	/**
	 * A synchronous server does not offer an asynchronous method.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Dropped {

		@McpTool(description = "Dropped")
		@RequiresScope("dropped:use")
		Mono<String> dropped() {
			return Mono.just("dropped");
		}

	}

}
