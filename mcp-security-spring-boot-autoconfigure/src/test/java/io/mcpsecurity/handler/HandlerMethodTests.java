package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import reactor.core.publisher.Mono;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.provider.prompt.SyncMcpPromptProvider;
import org.springframework.ai.mcp.annotation.provider.resource.SyncMcpResourceProvider;
import org.springframework.ai.mcp.annotation.provider.tool.AsyncStatelessMcpToolProvider;
import org.springframework.ai.mcp.annotation.provider.tool.SyncMcpToolProvider;
import org.springframework.ai.support.ToolCallbacks;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.samples.SamplesTools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * Annotated objects that are no beans, offered by specifications that the application
 * builds of them: their rules cannot be found among the beans, so they must not be
 * offered.
 */
class HandlerMethodTests {

	static final List<Arguments> specifications = List.of(
			argumentSet("@Tool", List.of(McpToolUtils.toSyncToolSpecification(ToolCallbacks.from(new Annotated())[0]))),
			argumentSet("stateless @Tool",
					List.of(McpToolUtils.toStatelessSyncToolSpecification(ToolCallbacks.from(new Annotated())[0],
							null))),
			argumentSet("asynchronous @Tool",
					List.of(McpToolUtils.toAsyncToolSpecification(ToolCallbacks.from(new Annotated())[0]))),
			argumentSet("@McpTool", new SyncMcpToolProvider(List.of(new Annotated())).getToolSpecifications()),
			argumentSet("asynchronous @McpTool",
					new AsyncStatelessMcpToolProvider(List.of(new AnnotatedAsync())).getToolSpecifications()),
			argumentSet("@McpPrompt", new SyncMcpPromptProvider(List.of(new Annotated())).getPromptSpecifications()),
			argumentSet("@McpResource",
					new SyncMcpResourceProvider(List.of(new Annotated())).getResourceSpecifications()));

	@ParameterizedTest
	@FieldSource
	void specifications(List<?> specifications) {
		assertThat(specifications).isNotEmpty();
		assertThatExceptionOfType(DeclarationException.class)
			.isThrownBy(() -> guarding(List.of()).guard(specifications))
			.withMessageContaining("Annotated")
			.withMessageContaining("was registered after the rules were built")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("make its object a bean"));
	}

	@Test
	void annotatedObjectWithKnownRuleIsAccepted() {
		SyncToolSpecification specification = McpToolUtils
			.toSyncToolSpecification(ToolCallbacks.from(new Annotated())[0]);
		Object guarded = guarding(
				List.of(new AccessRule(McpTarget.tool("purge"), ScopeRequirement.of("records:purge"), "bean")))
			.guard(specification);
		assertThat(guarded).isInstanceOf(SyncToolSpecification.class);
	}

	@Test
	void rulesAreFoundInPackagesWithSpringLikePrefix() {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(SamplesTools.class)) {
			assertThat(AccessDeclarations.find(context.getBeanFactory()).rules()).extracting(AccessRule::target)
				.containsExactly(McpTarget.tool("sample"));
		}
	}

	private static GuardedSpecifications guarding(List<AccessRule> declared) {
		OfferedTargets offered = new OfferedTargets();
		RuleBook rules = new RuleBook(List.of(), declared, Conventions.NONE, Access.AUTHENTICATED, offered);
		return new GuardedSpecifications(() -> {
			throw new IllegalStateException("Nothing is called here");
		}, new CallerArguments(Map::of), () -> offered, () -> rules, ToolConditions::new, SensitiveArguments::new);
	}

	/**
	 * Everything that one method can be.
	 */
	static class Annotated {

		@Tool(name = "purge", description = "Deletes")
		@McpTool(name = "purge", description = "Deletes")
		@McpPrompt(name = "purge", description = "Deletes")
		@McpResource(uri = "records://purge", name = "purge")
		@RequiresScope("records:purge")
		public String purge() {
			return "purged";
		}

	}

	/**
	 * The asynchronous form.
	 */
	static class AnnotatedAsync {

		@McpTool(name = "purge", description = "Deletes")
		@RequiresScope("records:purge")
		public Mono<String> purge() {
			return Mono.just("purged");
		}

	}

}
