package io.mcpsecurity.handler;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestIntrospectionEndpoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.context.McpAsyncRequestContext;
import org.springframework.ai.mcp.annotation.context.McpSyncRequestContext;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationDeniedException;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.method.configuration.EnableReactiveMethodSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthentication;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Handlers that use Spring Security as in any resource server.
 */
@ParameterizedClass
@MethodSource("kinds")
class SpringSecurityTests {

	private static final Map<Kind, SecuredServer> servers = new ConcurrentHashMap<>();

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final TestIntrospectionEndpoint introspection = TestIntrospectionEndpoint.start();

	private static final Tool BUILT = Tool.builder("built", Map.of("type", "object")).build();

	@Parameter
	private Kind kind;

	/**
	 * Asynchronous servers with both kinds of method security.
	 */
	static Stream<Kind> kinds() {
		return Stream.of(new Kind(Protocol.STREAMABLE, Blocking.class), new Kind(Protocol.STATELESS, Blocking.class),
				new Kind(Protocol.STREAMABLE, Reactive.class), new Kind(Protocol.STATELESS, ReactiveImperative.class));
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		servers.clear();
	}

	private SecuredServer server() {
		return servers.computeIfAbsent(this.kind,
				(kind) -> SecuredServer.start(kind.application(), authorizationServer,
						"spring.ai.mcp.server.protocol=" + kind.protocol(),
						"spring.ai.mcp.server.type=" + ((kind.application() == Blocking.class) ? "SYNC" : "ASYNC"),
						"mcp-security.policy.rules[0].tools=open", "mcp-security.policy.rules[0].access=public",
						"mcp-security.policy.anonymous-discovery=true",
						"mcp-security.authorization-servers[0].issuer=" + authorizationServer.issuer(),
						"mcp-security.authorization-servers[0].introspection.uri=" + introspection.uri(),
						"mcp-security.authorization-servers[0].introspection.client-id=server",
						"mcp-security.authorization-servers[0].introspection.client-secret=secret"));
	}

	@Test
	void jwtIsAvailableAsJwtAuthenticationToken() {
		String token = server().token("records:browse", "more").claim("tenant", "acme-tenant").sign();
		assertThat(text(token, "read")).isEqualTo("JwtAuthenticationToken alice Jwt acme-tenant "
				+ "[SCOPE_more, SCOPE_records:browse] authenticated; caller alice acme-tenant");
		assertThat(text(token, "callback")).contains("acme-tenant of alice");
		assertThat(text(token, "tenant")).isEqualTo("acme-tenant");
		assertThat(text(token, "value")).isEqualTo(token);
	}

	@Test
	void opaqueTokenIsAvailableAsBearerTokenAuthentication() {
		introspection.answer("opaque-token",
				Map.of("active", true, "token_type", "Bearer", "iss", authorizationServer.issuer(), "sub", "alice",
						"aud", server().url(), "scope", "records:browse", "tenant", "acme-tenant", "exp",
						Instant.now().plusSeconds(600).getEpochSecond()));
		assertThat(text("opaque-token", "read")).isEqualTo("BearerTokenAuthentication alice "
				+ "OAuth2IntrospectionAuthenticatedPrincipal acme-tenant [SCOPE_records:browse] authenticated; "
				+ "caller alice acme-tenant");
		assertThat(text("opaque-token", "callback")).contains("acme-tenant of alice");
		assertThat(text("opaque-token", "value")).isEqualTo("opaque-token");
	}

	@Test
	void methodSecurityUsesScopesOfToken() {
		assertThat(text(server().token("records:browse").sign(), "guarded")).isEqualTo("guarded");
	}

