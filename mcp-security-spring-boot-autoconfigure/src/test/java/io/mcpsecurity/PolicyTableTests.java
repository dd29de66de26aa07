package io.mcpsecurity;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.transport.SideDoor;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteReference;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptArgument;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceReference;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import org.springframework.ai.mcp.annotation.McpArg;
import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Wherever a rule comes from, whatever it is for and whatever the caller holds: the HTTP
 * gate and the tool boundary give the same answer, and it is the one of the table, in
 * both revisions of MCP. What somebody can be granted is listed to every caller.
 */
class PolicyTableTests {

	private static final String DENY = "deny";

	private static final String AUTHENTICATED = "authenticated";

	private static final String PUBLIC = "public";

	private static final Map<Kind, SecuredServer> servers = new EnumMap<>(Kind.class);

	private static final Map<Kind, String> sessions = new EnumMap<>(Kind.class);

	private static final Map<Kind, String> sessionsWithoutToken = new EnumMap<>(Kind.class);

	private static TestAuthorizationServer authorizationServer;

	/**
	 * The servers: protocol, type, whether there is a scope template, and what holds for
	 * the undeclared.
	 */
	enum Kind {

		STATELESS_SYNC(true, AUTHENTICATED), STREAMABLE_SYNC(false, DENY), STATELESS_ASYNC(true, DENY),
		STREAMABLE_ASYNC(false, AUTHENTICATED);

		final boolean template;

		final String undeclared;

		Kind(boolean template, String undeclared) {
			this.template = template;
			this.undeclared = undeclared;
		}

		boolean stateless() {
			return name().startsWith("STATELESS");
		}

		boolean async() {
			return name().contains("_ASYNC");
		}

	}

	/**
	 * Where the rule comes from. The scope that it asks for is the source's id with
	 * {@code :use}.
	 */
	enum Source {

		EXACT, PATTERNED, ANNOTATED, OVERRIDDEN, READONLY, DESTRUCTIVE, UNDECLARED, DENIED, SIGNEDIN, OPEN;

		String id() {
			return name().toLowerCase(Locale.ROOT);
		}

		boolean annotated() {
			return this == ANNOTATED || this == OVERRIDDEN;
		}

		/**
		 * The table: what a use of the target requires.
		 */
		String requires(Kind kind, Use use) {
			boolean tool = use == Use.TOOL;
			return switch (this) {
				case EXACT, PATTERNED, ANNOTATED, OVERRIDDEN -> id() + ":use";
				case READONLY, DESTRUCTIVE -> tool ? id() + ":use" : kind.undeclared;
				case UNDECLARED -> (tool && kind.template) ? "undeclared:use" : kind.undeclared;
				case DENIED -> DENY;
				case SIGNEDIN -> AUTHENTICATED;
				case OPEN -> PUBLIC;
			};
		}

	}

	/**
	 * The methods that use a target, each with the listing that shows it.
	 */
	enum Use {

		TOOL("tools/call", "{'name':'%s','arguments':{}}", "tools/list", "/result/tools", "name", "%s"),
		RESOURCE("resources/read", "{'uri':'table://%s'}", "resources/list", "/result/resources", "uri", "table://%s"),
		TEMPLATE("resources/read", "{'uri':'table://%s/7'}", "resources/templates/list", "/result/resourceTemplates",
				"uriTemplate", "table://%s/{id}"),
		PROMPT("prompts/get", "{'name':'%s','arguments':{'a':'b'}}", "prompts/list", "/result/prompts", "name", "%s"),
		PROMPT_COMPLETION("completion/complete",
				"{'ref':{'type':'ref/prompt','name':'%s'},'argument':{'name':'a','value':'v'}}", "prompts/list",
				"/result/prompts", "name", "%s"),
		TEMPLATE_COMPLETION("completion/complete",
				"{'ref':{'type':'ref/resource','uri':'table://%s/{id}'},'argument':{'name':'id','value':'v'}}",
				"resources/templates/list", "/result/resourceTemplates", "uriTemplate", "table://%s/{id}");

