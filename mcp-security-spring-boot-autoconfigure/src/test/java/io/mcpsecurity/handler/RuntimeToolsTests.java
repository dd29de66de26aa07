package io.mcpsecurity.handler;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.transport.SideDoor;
import io.modelcontextprotocol.server.McpAsyncServer;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessAsyncServer;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.spring.SyncMcpAnnotationProviders;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is added to a running server, and removed from it. The side door shows that the
 * handler is guarded, and not the gate alone.
 */
class RuntimeToolsTests {

	private static final Map<Kind, SecuredServer> servers = new EnumMap<>(Kind.class);

	private static final Map<Kind, String> sessions = new EnumMap<>(Kind.class);

	private static final Map<Kind, String> sessionsWithoutToken = new EnumMap<>(Kind.class);

	private static final AtomicInteger calls = new AtomicInteger();

	private static TestAuthorizationServer authorizationServer;

	/**
	 * The four kinds of servers, and how each is changed.
	 */
	enum Kind {

		STREAMABLE_SYNC(McpSyncServer.class) {

			@Override
			void addTool(Object server, Tool tool) {
				((McpSyncServer) server).addTool(new McpServerFeatures.SyncToolSpecification(tool, called()));
			}

			@Override
			void addOthers(Object server, String name) {
				McpSyncServer sync = (McpSyncServer) server;
				sync.addResource(new McpServerFeatures.SyncResourceSpecification(resource(name), read()));
				sync.addResourceTemplate(
						new McpServerFeatures.SyncResourceTemplateSpecification(template(name), read()));
				sync.addPrompt(new McpServerFeatures.SyncPromptSpecification(prompt(name), prompted()));
			}

			@Override
			void removeAll(Object server, String name) {
				McpSyncServer sync = (McpSyncServer) server;
				sync.removeTool(name);
				sync.removeResource("run://" + name);
				sync.removeResourceTemplate("run://" + name + "/{id}");
				sync.removePrompt(name);
			}

		},

		STREAMABLE_ASYNC(McpAsyncServer.class) {

			@Override
			void addTool(Object server, Tool tool) {
				((McpAsyncServer) server)
					.addTool(new McpServerFeatures.AsyncToolSpecification(tool, asynchronous(called())))
					.block();
			}

			@Override
			void addOthers(Object server, String name) {
				McpAsyncServer async = (McpAsyncServer) server;
				async
					.addResource(new McpServerFeatures.AsyncResourceSpecification(resource(name), asynchronous(read())))
					.then(async.addResourceTemplate(new McpServerFeatures.AsyncResourceTemplateSpecification(
							template(name), asynchronous(read()))))
					.then(async.addPrompt(
							new McpServerFeatures.AsyncPromptSpecification(prompt(name), asynchronous(prompted()))))
					.block();
			}

			@Override
			void removeAll(Object server, String name) {
				McpAsyncServer async = (McpAsyncServer) server;
				async.removeTool(name)
					.then(async.removeResource("run://" + name))
					.then(async.removeResourceTemplate("run://" + name + "/{id}"))
					.then(async.removePrompt(name))
					.block();
			}

		},

		STATELESS_SYNC(McpStatelessSyncServer.class) {

			@Override
			void addTool(Object server, Tool tool) {
				((McpStatelessSyncServer) server)
					.addTool(new McpStatelessServerFeatures.SyncToolSpecification(tool, called()));
			}

			@Override
			void addOthers(Object server, String name) {
				McpStatelessSyncServer sync = (McpStatelessSyncServer) server;
				sync.addResource(new McpStatelessServerFeatures.SyncResourceSpecification(resource(name), read()));
				sync.addResourceTemplate(
						new McpStatelessServerFeatures.SyncResourceTemplateSpecification(template(name), read()));
				sync.addPrompt(new McpStatelessServerFeatures.SyncPromptSpecification(prompt(name), prompted()));
			}

			@Override
			void removeAll(Object server, String name) {
				McpStatelessSyncServer sync = (McpStatelessSyncServer) server;
				sync.removeTool(name);
				sync.removeResource("run://" + name);
				sync.removeResourceTemplate("run://" + name + "/{id}");
				sync.removePrompt(name);
			}

		},