	@Test
	void tokenAndClaimsAreInNeitherToStringNorEvents() {
		String token = server().token("records:browse").claim("tenant", "acme-tenant").sign();
		assertThat(text(token, "text")).contains("JwtAuthenticationToken", "alice")
			.doesNotContain("acme-tenant", token);
		List<McpAuditEvent> events = server().context().getBean(RecordedEvents.class).list();
		await().untilAsserted(() -> assertThat(events)
			.anySatisfy((event) -> assertThat(event.data().toString()).contains("targetName=text")));
		assertThat(events)
			.allSatisfy((event) -> assertThat(event.data().toString()).doesNotContain("acme-tenant", token));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					tools/call          | {"name":"preAuthorized","arguments":{}}
					tools/call          | {"name":"denied","arguments":{}}
					tools/call          | {"name":"wrapped","arguments":{}}
					tools/call          | {"name":"callbackDenied","arguments":{}}
					tools/call          | {"name":"function","arguments":{}}
					tools/call          | {"name":"built","arguments":{}}
					resources/read      | {"uri":"denied://pre-authorized"}
					resources/read      | {"uri":"denied://template/1"}
					prompts/get         | {"name":"deniedPrompt"}
					completion/complete | {"ref":{"type":"ref/prompt","name":"deniedPrompt"},"argument":{"name":"topic","value":"b"}}
					""")
	void accessDeniedExceptionOfHandlerIsReportedAsForbidden(String method, String params) {
		assertDenied(method, params);
	}

	/**
	 * Reactive method security alone is for reactive methods: the method of a callback is
	 * not, and fails.
	 */
	@Test
	void methodSecurityHoldsForACallbackToo() {
		String params = "{\"name\":\"callbackPreAuthorized\",\"arguments\":{}}";
		if (this.kind.application() == Reactive.class) {
			HttpResponse<String> response = server().call(server().token("records:browse").sign(), "tools/call",
					params);
			assertThat(SecuredServer.json(response).at("/result/isError").asBoolean()).as(response.body()).isTrue();
			assertThat(response.body()).doesNotContain("not reached");
		}
		else {
			assertDenied("tools/call", params);
		}
	}

	private void assertDenied(String method, String params) {
		double before = denied();
		int recorded = events().size();
		HttpResponse<String> response = server().call(server().token("records:browse").sign(), method, params);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(response.body()).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32013,"
				+ "\"message\":\"Not allowed on this server\"}}");
		Map<String, Object> event = eventAfter(recorded);
		assertThat(event).containsEntry("method", method)
			.containsEntry("decision", "denied")
			.containsEntry("reason", "forbidden")
			.containsEntry("outcome", "denied")
			.containsEntry("httpStatus", 403);
		await().untilAsserted(() -> assertThat(denied()).isEqualTo(before + 1));
	}

	@Test
	void accessDeniedExceptionHandledByToolIsIgnored() {
		assertThat(text(server().token().sign(), "handled")).isEqualTo("did without");
	}

	@Test
	void accessDeniedExceptionForAnonymousClientIsChallenged() {
		SecuredServer server = server();
		HttpRequest.Builder request = server.post(null, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
				+ "\"params\":{\"name\":\"open\",\"arguments\":{}}}");
		HttpResponse<String> response = server.send((this.kind.protocol() == Protocol.STATELESS) ? request
				: request.setHeader("Mcp-Session-Id", server.initialize(null)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Bearer ")
			.doesNotContain("error=");
	}

	@Test
	void whenResponseIsCommittedThenDenialIsJsonRpcError() {
		int recorded = events().size();
		HttpResponse<String> response = server().callTool(server().token().sign(), "begin", "{}");
		assertThat(response.statusCode()).isEqualTo(200);
		if (this.kind.protocol() == Protocol.STATELESS) {
			// Nothing can be sent before the response: Spring AI leaves out such tools.
			assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32602);
			return;
		}
		assertThat(response.body()).contains("notifications/message", "\"error\":{\"code\":-32013,");
		assertThat(eventAfter(recorded)).containsEntry("decision", "denied");
	}

	private Map<String, Object> eventAfter(int recorded) {
		List<McpAuditEvent> events = events();
		await().until(() -> events.size() > recorded);
		return events.get(events.size() - 1).data();
	}

	private List<McpAuditEvent> events() {
		return server().context().getBean(RecordedEvents.class).list();
	}

	private double denied() {
		return server().context()
			.getBean(MeterRegistry.class)
			.find("mcp.security.requests")
			.tag("decision", "denied")
			.timers()
			.stream()
			.mapToDouble(Timer::count)
			.sum();
	}

	private String text(String token, String tool) {
		HttpResponse<String> response = server().callTool(token, tool, "{}");
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return SecuredServer.text(response);
	}

	/**
	 * What Spring Security tells of a request, in one line.
	 */
	private static String described(@Nullable Authentication authentication) {
		assertThat(authentication).isNotNull();
		Object tenant = (authentication instanceof JwtAuthenticationToken jwt) ? jwt.getToken().getClaim("tenant")
				: ((OAuth2AuthenticatedPrincipal) authentication.getPrincipal()).getAttribute("tenant");
		List<String> authorities = authentication.getAuthorities()
			.stream()
			.map(GrantedAuthority::getAuthority)
			.sorted()
			.toList();
		Object principal = authentication.getPrincipal();
		return authentication.getClass().getSimpleName() + " " + authentication.getName() + " "
				+ ((principal instanceof Jwt) ? "Jwt" : principal.getClass().getSimpleName()) + " " + tenant + " "
				+ authorities + (authentication.isAuthenticated() ? " authenticated" : "");
	}

	private static <T> T deny() {
		throw new AccessDeniedException("no");
	}

	private static String value(@Nullable Authentication authentication) {
		return (authentication instanceof BearerTokenAuthentication opaque) ? opaque.getToken().getTokenValue()
				: ((JwtAuthenticationToken) authentication).getToken().getTokenValue();
	}

	private static String described(McpCaller caller) {
		return "caller " + caller.subject() + " " + caller.claim("tenant");
	}

	record Kind(Protocol protocol, Class<?> application) {

		@Override
		public String toString() {
			return this.protocol + " " + this.application.getSimpleName();
		}

	}

	static class Common {

		@Bean
		RecordedEvents events() {
			return new RecordedEvents();
		}

		@Bean
		MeterRegistry meterRegistry() {
			return new SimpleMeterRegistry();
		}

		@Bean
		Callbacks callbackMethods() {
			return new Callbacks();
		}

		@Bean
		ToolCallbackProvider callbacks(Callbacks methods) {
			return MethodToolCallbackProvider.builder().toolObjects(methods).build();
		}

		@Bean
		ToolCallback function() {
			return FunctionToolCallback.builder("function", (Map<String, Object> input) -> deny())
				.description("Is denied")
				.inputType(Map.class)
				.build();
		}

		@Bean
		List<McpServerFeatures.SyncToolSpecification> syncTool() {
			return List.of(new McpServerFeatures.SyncToolSpecification(BUILT, (exchange, request) -> deny()));
		}

		@Bean
		List<McpServerFeatures.AsyncToolSpecification> asyncTool() {
			return List.of(new McpServerFeatures.AsyncToolSpecification(BUILT,
					(exchange, request) -> Mono.fromCallable(SpringSecurityTests::deny)));
		}

		@Bean
		List<McpStatelessServerFeatures.SyncToolSpecification> statelessSyncTool() {
			return List.of(new McpStatelessServerFeatures.SyncToolSpecification(BUILT, (context, request) -> deny()));
		}

		@Bean
		List<McpStatelessServerFeatures.AsyncToolSpecification> statelessAsyncTool() {
			return List.of(new McpStatelessServerFeatures.AsyncToolSpecification(BUILT,
					(context, request) -> Mono.fromCallable(SpringSecurityTests::deny)));
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableMethodSecurity
	@Import({ Common.class, BlockingHandlers.class })
	static class Blocking {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableReactiveMethodSecurity
	@Import({ Common.class, ReactiveHandlers.class })
	static class Reactive {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableMethodSecurity
	@Import({ Common.class, ReactiveHandlers.class })
	static class ReactiveImperative {

	}

	static class BlockingHandlers {

		static final String OTHER = "hasAuthority('SCOPE_records:other')";

		@McpTool(description = "Tells what Spring Security and the library know")
		String read() {
			return described(SecurityContextHolder.getContext().getAuthentication()) + "; "
					+ described(McpCaller.current().orElseThrow());
		}

		@McpTool(description = "Tells the tenant of the caller")
		String tenant(McpCaller caller) {
			Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
			return (authentication instanceof JwtAuthenticationToken jwt) ? jwt.getToken().getClaimAsString("tenant")
					: caller.claim("tenant", String.class);
		}

		@McpTool(description = "Tells the token")
		String value() {
			return SpringSecurityTests.value(SecurityContextHolder.getContext().getAuthentication());
		}

		@McpTool(description = "Is under method security")
		@PreAuthorize("hasAuthority('SCOPE_records:browse')")
		String guarded() {
			return "guarded";
		}

		@McpTool(description = "Is denied by method security")
		@PreAuthorize(OTHER)
		String preAuthorized() {
			return "not reached";
		}

		@McpTool(description = "Is denied by itself")
		String denied() {
			return deny();
		}

		@McpTool(description = "Is denied within")
		String wrapped() {
			throw new IllegalStateException(new AuthorizationDeniedException("no", new AuthorizationDecision(false)));
		}

		@McpTool(description = "Is denied, and public")
		String open() {
			return deny();
		}

		@McpTool(description = "Goes on without")
		String handled() {
			try {
				return deny();
			}
			catch (AccessDeniedException ex) {
				return "did without";
			}
		}

		@McpTool(description = "Sends something and is denied")
		String begin(McpSyncRequestContext context) {
			context.info("something");
			return deny();
		}

		@McpResource(uri = "denied://pre-authorized", name = "resource")
		@PreAuthorize(OTHER)
		String resource() {
			return "not reached";
		}

		@McpResource(uri = "denied://template/{id}", name = "template")
		String template(String id) {
			return deny();
		}

		@McpPrompt(name = "deniedPrompt", description = "Is denied by method security")
		@PreAuthorize(OTHER)
		String prompt(String topic) {
			return "not reached";
		}

		@McpComplete(prompt = "deniedPrompt")
		@PreAuthorize(OTHER)
		List<String> complete(String value) {
			return List.of("not reached");
		}

		@McpTool(description = "Prints what it is given")
		String text(McpCaller caller) {
			Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
			return authentication + " " + authentication.getPrincipal() + " " + authentication.getDetails() + " "
					+ caller;
		}

	}

	static class ReactiveHandlers {

		static final String OTHER = BlockingHandlers.OTHER;

		@McpTool(description = "Tells what Spring Security and the library know")
		Mono<String> read(McpCaller caller) {
			return authentication().map((authentication) -> described(authentication) + "; " + described(caller));
		}

		@McpTool(description = "Tells the tenant of the caller")
		Mono<String> tenant() {
			return ReactiveSecurityContextHolder.getContext()
				.map((context) -> (JwtAuthenticationToken) context.getAuthentication())
				.map((authentication) -> authentication.getToken().getClaimAsString("tenant"));
		}

		@McpTool(description = "Tells the token")
		Mono<String> value() {
			return authentication().map(SpringSecurityTests::value);
		}

		@McpTool(description = "Is under method security")
		@PreAuthorize("hasAuthority('SCOPE_records:browse')")
		Mono<String> guarded() {
			return Mono.just("guarded");
		}

		@McpTool(description = "Is denied by method security")
		@PreAuthorize(OTHER)
		Mono<String> preAuthorized() {
			return Mono.just("not reached");
		}

		@McpTool(description = "Is denied by itself")
		Mono<String> denied() {
			return Mono.<String>fromCallable(SpringSecurityTests::deny).subscribeOn(Schedulers.boundedElastic());
		}

		@McpTool(description = "Is denied within")
		Mono<String> wrapped() {
			return Mono.error(() -> new IllegalStateException(
					new AuthorizationDeniedException("no", new AuthorizationDecision(false))));
		}

		@McpTool(description = "Is denied, and public")
		Mono<String> open() {
			return Mono.fromCallable(SpringSecurityTests::deny);
		}

		@McpTool(description = "Goes on without")
		Mono<String> handled() {
			return Mono.<String>fromCallable(SpringSecurityTests::deny).onErrorReturn("did without");
		}

		@McpTool(description = "Sends something and is denied")
		Mono<String> begin(McpAsyncRequestContext context) {
			return context.info("something").then(Mono.fromCallable(SpringSecurityTests::deny));
		}

		@McpResource(uri = "denied://pre-authorized", name = "resource")
		@PreAuthorize(OTHER)
		Mono<String> resource() {
			return Mono.just("not reached");
		}

		@McpResource(uri = "denied://template/{id}", name = "template")
		Mono<String> template(String id) {
			return Mono.fromCallable(SpringSecurityTests::deny);
		}

		@McpPrompt(name = "deniedPrompt", description = "Is denied by method security")
		@PreAuthorize(OTHER)
		Mono<String> prompt(String topic) {
			return Mono.just("not reached");
		}

		@McpComplete(prompt = "deniedPrompt")
		@PreAuthorize(OTHER)
		Mono<List<String>> complete(String value) {
			return Mono.just(List.of("not reached"));
		}

		@McpTool(description = "Prints what it is given")
		Mono<String> text(McpCaller caller) {
			return authentication().map((authentication) -> authentication + " " + authentication.getPrincipal() + " "
					+ authentication.getDetails() + " " + caller);
		}

		private static Mono<Authentication> authentication() {
			return Mono.just(1)
				.publishOn(Schedulers.boundedElastic())
				.flatMap((one) -> ReactiveSecurityContextHolder.getContext())
				.mapNotNull(SecurityContext::getAuthentication);
		}

	}

	static class Callbacks {

		@org.springframework.ai.tool.annotation.Tool(description = "Is denied by itself")
		public String callbackDenied() {
			return deny();
		}

		@org.springframework.ai.tool.annotation.Tool(description = "Is denied by method security")
		@PreAuthorize(BlockingHandlers.OTHER)
		public String callbackPreAuthorized() {
			return "not reached";
		}

		@org.springframework.ai.tool.annotation.Tool(description = "Tells a claim of the caller")
		public String callback(McpCaller caller) {
			return caller.claim("tenant") + " of " + caller.subject();
		}

	}

}
