package io.mcpsecurity.invocation;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.InsufficientScopeException.Watch;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Operation;
import io.mcpsecurity.audit.RequestRecord.Result;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * One use of a handler: checked, run for its caller, and answered with a denial if it is
 * refused, be it by the policy or by an {@link InsufficientScopeException} of the handler
 * itself.
 */
final class Invocation {

	private final InvocationGuard guard;

	private final McpTarget target;

	private final McpTarget handler;

	private final McpTransportContext context;

	private final Object request;

	private final @Nullable RequestRecord record;

	private final Watch watch = new Watch();

	/**
	 * Create an invocation.
	 * @param guard what checks it
	 * @param handler the target of the specification that has the handler
	 * @param context the transport's context of the request
	 * @param request what the handler is to be called with
	 */
	Invocation(InvocationGuard guard, McpTarget handler, McpTransportContext context, Object request) {
		this.guard = guard;
		// A rule may be for one URI of a template.
		this.target = (request instanceof ReadResourceRequest read) ? McpTarget.resource(read.uri()) : handler;
		this.handler = handler;
		this.context = context;
		this.request = request;
		this.record = guard.record();
		if (this.record != null) {
			this.record.handler(handler);
		}
	}

	/**
	 * Let exceptions be noticed on the threads that asynchronous handlers switch to.
	 * (Reactor keeps one hook of a name: calling this again changes nothing.)
	 */
	static void watchSchedulers() {
		Schedulers.onScheduleHook(Watch.class.getName(), (task) -> {
			Watch watch = Watch.current();
			return (watch == null) ? task : () -> watch.during(() -> {
				task.run();
				return task;
			});
		});
	}

	/**
	 * Run a synchronous handler.
	 */
	Object run(Function<@Nullable McpCaller, Object> handler) {
		try {
			McpCaller caller = check();
			return answer(during(() -> this.guard.runAs(caller, () -> handler.apply(caller))));
		}
		catch (RuntimeException ex) {
			return failure(ex);
		}
	}

	/**
	 * Run an asynchronous handler, whose answers and errors arrive as signals.
	 */
	Mono<Object> runAsync(Function<@Nullable McpCaller, Object> handler) {
		try {
			McpCaller caller = check();
			Mono<?> answer = (Mono<?>) during(() -> this.guard.runAs(caller, () -> handler.apply(caller)));
			return Mono.fromDirect((subscriber) -> during(() -> {
				answer.map(this::answer).subscribe(subscriber);
				return subscriber;
			}))
				.contextWrite((context) -> context.putAllMap(reactorContext()))
				.onErrorResume((ex) -> Mono.fromCallable(() -> failure(ex)));
		}
		catch (RuntimeException ex) {
			return Mono.fromCallable(() -> failure(ex));
		}
	}

	/**
	 * Run a part of the handler, on whichever thread, where it is known what it is for.
	 */
	private <T> T during(Supplier<T> part) {
		RequestRecord.Scope scope = (this.record != null) ? this.record.open() : RequestRecord.Scope.NONE;
		try {
			return this.watch.during(part);
		}
		finally {
			scope.close();
		}
	}

	private Map<String, Object> reactorContext() {
		Operation operation = (this.record != null) ? this.record.operation() : null;
		return (operation != null) ? operation.reactorContext() : Map.of();
	}

	private @Nullable McpCaller check() {
		return this.guard.check(this.target, this.handler, this.context, this.request);
	}

	private Object answer(Object answer) {
		InsufficientScopeException refusal = this.watch.last();
		if (refusal != null && answer instanceof CallToolResult result && Boolean.TRUE.equals(result.isError())) {
			throw refusal;
		}
		return answer;
	}

	/**
	 * The answer to a failed invocation, or the failure itself.
	 */
	private Object failure(Throwable failure) {
		McpError denial = denial(failure);
		CallToolResult result = (denial != null && this.request instanceof CallToolRequest) ? Denial.result(denial)
				: null;
		if (result != null) {
			return result;
		}
		if (denial != null) {
			throw denial;
		}
		if (HandlerError.isMeant(failure)) {
			throw HandlerError.meant((McpError) failure);
		}
		if (this.record != null) {
			this.record.result(isTimeout(failure) ? Result.TIMEOUT : Result.EXCEPTION);
		}
		HandlerError.log("The handler of " + this.handler, failure);
		throw HandlerError.internal();
	}

	private static boolean isTimeout(Throwable failure) {
		return causes(failure).anyMatch(TimeoutException.class::isInstance);
	}

	private @Nullable McpError denial(Throwable failure) {
		if (failure instanceof McpError error && Denial.is(error)) {
			return error;
		}
		InsufficientScopeException refusal = cause(failure);
		return (refusal != null)
				? this.guard.refusal(this.target, this.handler, this.context, this.request, refusal.getScopes()) : null;
	}

	private @Nullable InsufficientScopeException cause(Throwable failure) {
		return causes(failure).filter(InsufficientScopeException.class::isInstance)
			.map(InsufficientScopeException.class::cast)
			.findFirst()
			.orElseGet(this.watch::last);
	}

	/**
	 * A failure and its causes, which may go in circles.
	 */
	private static Stream<Throwable> causes(Throwable failure) {
		return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause).limit(100);
	}

}