		final String method;

		final String params;

		final String listing;

		final String entries;

		final String key;

		final String name;

		Use(String method, String params, String listing, String entries, String key, String name) {
			this.method = method;
			this.params = params.replace('\'', '"');
			this.listing = listing;
			this.entries = entries;
			this.key = key;
			this.name = name;
		}

	}

	/**
	 * What the caller holds, of scopes of which one contains the next.
	 */
	enum Held {

		NO_TOKEN, NOTHING, NARROWER, EXACT, BROADER, OTHER;

		@Nullable String token(SecuredServer server, Source source) {
			return switch (this) {
				case NO_TOKEN -> null;
				case NOTHING -> server.token().sign();
				case NARROWER -> server.token(source.id() + ":look").sign();
				case EXACT -> server.token(source.id() + ":use").sign();
				case BROADER -> server.token(source.id() + ":admin").sign();
				case OTHER -> server.token("other:use", "other:admin", source.id() + ":us", "*").sign();
			};
		}

		boolean satisfies(String required) {
			return switch (required) {
				case PUBLIC -> true;
				case AUTHENTICATED -> this != NO_TOKEN;
				case DENY -> false;
				default -> this == EXACT || this == BROADER;
			};
		}

	}

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		StringBuilder hierarchy = new StringBuilder();
		for (Source source : Source.values()) {
			hierarchy.append("%1$s:admin > %1$s:use > %1$s:look%n".formatted(source.id()));
		}
		for (Kind kind : Kind.values()) {
			List<String> properties = new ArrayList<>(
					List.of("spring.ai.mcp.server.protocol=" + (kind.stateless() ? "STATELESS" : "STREAMABLE"),
							"spring.ai.mcp.server.type=" + (kind.async() ? "ASYNC" : "SYNC"),
							"mcp-security.policy.scope-hierarchy=" + hierarchy,
							"mcp-security.policy.read-only-scope=readonly:use",
							"mcp-security.policy.destructive-scope=destructive:use",
							"mcp-security.policy.default-access=" + kind.undeclared));
			if (!kind.stateless()) {
				// Or nobody could begin a session without a token.
				properties.add("mcp-security.policy.anonymous-discovery=true");
			}
			if (kind.template) {
				properties.add("mcp-security.policy.scope-template={name}:use");
			}
			properties.addAll(rule(0, "exact", "table://exact,table://exact/{id}", "scopes=exact:use"));
			properties.addAll(rule(1, "pattern*", "table://pattern*", "any-of=patterned:use,patterned:admin"));
			properties
				.addAll(rule(2, "overridden", "table://overridden,table://overridden/{id}", "scopes=overridden:use"));
			properties.addAll(rule(3, "denied", "table://denied*", "access=deny"));
			properties.addAll(rule(4, "signedin", "table://signedin*", "access=authenticated"));
			properties.addAll(rule(5, "open", "table://open*", "access=public"));
			SecuredServer server = SecuredServer.start(kind.async() ? AsyncApplication.class : TableApplication.class,
					authorizationServer, properties.toArray(String[]::new));
			servers.put(kind, server);
			if (!kind.stateless()) {
				sessions.put(kind, server.initialize(server.token().sign()));
				sessionsWithoutToken.put(kind, server.initialize(null));
			}
		}
	}

	private static List<String> rule(int index, String names, String uris, String says) {
		String rule = "mcp-security.policy.rules[" + index + "].";
		return List.of(rule + "tools=" + names, rule + "prompts=" + names, rule + "resources=" + uris, rule + says);
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	static Stream<Arguments> rows() {
		return Stream.of(Kind.values())
			.flatMap((kind) -> Stream.of(Source.values()).map((source) -> Arguments.of(kind, source)));
	}

	@ParameterizedTest
	@MethodSource("rows")
	void gateBoundaryAndListingMatchPolicyTable(Kind kind, Source source) {
		for (Held held : Held.values()) {
			String token = held.token(servers.get(kind), source);
			Map<String, Set<String>> listings = new HashMap<>();
			for (Use use : Use.values()) {
				boolean granted = held.satisfies(source.requires(kind, use));
				String what = "%s of %s by %s holding %s".formatted(use, source, kind, held);
				assertThat(passesGate(kind, source, use, token)).as("gate: " + what).isEqualTo(granted);
				assertThat(passesModern(kind, source, use, token)).as("2026-07-28: " + what).isEqualTo(granted);
				assertThat(passesBoundary(kind, source, use, token)).as("boundary: " + what).isEqualTo(granted);
				if (token != null) {
					boolean listed = !DENY.equals(source.requires(kind, use));
					assertThat(listings.computeIfAbsent(use.listing, (listing) -> listed(kind, use, token))
						.contains(use.name.formatted(source.id()))).as("listing: " + what).isEqualTo(listed);
					assertThat(listings
						.computeIfAbsent("2026-07-28 " + use.listing, (listing) -> listedModern(kind, use, token))
						.contains(use.name.formatted(source.id()))).as("2026-07-28, listing: " + what)
						.isEqualTo(listed);
				}
			}
		}
	}

	/**
	 * The MCP SDK has no tasks.
	 */
	@ParameterizedTest
	@EnumSource
	void methodsOfTasksDoNotExist(Kind kind) {
		SecuredServer server = servers.get(kind);
		String token = server.token().sign();
		String params = "{\"taskId\":\"1\"}";
		for (String method : List.of("tasks/list", "tasks/get", "tasks/result", "tasks/cancel", "tasks/update")) {
			HttpResponse<String> legacy = send(kind, token, server.url(), method, params);
			assertThat(legacy.statusCode()).as(method).isEqualTo(200);
			assertThat(SecuredServer.json(legacy).at("/error/code").asInt()).as(method).isEqualTo(-32601);
			HttpResponse<String> modern = server.send(server.modern(token, method, params).setHeader("Mcp-Name", "1"));
			assertThat(modern.statusCode()).as(method).isEqualTo(404);
			assertThat(SecuredServer.json(modern).at("/error/code").asInt()).as(method).isEqualTo(-32601);
			assertThat(send(kind, null, server.url(), method, params).statusCode()).as(method).isEqualTo(401);
			assertThat(server.send(server.modern(null, method, params)).statusCode()).as(method).isEqualTo(401);
		}
	}

	private static boolean passesGate(Kind kind, Source source, Use use, @Nullable String token) {
		SecuredServer server = servers.get(kind);
		return passes(token, send(kind, token, server.url(), use.method, use.params.formatted(source.id())));
	}

	private static boolean passesModern(Kind kind, Source source, Use use, @Nullable String token) {
		SecuredServer server = servers.get(kind);
		return passes(token, server.send(server.modern(token, use.method, use.params.formatted(source.id()))));
	}

	private static boolean passes(@Nullable String token, HttpResponse<String> response) {
		if (response.statusCode() == 200) {
			assertThat(SecuredServer.json(response).has("result")).as(response.body()).isTrue();
			return true;
		}
		assertThat(response.statusCode()).as(response.body()).isEqualTo((token != null) ? 403 : 401);
		return false;
	}

	private static boolean passesBoundary(Kind kind, Source source, Use use, @Nullable String token) {
		SecuredServer server = servers.get(kind);
		HttpResponse<String> response = send(kind, token, server.url(SideDoor.PATH), use.method,
				use.params.formatted(source.id()));
		JsonNode answer = SecuredServer.json(response);
		if (answer.has("error")) {
			assertThat(response.statusCode()).as(response.body()).isEqualTo((token != null) ? 403 : 401);
			assertThat(answer.at("/error/code").asInt()).as(response.body())
				.isIn((token != null) ? Set.of(-32011, -32013) : Set.of(-32010));
			return false;
		}
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return true;
	}

	private static Set<String> listed(Kind kind, Use use, String token) {
		return listed(use, send(kind, token, servers.get(kind).url(), use.listing, "{}"));
	}

	private static Set<String> listedModern(Kind kind, Use use, String token) {
		SecuredServer server = servers.get(kind);
		return listed(use, server.send(server.modern(token, use.listing, "{}")));
	}

	private static Set<String> listed(Use use, HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return SecuredServer.json(response)
			.at(use.entries)
			.valueStream()
			.map((entry) -> entry.get(use.key).asString())
			.collect(Collectors.toSet());
	}

	private static HttpResponse<String> send(Kind kind, @Nullable String token, String url, String method,
			String params) {
		SecuredServer server = servers.get(kind);
		HttpRequest.Builder request = server
			.post(token, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}".formatted(method, params))
			.uri(URI.create(url));
		if (!kind.stateless()) {
			request.setHeader("Mcp-Session-Id", ((token != null) ? sessions : sessionsWithoutToken).get(kind));
		}
		return server.send(request);
	}

	/**
	 * What is offered besides what is annotated.
	 */
	static class Offered {

		static final CallToolResult CALLED = CallToolResult.builder().addTextContent("called").build();

		static final GetPromptResult PROMPTED = GetPromptResult.builder(List.of()).build();

		static final CompleteResult COMPLETED = new CompleteResult(
				new CompleteResult.CompleteCompletion(List.of("value"), 1, false));

		static ReadResourceResult read(ReadResourceRequest request) {
			return ReadResourceResult.builder(List.of(TextResourceContents.builder(request.uri(), "read").build()))
				.build();
		}

		static <H, S> List<S> tools(BiFunction<Tool, H, S> specification, H handler) {
			return each((id) -> Tool.builder(id, Map.of("type", "object"))
				.annotations(
						new ToolAnnotations(null, id.equals("readonly"), id.equals("destructive"), null, null, null))
				.build(), specification, handler);
		}

		static <H, S> List<S> resources(BiFunction<Resource, H, S> specification, H handler) {
			return each((id) -> Resource.builder("table://" + id, id).build(), specification, handler);
		}

		static <H, S> List<S> templates(BiFunction<ResourceTemplate, H, S> specification, H handler) {
			return each((id) -> ResourceTemplate.builder("table://" + id + "/{id}", id).build(), specification,
					handler);
		}

		static <H, S> List<S> prompts(BiFunction<Prompt, H, S> specification, H handler) {
			return each((id) -> Prompt.builder(id).arguments(List.of(PromptArgument.builder("a").build())).build(),
					specification, handler);
		}

		static <H, S> List<S> completions(BiFunction<CompleteReference, H, S> specification, H handler) {
			return Stream
				.concat(Offered.<CompleteReference, H, S>each(PromptReference::new, specification, handler).stream(),
						Offered
							.<CompleteReference, H, S>each((id) -> new ResourceReference("table://" + id + "/{id}"),
									specification, handler)
							.stream())
				.toList();
		}

		private static <T, H, S> List<S> each(Function<String, T> offered, BiFunction<T, H, S> specification,
				H handler) {
			return Stream.of(Source.values())
				.filter((source) -> !source.annotated())
				.map((source) -> specification.apply(offered.apply(source.id()), handler))
				.toList();
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ SideDoor.class, Annotated.class })
	static class TableApplication {

		@Bean
		List<McpServerFeatures.SyncToolSpecification> tools() {
			return Offered.tools(McpServerFeatures.SyncToolSpecification::new, (exchange, request) -> Offered.CALLED);
		}

		@Bean
		List<McpServerFeatures.SyncResourceSpecification> resources() {
			return Offered.resources(McpServerFeatures.SyncResourceSpecification::new,
					(exchange, request) -> Offered.read(request));
		}

		@Bean
		List<McpServerFeatures.SyncResourceTemplateSpecification> templates() {
			return Offered.templates(McpServerFeatures.SyncResourceTemplateSpecification::new,
					(exchange, request) -> Offered.read(request));
		}

		@Bean
		List<McpServerFeatures.SyncPromptSpecification> prompts() {
			return Offered.prompts(McpServerFeatures.SyncPromptSpecification::new,
					(exchange, request) -> Offered.PROMPTED);
		}

		@Bean
		List<McpServerFeatures.SyncCompletionSpecification> completions() {
			return Offered.completions(McpServerFeatures.SyncCompletionSpecification::new,
					(exchange, request) -> Offered.COMPLETED);
		}

		@Bean
		List<McpStatelessServerFeatures.SyncToolSpecification> statelessTools() {
			return Offered.tools(McpStatelessServerFeatures.SyncToolSpecification::new,
					(exchange, request) -> Offered.CALLED);
		}

		@Bean
		List<McpStatelessServerFeatures.SyncResourceSpecification> statelessResources() {
			return Offered.resources(McpStatelessServerFeatures.SyncResourceSpecification::new,
					(exchange, request) -> Offered.read(request));
		}

		@Bean
		List<McpStatelessServerFeatures.SyncResourceTemplateSpecification> statelessTemplates() {
			return Offered.templates(McpStatelessServerFeatures.SyncResourceTemplateSpecification::new,
					(exchange, request) -> Offered.read(request));
		}

		@Bean
		List<McpStatelessServerFeatures.SyncPromptSpecification> statelessPrompts() {
			return Offered.prompts(McpStatelessServerFeatures.SyncPromptSpecification::new,
					(exchange, request) -> Offered.PROMPTED);
		}

		@Bean
		List<McpStatelessServerFeatures.SyncCompletionSpecification> statelessCompletions() {
			return Offered.completions(McpStatelessServerFeatures.SyncCompletionSpecification::new,
					(exchange, request) -> Offered.COMPLETED);
		}

	}

	/**
	 * What is declared in code, half of it to be overridden by configuration.
	 */
	static class Annotated {

		@McpTool(name = "annotated")
		@RequiresScope("annotated:use")
		String tool() {
			return "called";
		}

		@McpResource(uri = "table://annotated", name = "annotated")
		@RequiresScope("annotated:use")
		String resource() {
			return "read";
		}

		@McpResource(uri = "table://annotated/{id}", name = "annotated-template")
		@RequiresScope("annotated:use")
		String template(String id) {
			return "read";
		}

		@McpPrompt(name = "annotated")
		@RequiresScope("annotated:use")
		String prompt(@McpArg(name = "a") String a) {
			return "prompted";
		}

		@McpComplete(prompt = "annotated")
		List<String> completePrompt(String value) {
			return List.of("value");
		}

		@McpComplete(uri = "table://annotated/{id}")
		List<String> completeTemplate(String value) {
			return List.of("value");
		}

		@McpTool(name = "overridden")
		@RequiresScope("other:use")
		String overriddenTool() {
			return "called";
		}

		@McpResource(uri = "table://overridden", name = "overridden")
		@RequiresScope("other:use")
		String overriddenResource() {
			return "read";
		}

		@McpResource(uri = "table://overridden/{id}", name = "overridden-template")
		@RequiresScope("other:use")
		String overriddenTemplate(String id) {
			return "read";
		}

		@McpPrompt(name = "overridden")
		@RequiresScope("other:use")
		String overriddenPrompt(@McpArg(name = "a") String a) {
			return "prompted";
		}

		@McpComplete(prompt = "overridden")
		List<String> completeOverriddenPrompt(String value) {
			return List.of("value");
		}

		@McpComplete(uri = "table://overridden/{id}")
		List<String> completeOverriddenTemplate(String value) {
			return List.of("value");
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ SideDoor.class, AnnotatedAsync.class, OverriddenAsync.class })
	static class AsyncApplication {

		@Bean
		List<McpServerFeatures.AsyncToolSpecification> tools() {
			return Offered.tools(McpServerFeatures.AsyncToolSpecification::new,
					(exchange, request) -> Mono.just(Offered.CALLED));
		}

		@Bean
		List<McpServerFeatures.AsyncResourceSpecification> resources() {
			return Offered.resources(McpServerFeatures.AsyncResourceSpecification::new,
					(exchange, request) -> Mono.just(Offered.read(request)));
		}

		@Bean
		List<McpServerFeatures.AsyncResourceTemplateSpecification> templates() {
			return Offered.templates(McpServerFeatures.AsyncResourceTemplateSpecification::new,
					(exchange, request) -> Mono.just(Offered.read(request)));
		}

		@Bean
		List<McpServerFeatures.AsyncPromptSpecification> prompts() {
			return Offered.prompts(McpServerFeatures.AsyncPromptSpecification::new,
					(exchange, request) -> Mono.just(Offered.PROMPTED));
		}

		@Bean
		List<McpServerFeatures.AsyncCompletionSpecification> completions() {
			return Offered.completions(McpServerFeatures.AsyncCompletionSpecification::new,
					(exchange, request) -> Mono.just(Offered.COMPLETED));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncToolSpecification> statelessTools() {
			return Offered.tools(McpStatelessServerFeatures.AsyncToolSpecification::new,
					(exchange, request) -> Mono.just(Offered.CALLED));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncResourceSpecification> statelessResources() {
			return Offered.resources(McpStatelessServerFeatures.AsyncResourceSpecification::new,
					(exchange, request) -> Mono.just(Offered.read(request)));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncResourceTemplateSpecification> statelessTemplates() {
			return Offered.templates(McpStatelessServerFeatures.AsyncResourceTemplateSpecification::new,
					(exchange, request) -> Mono.just(Offered.read(request)));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncPromptSpecification> statelessPrompts() {
			return Offered.prompts(McpStatelessServerFeatures.AsyncPromptSpecification::new,
					(exchange, request) -> Mono.just(Offered.PROMPTED));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncCompletionSpecification> statelessCompletions() {
			return Offered.completions(McpStatelessServerFeatures.AsyncCompletionSpecification::new,
					(exchange, request) -> Mono.just(Offered.COMPLETED));
		}

	}

	/**
	 * The same for asynchronous servers, with the annotation on the class.
	 */
	@RequiresScope("annotated:use")
	static class AnnotatedAsync {

		@McpTool(name = "annotated")
		Mono<String> tool() {
			return Mono.just("called");
		}

		@McpResource(uri = "table://annotated", name = "annotated")
		Mono<String> resource() {
			return Mono.just("read");
		}

		@McpResource(uri = "table://annotated/{id}", name = "annotated-template")
		Mono<String> template(String id) {
			return Mono.just("read");
		}

		@McpPrompt(name = "annotated")
		Mono<String> prompt(@McpArg(name = "a") String a) {
			return Mono.just("prompted");
		}

		@McpComplete(prompt = "annotated")
		Mono<List<String>> completePrompt(String value) {
			return Mono.just(List.of("value"));
		}

		@McpComplete(uri = "table://annotated/{id}")
		Mono<List<String>> completeTemplate(String value) {
			return Mono.just(List.of("value"));
		}

	}

	/**
	 * The same for asynchronous servers, to be overridden.
	 */
	@RequiresScope("other:use")
	static class OverriddenAsync {

		@McpTool(name = "overridden")
		Mono<String> tool() {
			return Mono.just("called");
		}

		@McpResource(uri = "table://overridden", name = "overridden")
		Mono<String> resource() {
			return Mono.just("read");
		}

		@McpResource(uri = "table://overridden/{id}", name = "overridden-template")
		Mono<String> template(String id) {
			return Mono.just("read");
		}

		@McpPrompt(name = "overridden")
		Mono<String> prompt(@McpArg(name = "a") String a) {
			return Mono.just("prompted");
		}

		@McpComplete(prompt = "overridden")
		Mono<List<String>> completePrompt(String value) {
			return Mono.just(List.of("value"));
		}

		@McpComplete(uri = "table://overridden/{id}")
		Mono<List<String>> completeTemplate(String value) {
			return Mono.just(List.of("value"));
		}

	}

}
