package io.mcpsecurity.handler;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;

import io.mcpsecurity.InputRequiredException;
import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.InsufficientUserAuthenticationException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.McpInput;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Operation;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;

/**
 * One call of a handler: it is checked, runs for its caller, and is denied by the policy,
 * or by an {@link InsufficientScopeException},
 * {@link InsufficientUserAuthenticationException} or {@link AccessDeniedException} of the
 * handler.
 */
final class GuardedCall {

	private final InvocationGuard guard;

	private final McpTarget target;

	private final HandlerCall call;

	private final @Nullable McpExchange exchange;

	GuardedCall(InvocationGuard guard, HandlerCall call, McpTransportContext context) {
		this.guard = guard;
		// A rule may be for one URI of a template.
		this.target = (call.request() instanceof ReadResourceRequest read) ? McpTarget.resource(read.uri())
				: call.handler();
		this.call = call;
		this.exchange = McpExchange.of(context);
	}

	/** Run a synchronous handler. */
	Object run(Function<@Nullable McpCaller, Object> handler) {
		McpExchange exchange = check();
		try {
			return result(exchange.run(() -> handler.apply(exchange.caller())), exchange);
		}
		catch (RuntimeException ex) {
			return failure(ex, exchange);
		}
	}

	/** Run an asynchronous handler, whose results and errors arrive as signals. */
	Mono<Object> runAsync(Function<@Nullable McpCaller, Object> handler) {
		return Mono.defer(() -> {
			McpExchange exchange = check();
			return Mono.defer(() -> exchange.run(() -> (Mono<?>) handler.apply(exchange.caller())))
				.transform((result) -> Mono.fromDirect((subscriber) -> exchange.run(() -> {
					result.subscribe(subscriber);
					return subscriber;
				})))
				.contextWrite((context) -> context.putAllMap(reactorContext(exchange)))
				.map((result) -> result(result, exchange))
				.onErrorResume((ex) -> Mono.fromCallable(() -> failure(ex, exchange)));
		});
	}

	private static Map<Object, Object> reactorContext(McpExchange exchange) {
		Map<Object, Object> context = new HashMap<>();
		Authentication authentication = exchange.authentication();
		if (authentication != null) {
			ReactiveSecurityContextHolder.withAuthentication(authentication)
				.forEach((key, value) -> context.put(key, value));
		}
		Operation operation = exchange.operation();
		if (operation != null) {
			context.putAll(operation.reactorContext());
		}
		return context;
	}

	private McpExchange check() {
		this.guard.check(this.exchange, this.target, this.call);
		McpExchange exchange = Objects.requireNonNull(this.exchange);
		exchange.handler(this.call.handler());
		return exchange;
	}

	/** The result of a handler. Spring AI converts most exceptions to an error result. */
	private Object result(Object result, McpExchange exchange) {
		boolean failed = result instanceof CallToolResult tool && Boolean.TRUE.equals(tool.isError());
		Denial denial = failed ? denial(exchange.failure(), exchange) : null;
		if (denial != null) {
			return denied(denial);
		}
		InputRequiredException required = failed ? inputRequired(exchange.failure()) : null;
		return (required != null) ? asked(required, exchange) : result;
	}

	/** The result of a failed call, or the failure itself. */
	private Object failure(Throwable failure, McpExchange exchange) {
		if (failure instanceof Denial denial) {
			throw denial;
		}
		Denial denial = denial(failure, exchange);
		denial = (denial != null) ? denial : denial(exchange.failure(), exchange);
		if (denial != null) {
			return denied(denial);
		}
		InputRequiredException required = inputRequired(failure);
		required = (required != null) ? required : inputRequired(exchange.failure());
		if (required != null) {
			return asked(required, exchange);
		}
		if (HandlerError.isIntended(failure)) {
			exchange.intended();
			throw (McpError) failure;
		}
		exchange.result(isTimeout(failure) ? Result.TIMEOUT : Result.EXCEPTION);
		HandlerError.log("The handler of " + this.call.handler(), failure);
		throw HandlerError.internal();
	}

	/**
	 * The denial that a failure represents: the handler needs more scopes or another
	 * authentication, or Spring Security has denied something in it. {@code null} for
	 * other failures.
	 */
	private @Nullable Denial denial(@Nullable Throwable failure, McpExchange exchange) {
		for (Throwable cause : causes(failure).toList()) {
			if (cause instanceof InsufficientScopeException refusal) {
				return this.guard.refusal(exchange, this.target, this.call, refusal.getScopes(),
						AuthenticationRequirement.NONE);
			}
			if (cause instanceof InsufficientUserAuthenticationException refusal) {
				return this.guard.refusal(exchange, this.target, this.call, List.of(),
						new AuthenticationRequirement(refusal.getAcr(), refusal.getMaxAge()));
			}
			if (cause instanceof AccessDeniedException) {
				return this.guard.forbidden(exchange);
			}
		}
		return null;
	}

	private Object denied(Denial denial) {
		CallToolResult result = (this.call.request() instanceof CallToolRequest) ? denial.result() : null;
		if (result == null) {
			throw denial;
		}
		return result;
	}

	private static @Nullable InputRequiredException inputRequired(@Nullable Throwable failure) {
		return causes(failure).filter(InputRequiredException.class::isInstance)
			.map(InputRequiredException.class::cast)
			.findFirst()
			.orElse(null);
	}

	/**
	 * The result of a call that needs input of the client. The transport replaces it with
	 * the requests to the client, if the revision of the client has such results for the
	 * method.
	 */
	private Object asked(InputRequiredException required, McpExchange exchange) {
		Object request = this.call.request();
		McpInput input = exchange.input();
		if (input == null) {
			throw intended(exchange, McpError.builder(JsonRpcErrorCode.INVALID_REQUEST)
				.message("This needs input of the client, which its revision of MCP cannot send"));
		}
		Map<String, Object> missing = new TreeMap<>();
		required.getRequests()
			.values()
			.stream()
			.filter((each) -> !input.supports(each.capability()))
			.forEach((each) -> missing.putAll(McpInput.ELICITATION_URL.equals(each.capability())
					? Map.of(McpInput.ELICITATION, Map.of("url", Map.of())) : Map.of(each.capability(), Map.of())));
		if (!missing.isEmpty()) {
			throw intended(exchange,
					McpError.builder(JsonRpcErrorCode.MISSING_CLIENT_CAPABILITY)
						.message("Missing required client capability")
						.data(Map.of("requiredCapabilities", missing)));
		}
		exchange.inputRequired(required);
		exchange.result(Result.SUCCESS);
		if (request instanceof ReadResourceRequest) {
			return ReadResourceResult.builder(List.of()).build();
		}
		return (request instanceof GetPromptRequest) ? GetPromptResult.builder(List.of()).build()
				: CallToolResult.builder().addTextContent("").build();
	}

	private static McpError intended(McpExchange exchange, McpError.Builder error) {
		exchange.intended();
		return error.build();
	}

	private static boolean isTimeout(Throwable failure) {
		return causes(failure).anyMatch(TimeoutException.class::isInstance);
	}

	/** A failure and its causes, which may be circular. */
	private static Stream<Throwable> causes(@Nullable Throwable failure) {
		return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause).limit(100);
	}

}