		STATELESS_ASYNC(McpStatelessAsyncServer.class) {

			@Override
			void addTool(Object server, Tool tool) {
				((McpStatelessAsyncServer) server)
					.addTool(new McpStatelessServerFeatures.AsyncToolSpecification(tool, asynchronous(called())))
					.block();
			}

			@Override
			void addOthers(Object server, String name) {
				McpStatelessAsyncServer async = (McpStatelessAsyncServer) server;
				async
					.addResource(new McpStatelessServerFeatures.AsyncResourceSpecification(resource(name),
							asynchronous(read())))
					.then(async.addResourceTemplate(new McpStatelessServerFeatures.AsyncResourceTemplateSpecification(
							template(name), asynchronous(read()))))
					.then(async.addPrompt(new McpStatelessServerFeatures.AsyncPromptSpecification(prompt(name),
							asynchronous(prompted()))))
					.block();
			}

			@Override
			void removeAll(Object server, String name) {
				McpStatelessAsyncServer async = (McpStatelessAsyncServer) server;
				async.removeTool(name)
					.then(async.removeResource("run://" + name))
					.then(async.removeResourceTemplate("run://" + name + "/{id}"))
					.then(async.removePrompt(name))
					.block();
			}

		};

		private final Class<?> type;

		Kind(Class<?> type) {
			this.type = type;
		}

		abstract void addTool(Object server, Tool tool);

		abstract void addOthers(Object server, String name);

		abstract void removeAll(Object server, String name);

		void add(String name) {
			addTool(bean(), tool(name));
			addOthers(bean(), name);
		}

		void remove(String name) {
			removeAll(bean(), name);
		}

