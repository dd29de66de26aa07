package io.mcpsecurity.handler;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Operation;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;

/**
 * One use of a handler: checked, run for its caller, and denied if the policy or an
 * {@link InsufficientScopeException} of the handler itself says so.
 */
final class Invocation {

	private final InvocationGuard guard;

	private final McpTarget target;

	private final HandlerCall call;

	private final @Nullable McpExchange exchange;

	/**
	 * Create an invocation.
	 * @param guard what checks it
	 * @param call what the handler is to be called with
	 * @param context the transport's context of the request
	 */
	Invocation(InvocationGuard guard, HandlerCall call, McpTransportContext context) {
		this.guard = guard;
		// A rule may be for one URI of a template.
		this.target = (call.request() instanceof ReadResourceRequest read) ? McpTarget.resource(read.uri())
				: call.handler();
		this.call = call;
		this.exchange = McpExchange.of(context);
	}

	/**
	 * Run a synchronous handler.
	 */
	Object run(Function<@Nullable McpCaller, Object> handler) {
		McpExchange exchange = check();
		try {
			return result(InvocationGuard.run(exchange, () -> handler.apply(exchange.caller())), exchange);
		}
		catch (RuntimeException ex) {
			return failure(ex, exchange);
		}
	}

	/**
	 * Run an asynchronous handler, whose results and errors arrive as signals.
	 */
	Mono<Object> runAsync(Function<@Nullable McpCaller, Object> handler) {
		return Mono.defer(() -> {
			McpExchange exchange = check();
			return Mono.defer(() -> InvocationGuard.run(exchange, () -> (Mono<?>) handler.apply(exchange.caller())))
				.transform((result) -> Mono.fromDirect((subscriber) -> InvocationGuard.run(exchange, () -> {
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

	/**
	 * What a handler returns. Spring AI makes an error result of most exceptions.
	 */
	private Object result(Object result, McpExchange exchange) {
		if (result instanceof CallToolResult tool && Boolean.TRUE.equals(tool.isError())) {
			InsufficientScopeException refusal = refusal(exchange.failure());
			return (refusal != null) ? denied(refusal, exchange) : result;
		}
		return result;
	}

	/**
	 * The result of a failed invocation, or the failure itself.
	 */
	private Object failure(Throwable failure, McpExchange exchange) {
		if (failure instanceof Denial denial) {
			throw denial;
		}
		InsufficientScopeException refusal = refusal(failure);
		refusal = (refusal != null) ? refusal : refusal(exchange.failure());
		if (refusal != null) {
			return denied(refusal, exchange);
		}
		if (HandlerError.isIntended(failure)) {
			exchange.intended();
			throw (McpError) failure;
		}
		exchange.result(isTimeout(failure) ? Result.TIMEOUT : Result.EXCEPTION);
		HandlerError.log("The handler of " + this.call.handler(), failure);
		throw HandlerError.internal();
	}

	private Object denied(InsufficientScopeException refusal, McpExchange exchange) {
		Denial denial = this.guard.refusal(exchange, this.target, this.call, refusal.getScopes());
		CallToolResult result = (this.call.request() instanceof CallToolRequest) ? denial.result() : null;
		if (result == null) {
			throw denial;
		}
		return result;
	}

	private static boolean isTimeout(Throwable failure) {
		return causes(failure).anyMatch(TimeoutException.class::isInstance);
	}

	private static @Nullable InsufficientScopeException refusal(@Nullable Throwable failure) {
		return causes(failure).filter(InsufficientScopeException.class::isInstance)
			.map(InsufficientScopeException.class::cast)
			.findFirst()
			.orElse(null);
	}

	/**
	 * A failure and its causes, which may be circular.
	 */
	private static Stream<Throwable> causes(@Nullable Throwable failure) {
		return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause).limit(100);
	}

}
