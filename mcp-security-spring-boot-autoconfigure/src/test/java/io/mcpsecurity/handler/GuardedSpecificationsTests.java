package io.mcpsecurity.handler;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.TestExchanges;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

import org.springframework.context.support.StaticApplicationContext;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The guard around every kind of specification that the MCP SDK has.
 */
class GuardedSpecificationsTests {

	private static final McpCaller ALICE = caller("alice", "a");

	private static final McpCaller BOB = caller("bob", "b");

	private final List<Optional<McpCaller>> seen = new ArrayList<>();

	private final List<Object> requests = new ArrayList<>();

	@AfterEach
	void clear() {
		SecurityContextHolder.clearContext();
	}

	/**
	 * All of them, so that a kind that a later SDK adds fails here before it is open.
	 */
	static Stream<Class<?>> types() {
		return Stream.of(McpServerFeatures.class, McpStatelessServerFeatures.class)
			.flatMap((features) -> Arrays.stream(features.getDeclaredClasses()))
			.filter(Class::isRecord)
			// What a server consists of, not something that a request reaches.
			.filter((type) -> !type.getSimpleName().equals("Sync") && !type.getSimpleName().equals("Async"));
	}

	@Test
	void sdkHasTwentySpecificationTypes() {
		assertThat(types()).hasSize(20);
	}

	@ParameterizedTest
	@MethodSource("types")
	void whenNoCallerThenHandlerIsNotInvoked(Class<?> type) {
		assertDenied(type, McpTransportContext.EMPTY, JsonRpcErrorCode.UNAUTHENTICATED);
		assertDenied(type, McpTransportContext.create(Map.of("subject", "alice", "caller", ALICE)),
				JsonRpcErrorCode.UNAUTHENTICATED);
		assertDenied(type, TestExchanges.of(null).context(), JsonRpcErrorCode.UNAUTHENTICATED);
	}

	@ParameterizedTest
	@MethodSource("types")
	void callerWithoutExchangeIsUnauthenticated(Class<?> type) {
		assertDenied(type, ALICE, JsonRpcErrorCode.UNAUTHENTICATED);
		assertDenied(type, ALICE.within(McpTransportContext.EMPTY), JsonRpcErrorCode.UNAUTHENTICATED);
	}

	@ParameterizedTest
	@MethodSource("types")
	void authenticationOfThreadIsNotUsedAsCaller(Class<?> type) {
		SecurityContextHolder.getContext()
			.setAuthentication(new TestingAuthenticationToken("alice", "password", "SCOPE_a"));
		assertDenied(type, McpTransportContext.EMPTY, JsonRpcErrorCode.UNAUTHENTICATED);
	}

	@ParameterizedTest
	@MethodSource("types")
	void whenScopeIsMissingThenHandlerIsNotInvoked(Class<?> type) {
		assertDenied(type, context(BOB), JsonRpcErrorCode.INSUFFICIENT_SCOPE);
		assertDenied(type, context(caller("carol")), JsonRpcErrorCode.INSUFFICIENT_SCOPE);
	}

	@ParameterizedTest
	@MethodSource("types")
	void callerOfTransportTakesPrecedenceOverCallerOfThread(Class<?> type) {
		TestExchanges.of(ALICE).run(() -> {
			assertDenied(type, context(BOB), JsonRpcErrorCode.INSUFFICIENT_SCOPE);
			return "denied";
		});
		assertThat(TestExchanges.of(BOB).run(() -> call(type, context(ALICE)))).isEqualTo("result");
		assertThat(this.seen).containsExactly(Optional.of(ALICE));
	}

	@ParameterizedTest
	@MethodSource("types")
	void whenScopeIsGrantedThenHandlerIsInvokedWithCaller(Class<?> type) {
		assertThat(call(type, context(ALICE))).isEqualTo("result");
		assertThat(this.seen).containsExactly(Optional.of(ALICE));
		assertThat(this.requests).containsExactly("request");
		assertThat(SecurityContextHolder.getContext().getAuthentication()).isNull();
	}

	@ParameterizedTest
	@MethodSource("types")
	void callerOfThreadIsNotUsedWithoutCallerOfTransport(Class<?> type) {
		TestExchanges.of(ALICE).run(() -> {
			assertThat(McpCaller.current()).contains(ALICE);
			assertDenied(type, McpTransportContext.EMPTY, JsonRpcErrorCode.UNAUTHENTICATED);
			return "denied";
		});
	}