		Object bean() {
			return servers.get(this).context().getBean(this.type);
		}

	}

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Kind kind : Kind.values()) {
			String[] parts = kind.name().split("_");
			servers.put(kind, SecuredServer.start(EmptyApplication.class, authorizationServer,
					"spring.ai.mcp.server.protocol=" + parts[0], "spring.ai.mcp.server.type=" + parts[1],
					"spring.ai.mcp.server.tool-change-notification=false",
					"spring.ai.mcp.server.resource-change-notification=false",
					"spring.ai.mcp.server.prompt-change-notification=false", "mcp-security.policy.default-access=deny",
					"mcp-security.policy.rules[0].tools=scoped*", "mcp-security.policy.rules[0].prompts=scoped*",
					"mcp-security.policy.rules[0].resources=run://scoped*",
					"mcp-security.policy.rules[0].scopes=run:use", "mcp-security.policy.rules[1].tools=free*",
					"mcp-security.policy.rules[1].access=authenticated",
					// Or nobody could begin a session without a token.
					"mcp-security.policy.anonymous-discovery=" + (parts[0].equals("STREAMABLE") ? "true" : "false")));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@BeforeEach
	void count() {
		calls.set(0);
	}

	@ParameterizedTest
	@EnumSource
	void addedTargetIsGuardedAtGateAndHandlerByConfiguredPatterns(Kind kind) {
		kind.add("scoped1");
		SecuredServer server = servers.get(kind);
		for (Use use : uses("scoped1")) {
			assertThat(front(kind, server.token().sign(), use).statusCode()).as(use.toString()).isEqualTo(403);
			assertThat(error(side(kind, server.token().sign(), use))).as(use.toString()).isEqualTo(-32011);
			assertThat(error(side(kind, null, use))).as(use.toString()).isEqualTo(-32010);
		}
		assertThat(calls).hasValue(0);
		for (Use use : uses("scoped1")) {
			assertThat(error(front(kind, server.token("run:use").sign(), use))).as(use.toString()).isZero();
			assertThat(error(side(kind, server.token("run:use").sign(), use))).as(use.toString()).isZero();
		}
		assertThat(calls).hasValue(8);
	}

	@ParameterizedTest
	@EnumSource
	void addedTargetIsListedWithScopes(Kind kind) {
		kind.add("scoped2");
		SecuredServer server = servers.get(kind);
		for (String method : List.of("tools/list", "resources/list", "resources/templates/list", "prompts/list")) {
			JsonNode listed = SecuredServer.json(front(kind, server.token().sign(), new Use(method, "{}")));
			assertThat(listed.at("/result").valueStream().filter(JsonNode::isArray).flatMap(JsonNode::valueStream))
				.as(method)
				.filteredOn((entry) -> entry.toString().contains("scoped2"))
				.singleElement()
				.extracting((entry) -> entry.at("/_meta/io.mcpsecurity~1scopes/allOf/0/scope").asString())
				.isEqualTo("run:use");
		}
	}

	@ParameterizedTest
	@EnumSource
	void addedTargetWithoutRuleFollowsDefaultAccess(Kind kind) {
		kind.add("wild");
		kind.addTool(kind.bean(), tool("free"));
		SecuredServer server = servers.get(kind);
		String token = server.token("run:use", "wild").sign();
		for (Use use : uses("wild")) {
			assertThat(front(kind, token, use).statusCode()).as(use.toString()).isEqualTo(403);
			assertThat(error(side(kind, token, use))).as(use.toString()).isEqualTo(-32013);
		}
		assertThat(front(kind, token, new Use("tools/list", "{}")).body()).doesNotContain("wild").contains("free");
		assertThat(error(front(kind, server.token().sign(), uses("free").get(0)))).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void removedTargetIsUnknown(Kind kind) {
		kind.add("scoped3");
		kind.remove("scoped3");
		SecuredServer server = servers.get(kind);
		for (Use use : uses("scoped3")) {
			HttpResponse<String> response = front(kind, server.token().sign(), use);
			assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
			assertThat(error(response)).as(response.body()).isNotZero().isNotIn(-32010, -32011, -32013);
		}
	}

	@ParameterizedTest
	@EnumSource(names = ".*_ASYNC", mode = EnumSource.Mode.MATCH_ALL)
	void removalWithoutSubscriptionHasNoEffect(Kind kind) {
		kind.addTool(kind.bean(), tool("kept"));
		Mono<Void> removal = (kind.bean() instanceof McpAsyncServer server) ? server.removeTool("kept")
				: ((McpStatelessAsyncServer) kind.bean()).removeTool("kept");
		assertThat(removal).isNotNull();
		assertThat(front(kind, servers.get(kind).token().sign(), uses("kept").get(0)).statusCode()).isEqualTo(403);
	}

	@Test
	void asyncServerOfSyncServerIsGuarded() {
		McpAsyncServer server = ((McpSyncServer) Kind.STREAMABLE_SYNC.bean()).getAsyncServer();
		Kind.STREAMABLE_ASYNC.addTool(server, tool("scoped4"));
		Use use = uses("scoped4").get(0);
		SecuredServer secured = servers.get(Kind.STREAMABLE_SYNC);
		assertThat(error(side(Kind.STREAMABLE_SYNC, secured.token().sign(), use))).isEqualTo(-32011);
		assertThat(front(Kind.STREAMABLE_SYNC, secured.token().sign(), use).statusCode()).isEqualTo(403);
		assertThat(calls).hasValue(0);
		assertThat(error(front(Kind.STREAMABLE_SYNC, secured.token("run:use").sign(), use))).isZero();
	}

	@Test
	void addedAnnotatedToolHasRuleOfAnnotation() {
		McpStatelessSyncServer bean = (McpStatelessSyncServer) Kind.STATELESS_SYNC.bean();
		SyncMcpAnnotationProviders.statelessToolSpecifications(List.of(new LateTools())).forEach(bean::addTool);
		SecuredServer server = servers.get(Kind.STATELESS_SYNC);
		assertThat(server.callTool(server.token("run:use").sign(), "late", "{\"all\":false}").statusCode())
			.isEqualTo(200);
		assertThat(server.callTool(server.token("run:use").sign(), "late", "{\"all\":true}").statusCode())
			.isEqualTo(403);
		assertThat(SecuredServer.text(server.callTool(server.token("late:use").sign(), "late", "{\"all\":true}")))
			.contains("late");
	}

	@Test
	void scopesOfChallengeFollowAddedAndRemovedTools() {
		SecuredServer server = SecuredServer.start(EmptyApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.scope-template=run:{name}");
		try (server) {
			McpStatelessSyncServer bean = server.context().getBean(McpStatelessSyncServer.class);
			assertThat(challenge(server)).doesNotContain("scope=");
			Kind.STATELESS_SYNC.addTool(bean, tool("late"));
			assertThat(challenge(server)).contains("scope=\"run:late\"");
			bean.removeTool("late");
			assertThat(challenge(server)).doesNotContain("scope=");
		}
	}

	private static String challenge(SecuredServer server) {
		return server.send(server.post(null, "{}")).headers().firstValue("WWW-Authenticate").orElseThrow();
	}

	private static List<Use> uses(String name) {
		return List.of(new Use("tools/call", "{\"name\":\"" + name + "\",\"arguments\":{}}"),
				new Use("resources/read", "{\"uri\":\"run://" + name + "\"}"),
				new Use("resources/read", "{\"uri\":\"run://" + name + "/1\"}"),
				new Use("prompts/get", "{\"name\":\"" + name + "\"}"));
	}

	private static HttpResponse<String> front(Kind kind, @Nullable String token, Use use) {
		return send(kind, token, use, servers.get(kind).url());
	}

	private static HttpResponse<String> side(Kind kind, @Nullable String token, Use use) {
		return send(kind, token, use, servers.get(kind).url(SideDoor.PATH));
	}

	private static HttpResponse<String> send(Kind kind, @Nullable String token, Use use, String url) {
		SecuredServer server = servers.get(kind);
		HttpRequest.Builder request = server
			.post(token,
					"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}".formatted(use.method(),
							use.params()))
			.uri(URI.create(url));
		if (kind.name().startsWith("STREAMABLE")) {
			request.setHeader("Mcp-Session-Id",
					(token != null) ? sessions.computeIfAbsent(kind, (key) -> server.initialize(server.token().sign()))
							: sessionsWithoutToken.computeIfAbsent(kind, (key) -> server.initialize(null)));
		}
		return server.send(request);
	}

	/**
	 * The code of the answer's error, or 0.
	 */
	private static int error(HttpResponse<String> response) {
		return SecuredServer.json(response).at("/error/code").asInt(0);
	}

	private static Tool tool(String name) {
		return Tool.builder(name, Map.of("type", "object")).build();
	}

	private static Resource resource(String name) {
		return Resource.builder("run://" + name, name).build();
	}

	private static ResourceTemplate template(String name) {
		return ResourceTemplate.builder("run://" + name + "/{id}", name).build();
	}

	private static Prompt prompt(String name) {
		return Prompt.builder(name).build();
	}

	private static <C, R> BiFunction<C, R, CallToolResult> called() {
		return (context, request) -> {
			calls.incrementAndGet();
			return CallToolResult.builder()
				.addTextContent(McpCaller.current().map(McpCaller::subject).orElse("nobody"))
				.build();
		};
	}

	private static <C, R> BiFunction<C, R, ReadResourceResult> read() {
		return (context, request) -> {
			calls.incrementAndGet();
			return ReadResourceResult.builder(List.of()).build();
		};
	}

	private static <C, R> BiFunction<C, R, GetPromptResult> prompted() {
		return (context, request) -> {
			calls.incrementAndGet();
			return GetPromptResult.builder(List.of()).build();
		};
	}

	private static <C, R, T> BiFunction<C, R, Mono<T>> asynchronous(BiFunction<C, R, T> handler) {
		return (context, request) -> Mono.fromCallable(() -> handler.apply(context, request));
	}

	/**
	 * Tools that are no bean.
	 */
	static class LateTools {

		@McpTool(description = "Comes late")
		@RequiresScope(value = "late:use", when = "#all")
		String late(boolean all) {
			return "late";
		}

	}

	/**
	 * A request.
	 */
	record Use(String method, String params) {
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(SideDoor.class)
	static class EmptyApplication {

	}

}
