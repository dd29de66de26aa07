package io.mcpsecurity.exchange;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Rules that an application has written in Java.
 */
@ParameterizedClass
@MethodSource("kinds")
@ExtendWith(OutputCaptureExtension.class)
class AuthorizationRulesTests {

	private static final Map<Kind, SecuredServer> servers = new ConcurrentHashMap<>();

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	@Parameter
	private Kind kind;

	static Stream<Kind> kinds() {
		return Stream.of(Protocol.values())
			.flatMap((protocol) -> Stream.of("SYNC", "ASYNC").map((type) -> new Kind(protocol, type)));
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		servers.clear();
	}

	private SecuredServer server() {
		return servers.computeIfAbsent(this.kind,
				(kind) -> SecuredServer.start(RulesApplication.class, authorizationServer,
						"spring.ai.mcp.server.protocol=" + kind.protocol(), "spring.ai.mcp.server.type=" + kind.type(),
						"mcp-security.endpoints.admin.path=/admin/mcp",
						"mcp-security.endpoints.admin.resource=http://localhost:1/admin/mcp",
						"mcp-security.endpoints.admin.protocol=stateless"));
	}

	@Test
	void callIsAllowedWhenNoRuleDenies() {
		assertThat(call("tools/call", "{\"name\":\"transfer\",\"arguments\":{\"amount\":100}}").statusCode())
			.isEqualTo(200);
		assertThat(call("resources/read", "{\"uri\":\"tenants://acme\"}").statusCode()).isEqualTo(200);
	}

	@Test
	void ruleForTargetDeniesCallBeforeServerIsInvoked() {
		server().context().getBean(Rules.class).runs.clear();
		assertForbidden(call("tools/call", "{\"name\":\"internal\",\"arguments\":\"of the wrong type\"}"));
		assertForbidden(call("tools/call", "{\"name\":\"internal\",\"arguments\":{}}"));
		assertForbidden(call("resources/read", "{\"uri\":\"tenants://other\"}"));
		assertForbidden(call("resources/read", "{\"uri\":\"internal://all\"}"));
		assertForbidden(call("resources/read", "{\"uri\":\"tenants://a:b\"}"));
		assertForbidden(call("resources/read", "{\"uri\":\"tenants://a%3Ab\"}"));
		assertForbidden(call("prompts/get", "{\"name\":\"internal\"}"));
		assertForbidden(call("completion/complete", "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"internal\"},"
				+ "\"argument\":{\"name\":\"topic\",\"value\":\"x\"}}"));
		assertThat(server().context().getBean(Rules.class).runs).isEmpty();
	}

	@Test
	void ruleForArgumentsDeniesCallBeforeHandlerIsInvoked() {
		assertForbidden(call("tools/call", "{\"name\":\"transfer\",\"arguments\":{\"amount\":101}}"));
		assertForbidden(call("prompts/get", "{\"name\":\"topics\",\"arguments\":{\"topic\":\"secret\"}}"));
		assertForbidden(call("completion/complete", "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"topics\"},"
				+ "\"argument\":{\"name\":\"topic\",\"value\":\"secret\"}}"));
		assertThat(call("prompts/get", "{\"name\":\"topics\",\"arguments\":{\"topic\":\"open\"}}").statusCode())
			.isEqualTo(200);
		assertThat(server().context().getBean(Rules.class).runs).doesNotContain("101", "secret");
	}

	@ParameterizedTest
	@ValueSource(strings = { "broken", "locked" })
	void ruleThatThrowsDeniesCall(String tool, CapturedOutput output) {
		assertForbidden(call("tools/call", "{\"name\":\"%s\",\"arguments\":{}}".formatted(tool)));
		if (tool.equals("broken")) {
			assertThat(output)
				.contains(
						"The bean throwing cannot decide, so the call is denied " + "(java.lang.IllegalStateException)")
				.doesNotContain("message with arguments");
		}
	}