	@ParameterizedTest
	@MethodSource("types")
	void securityContextIsRestoredWhenHandlerThrows(Class<?> type) {
		Authentication before = new TestingAuthenticationToken("before", "password");
		SecurityContextHolder.getContext().setAuthentication(before);
		Object guarded = guarded(type, (source, request) -> {
			this.seen.add(McpCaller.current());
			SecurityContextHolder.clearContext();
			throw new IllegalStateException("handler");
		});
		assertThatExceptionOfType(McpError.class).isThrownBy(() -> {
			if (handler(guarded).apply(source(type, context(ALICE)), "request") instanceof Mono<?> signal) {
				signal.block();
			}
		}).withMessage("Internal error");
		assertThat(this.seen).containsExactly(Optional.of(ALICE));
		assertThat(SecurityContextHolder.getContext().getAuthentication()).isSameAs(before);
	}

	@ParameterizedTest
	@MethodSource("types")
	void offeredDefinitionIsUnchanged(Class<?> type) throws Exception {
		assertThat(offered(guarded(type, this::handle))).isEqualTo(offered(type));
	}

	@ParameterizedTest
	@MethodSource("types")
	void elementsOfListAreGuarded(Class<?> type) {
		Object guarded = specifications(Map.of()).guard(List.of(specification(type, this::handle), "something else"));
		assertThat(guarded).asInstanceOf(InstanceOfAssertFactories.LIST).hasSize(2);
		assertThat(((List<?>) guarded).get(1)).isEqualTo("something else");
		assertDenied(((List<?>) guarded).get(0), type, context(BOB), JsonRpcErrorCode.INSUFFICIENT_SCOPE);
	}

	@Test
	void otherBeansAreUnchanged() {
		GuardedSpecifications specifications = specifications(Map.of());
		for (Object bean : List.of("text", List.of(), List.of("text"), Map.of("a", "b"), ALICE)) {
			assertThat(specifications.guard(bean)).isSameAs(bean);
		}
	}

	@Test
	void completionsOfResourceAreGuardedByItsRule() {
		AtomicBoolean ran = new AtomicBoolean();
		Object guarded = specifications(Map.of()).guard(new McpStatelessServerFeatures.SyncCompletionSpecification(
				new McpSchema.ResourceReference("test://{id}"), (context, request) -> {
					ran.set(true);
					return new McpSchema.CompleteResult(
							new McpSchema.CompleteResult.CompleteCompletion(List.of(), null, null));
				}));
		McpSchema.CompleteRequest request = new McpSchema.CompleteRequest(
				new McpSchema.ResourceReference("test://{id}"),
				new McpSchema.CompleteRequest.CompleteArgument("id", "1"), null, null);
		assertThatExceptionOfType(McpError.class).isThrownBy(() -> handler(guarded).apply(context(BOB), request));
		assertThat(ran).isFalse();
		handler(guarded).apply(context(ALICE), request);
		assertThat(ran).isTrue();
	}

	@Test
	void errorThrownByAsyncHandlerIsEmittedAsSignal() {
		Class<?> type = McpServerFeatures.AsyncToolSpecification.class;
		Object guarded = guarded(type, (source, request) -> {
			throw McpError.builder(1).message("handler").build();
		});
		Mono<?> answer = (Mono<?>) handler(guarded).apply(source(type, context(ALICE)), "request");
		assertThatExceptionOfType(McpError.class).isThrownBy(answer::block).withMessage("handler");
	}

	@Test
	void postProcessorUsesGuardOfApplication() {
		StaticApplicationContext context = new StaticApplicationContext();
		context.registerBean(InvocationGuard.class, GuardedSpecificationsTests::guard);
		context.registerBean(OfferedTargets.class, () -> offeredTargets());
		context.registerBean(SensitiveArguments.class, SensitiveArguments::new);
		context.refresh();
		Class<?> type = McpServerFeatures.SyncToolSpecification.class;
		Object guarded = new McpGuardPostProcessor(context)
			.postProcessAfterInitialization(specification(type, this::handle), "tools");
		assertDenied(guarded, type, context(BOB), JsonRpcErrorCode.INSUFFICIENT_SCOPE);
		assertThat(handler(guarded).apply(source(type, context(ALICE)), "request")).isEqualTo("result");
	}