	@Test
	void scopesAreCheckedBeforeRules() {
		Rules rules = server().context().getBean(Rules.class);
		rules.asked.clear();
		HttpResponse<String> response = server().callTool(server().token().claim("tenant", "acme").sign(), "scoped",
				"{}");
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"records:browse\"");
		assertThat(rules.asked).isEmpty();
		assertForbidden(call("tools/call", "{\"name\":\"scoped\",\"arguments\":{}}"));
	}

	@Test
	void deniedTargetsAreNotListed() {
		assertThat(call("tools/list", "{}").body()).contains("\"transfer\"")
			.doesNotContain("\"internal\"", "\"broken\"", "\"locked\"", "\"scoped\"");
		assertThat(call("resources/list", "{}").body()).doesNotContain("internal://all");
		assertThat(call("resources/templates/list", "{}").body()).contains("tenants://{tenant}");
		assertThat(call("prompts/list", "{}").body()).contains("\"topics\"").doesNotContain("\"internal\"");
	}

	@Test
	void invocationContainsTargetMethodCallerAndArguments() {
		Rules rules = server().context().getBean(Rules.class);
		rules.asked.clear();
		call("tools/call", "{\"name\":\"transfer\",\"arguments\":{\"amount\":7}}");
		assertThat(rules.asked).hasSize(2).allSatisfy((asked) -> {
			assertThat(asked.kind()).isEqualTo(McpInvocation.Kind.TOOL);
			assertThat(asked.name()).isEqualTo("transfer");
			assertThat(asked.method()).isEqualTo("tools/call");
			assertThat(asked.endpoint()).isNull();
			McpCaller caller = Objects.requireNonNull(asked.caller());
			assertThat(caller.claim("tenant")).isEqualTo("acme");
		});
		assertThat(rules.asked.get(0).arguments()).isNull();
		assertThat(rules.asked.get(1).arguments()).isEqualTo(Map.of("amount", 7)).isUnmodifiable();
	}

	@Test
	void ruleDecidesByNameOfEndpoint() {
		String token = authorizationServer.token("http://localhost:1/admin/mcp")
			.scope("records:browse")
			.claim("tenant", "acme")
			.sign();
		HttpResponse<String> response = server().send(server()
			.post(token,
					"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
							+ "\"params\":{\"name\":\"transfer\",\"arguments\":{\"amount\":7}}}")
			.uri(URI.create(server().url("/admin/mcp"))));
		assertForbidden(response);
	}

	private HttpResponse<String> call(String method, String params) {
		return server().call(server().token("records:browse").claim("tenant", "acme").sign(), method, params);
	}

	private static void assertForbidden(HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32013);
	}

	record Kind(Protocol protocol, String type) {
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Rules.class, Handlers.class, AsyncHandlers.class })
	static class RulesApplication {

	}

	static class Rules {

		private final List<McpInvocation> asked = new CopyOnWriteArrayList<>();

		private final List<String> runs = new CopyOnWriteArrayList<>();

		@Bean
		AuthorizationManager<McpInvocation> tenants() {
			return (authentication, invocation) -> {
				McpCaller caller = invocation.caller();
				boolean foreign = invocation.name().matches("tenants://[\\w:]+")
						&& (caller == null || !invocation.name().equals("tenants://" + caller.claim("tenant")));
				return new AuthorizationDecision(!foreign);
			};
		}

		@Bean
		AuthorizationManager<McpInvocation> amounts() {
			return (authentication, invocation) -> {
				Map<String, Object> arguments = invocation.arguments();
				if (arguments == null || !invocation.name().equals("transfer")) {
					return null;
				}
				return new AuthorizationDecision(arguments.get("amount") instanceof Integer amount && amount <= 100);
			};
		}

		@Bean
		AuthorizationManager<McpInvocation> topics() {
			return (authentication, invocation) -> {
				this.asked.add(invocation);
				Map<String, Object> arguments = invocation.arguments();
				return new AuthorizationDecision(arguments == null || !"secret".equals(arguments.get("topic")));
			};
		}

		@Bean
		AuthorizationManager<McpInvocation> internal() {
			return (authentication, invocation) -> new AuthorizationDecision(!invocation.name().startsWith("internal")
					&& !invocation.name().equals("scoped") && !"admin".equals(invocation.endpoint()));
		}

		@Bean
		AuthorizationManager<McpInvocation> throwing() {
			return (authentication, invocation) -> {
				if (invocation.name().equals("locked")) {
					throw new AccessDeniedException("no");
				}
				if (invocation.name().equals("broken")) {
					throw new IllegalStateException("message with arguments");
				}
				return null;
			};
		}

		String run(@Nullable Object what) {
			this.runs.add(String.valueOf(what));
			return "ran";
		}

	}

	static class Handlers {

		private final Rules rules;

		Handlers(Rules rules) {
			this.rules = rules;
		}

		@McpTool(description = "Transfers")
		String transfer(int amount) {
			return this.rules.run(amount);
		}

		@McpTool(description = "Not for everybody")
		String internal() {
			return this.rules.run("internal");
		}

		@McpTool(description = "Has a rule that fails")
		String broken() {
			return this.rules.run("broken");
		}

		@McpTool(description = "Has a rule that throws a denial")
		String locked() {
			return this.rules.run("locked");
		}

		@McpTool(description = "Needs a scope and has a rule")
		@RequiresScope("records:browse")
		String scoped() {
			return this.rules.run("scoped");
		}

		@McpResource(uri = "tenants://{tenant}", name = "tenant")
		String tenant(String tenant) {
			return "data";
		}

		@McpResource(uri = "internal://all", name = "internal")
		String internalResource() {
			return this.rules.run("internal://all");
		}

		@McpPrompt(name = "internal", description = "Not for everybody")
		String internalPrompt() {
			return this.rules.run("prompt");
		}

		@McpPrompt(name = "topics", description = "About a topic")
		String topics(String topic) {
			return this.rules.run(topic);
		}

		@McpComplete(prompt = "internal")
		List<String> completeInternal(String value) {
			return List.of(this.rules.run(value));
		}

		@McpComplete(prompt = "topics")
		List<String> completeTopics(String value) {
			return List.of(this.rules.run(value));
		}

	}

	static class AsyncHandlers {

		private final Rules rules;

		AsyncHandlers(Rules rules) {
			this.rules = rules;
		}

		@McpTool(description = "Transfers")
		Mono<String> transfer(int amount) {
			return run(amount);
		}

		@McpTool(description = "Not for everybody")
		Mono<String> internal() {
			return run("internal");
		}

		@McpTool(description = "Has a rule that fails")
		Mono<String> broken() {
			return run("broken");
		}

		@McpTool(description = "Has a rule that throws a denial")
		Mono<String> locked() {
			return run("locked");
		}

		@McpTool(description = "Needs a scope and has a rule")
		@RequiresScope("records:browse")
		Mono<String> scoped() {
			return run("scoped");
		}

		@McpResource(uri = "tenants://{tenant}", name = "tenant")
		Mono<String> tenant(String tenant) {
			return Mono.just("data");
		}

		@McpResource(uri = "internal://all", name = "internal")
		Mono<String> internalResource() {
			return run("internal://all");
		}

		@McpPrompt(name = "internal", description = "Not for everybody")
		Mono<String> internalPrompt() {
			return run("prompt");
		}

		@McpPrompt(name = "topics", description = "About a topic")
		Mono<String> topics(String topic) {
			return run(topic);
		}

		@McpComplete(prompt = "internal")
		Mono<List<String>> completeInternal(String value) {
			return run(value).map(List::of);
		}

		@McpComplete(prompt = "topics")
		Mono<List<String>> completeTopics(String value) {
			return run(value).map(List::of);
		}

		private Mono<String> run(Object what) {
			return Mono.fromCallable(() -> this.rules.run(what)).subscribeOn(Schedulers.boundedElastic());
		}

	}

}