	@Test
	void whenGuardBeanIsMissingThenCallFails() {
		StaticApplicationContext context = new StaticApplicationContext();
		context.registerBean(OfferedTargets.class, () -> offeredTargets());
		context.registerBean(SensitiveArguments.class, SensitiveArguments::new);
		context.refresh();
		Class<?> type = McpServerFeatures.SyncToolSpecification.class;
		Object guarded = new McpGuardPostProcessor(context)
			.postProcessAfterInitialization(specification(type, this::handle), "tools");
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> handler(guarded).apply(source(type, context(ALICE)), "request"));
		assertThat(this.seen).isEmpty();
	}

	@Test
	void callerParameterIsRemovedFromToolSchema() throws Exception {
		Tool tool = Tool
			.builder("offered",
					Map.of("type", "object", "properties",
							Map.of("greeting", Map.of("type", "string"), "caller", Map.of("type", "object")),
							"required", List.of("greeting", "caller"), "additionalProperties", false))
			.title("title")
			.description("description")
			.meta(Map.of("key", "value"))
			.build();
		Object guarded = withCaller().guard(new McpServerFeatures.SyncToolSpecification(tool, (exchange, request) -> {
			throw new IllegalStateException();
		}));
		assertThat(offered(guarded)).isEqualTo(Tool
			.builder("offered",
					Map.of("type", "object", "properties", Map.of("greeting", Map.of("type", "string")), "required",
							List.of("greeting"), "additionalProperties", false))
			.title("title")
			.description("description")
			.meta(Map.of("key", "value"))
			.build());
	}

	@Test
	void schemaWithoutPropertiesIsUnchanged() throws Exception {
		Object guarded = withCaller().guard(new McpServerFeatures.SyncToolSpecification(
				Tool.builder("offered", Map.of("type", "object")).build(), (exchange, request) -> {
					throw new IllegalStateException();
				}));
		assertThat(((Tool) offered(guarded)).inputSchema()).isEqualTo(Map.of("type", "object"));
	}

	@Test
	void callerArgumentSentByClientIsReplaced() {
		Class<?> type = McpServerFeatures.SyncToolSpecification.class;
		Object guarded = withCaller().guard(specification(type, this::handle));
		CallToolRequest request = CallToolRequest.builder("offered")
			.arguments(Map.of("greeting", "hi", "caller", Map.of("subject", "mallory")))
			.meta(Map.of("progressToken", "1"))
			.build();
		handler(guarded).apply(source(type, context(ALICE)), request);
		assertThat(this.requests).singleElement()
			.isEqualTo(CallToolRequest.builder("offered")
				.arguments(Map.of("greeting", "hi", "caller", ALICE))
				.meta(Map.of("progressToken", "1"))
				.build());
	}

	@Test
	void callerIsAddedWhenClientSendsNoArguments() {
		Class<?> type = McpServerFeatures.SyncToolSpecification.class;
		Object guarded = withCaller().guard(specification(type, this::handle));
		handler(guarded).apply(source(type, context(ALICE)), CallToolRequest.builder("offered").build());
		assertThat(this.requests).singleElement()
			.extracting((request) -> ((CallToolRequest) request).arguments())
			.isEqualTo(Map.of("caller", ALICE));
	}

	@Test
	void argumentsOfToolWithoutCallerParameterAreUnchanged() {
		Class<?> type = McpServerFeatures.SyncToolSpecification.class;
		Object guarded = specifications(Map.of()).guard(specification(type, this::handle));
		CallToolRequest request = CallToolRequest.builder("offered").arguments(Map.of("caller", "me")).build();
		handler(guarded).apply(source(type, context(ALICE)), request);
		assertThat(this.requests).singleElement().isSameAs(request);
	}

	private GuardedSpecifications withCaller() {
		return specifications(Map.of("offered",
				new ToolMethod("offered",
						ReflectionUtils.findMethod(WithCaller.class, "greet", String.class, McpCaller.class),
						WithCaller.class)));
	}

	private static GuardedSpecifications specifications(Map<String, ToolMethod> tools) {
		return new GuardedSpecifications(GuardedSpecificationsTests::guard, new CallerArguments(() -> tools),
				GuardedSpecificationsTests::offeredTargets, () -> {
					throw new IllegalStateException("No handler here declares a rule");
				}, ToolConditions::new, SensitiveArguments::new);
	}

	private static InvocationGuard guard() {
		ScopeRequirement requirement = new ScopeRequirement(List.of("a"), List.of());
		List<AccessRule> rules = Stream
			.of(McpTarget.tool("offered"), McpTarget.prompt("offered"), McpTarget.resource("test://offered"),
					McpTarget.resource("test://{id}"))
			.map((target) -> new AccessRule(target, requirement, "test"))
			.toList();
		RuleBook book = new RuleBook(List.of(), rules, Conventions.NONE, Access.AUTHENTICATED, offeredTargets());
		AccessPolicy policy = new AccessPolicy(book, ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, false,
				AccessPolicy.Visibility.STEP_UP, Duration.ZERO);
		return new InvocationGuard(new AccessPolicies(policy, Map.of()), new ToolConditions(), AuthorizationRules.NONE,
				(resource) -> "", UnaryOperator.identity());
	}

	private static OfferedTargets offeredTargets() {
		return new OfferedTargets();
	}

	private Object guarded(Class<?> type, BiFunction<Object, Object, Object> handler) {
		Object guarded = specifications(Map.of()).guard(specification(type, handler));
		assertThat(guarded).isInstanceOf(type);
		return guarded;
	}

	private Object call(Class<?> type, McpTransportContext context) {
		Object answer = handler(guarded(type, this::handle)).apply(source(type, context), "request");
		assertThat(answer instanceof Mono).isEqualTo(async(type));
		return (answer instanceof Mono<?> mono) ? mono.block() : answer;
	}

	private void assertDenied(Class<?> type, McpTransportContext context, int code) {
		assertDenied(guarded(type, this::handle), type, context, code);
	}

	private void assertDenied(Object guarded, Class<?> type, McpTransportContext context, int code) {
		if (async(type)) {
			Mono<?> answer = (Mono<?>) handler(guarded).apply(source(type, context), "request");
			assertThatExceptionOfType(McpError.class).isThrownBy(answer::block)
				.satisfies((ex) -> assertThat(ex.getJsonRpcError().code()).isEqualTo(code));
		}
		else {
			assertThatExceptionOfType(McpError.class)
				.isThrownBy(() -> handler(guarded).apply(source(type, context), "request"))
				.satisfies((ex) -> assertThat(ex.getJsonRpcError().code()).isEqualTo(code));
		}
		assertThat(this.seen).as("handler runs").isEmpty();
	}

	private Object handle(Object source, Object request) {
		this.seen.add(McpCaller.current());
		this.requests.add(request);
		return "result";
	}

	/**
	 * A specification whose handler answers in the way of its type.
	 */
	private static Object specification(Class<?> type, BiFunction<Object, Object, Object> handler) {
		BiFunction<Object, Object, Object> answering = async(type)
				? (source, request) -> Mono.just(handler.apply(source, request)) : handler;
		try {
			Constructor<?> constructor = type.getDeclaredConstructor(
					Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new));
			return constructor.newInstance(offered(type), answering);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Object offered(Class<?> type) {
		Class<?> kind = type.getRecordComponents()[0].getType();
		if (kind == Tool.class) {
			return Tool.builder("offered", Map.of("type", "object")).build();
		}
		if (kind == McpSchema.Resource.class) {
			return McpSchema.Resource.builder("test://offered", "offered").build();
		}
		if (kind == McpSchema.ResourceTemplate.class) {
			return McpSchema.ResourceTemplate.builder("test://{id}", "offered").build();
		}
		if (kind == McpSchema.Prompt.class) {
			return McpSchema.Prompt.builder("offered").build();
		}
		if (kind == McpSchema.CompleteReference.class) {
			return new McpSchema.PromptReference("offered");
		}
		throw new IllegalStateException("A new kind: " + kind);
	}

	private static Object offered(Object specification) throws ReflectiveOperationException {
		return specification.getClass().getRecordComponents()[0].getAccessor().invoke(specification);
	}

	@SuppressWarnings("unchecked")
	private static BiFunction<Object, Object, Object> handler(Object specification) {
		try {
			return (BiFunction<Object, Object, Object>) specification.getClass().getRecordComponents()[1].getAccessor()
				.invoke(specification);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What the SDK hands to the handler of such a specification.
	 */
	private static Object source(Class<?> type, McpTransportContext context) {
		Type source = ((ParameterizedType) type.getRecordComponents()[1].getGenericType()).getActualTypeArguments()[0];
		if (source == McpTransportContext.class) {
			return context;
		}
		McpAsyncServerExchange exchange = new McpAsyncServerExchange("session", null, null, null, context, null);
		if (source == McpAsyncServerExchange.class) {
			return exchange;
		}
		assertThat(source).isEqualTo(McpSyncServerExchange.class);
		return new McpSyncServerExchange(exchange);
	}

	private static boolean async(Class<?> type) {
		return type.getSimpleName().startsWith("Async");
	}

	/**
	 * What handlers get of a request of a caller.
	 */
	private static McpTransportContext context(McpCaller caller) {
		return TestExchanges.of(caller).context();
	}

	private static McpCaller caller(String subject, String... scopes) {
		return McpCaller.builder(subject, "https://login.example.com", "https://mcp.example/mcp")
			.scopes(Set.of(scopes))
			.build();
	}

	/**
	 * A method with the caller as a parameter.
	 */
	static class WithCaller {

		String greet(String greeting, McpCaller caller) {
			return greeting + caller.subject();
		}

	}

}
