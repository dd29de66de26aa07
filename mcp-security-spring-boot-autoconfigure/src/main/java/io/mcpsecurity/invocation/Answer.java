package io.mcpsecurity.invocation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.mcpsecurity.audit.RequestRecord.Result;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.message.HiddenTarget;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A server's answer on its way out: what came of the request is recorded, and a denial of
 * the tool boundary becomes that of the HTTP gate, if there is still time for it.
 */
final class Answer {

	private static final JSONRPCResponse.JSONRPCError UNRECORDED = new JSONRPCResponse.JSONRPCError(
			JsonRpcErrorCode.UNAVAILABLE, "The call cannot be recorded at the moment");

	private Answer() {
	}

	/**
	 * The answer as soon as it may be sent.
	 * @param made the answer as the server has made it
	 * @param pending the HTTP response that it goes into, or {@code null} when the
	 * request did not come through the HTTP gate
	 */
	static Mono<JSONRPCResponse> release(JSONRPCResponse made, @Nullable PendingResponse pending) {
		JSONRPCResponse answer = HandlerError.presentable(made);
		if (pending == null) {
			return Mono.just(answer);
		}
		JSONRPCResponse response = pending.record().hidden() ? revealed(answer) : answer;
		AccessDecision denial = Denial.in(response);
		if (denial != null) {
			pending.deny(denial);
		}
		pending.record().result(result(response));
		if (response.error() != null) {
			pending.record().error(response.error().code());
			if (response.error().code() == JsonRpcErrorCode.METHOD_NOT_FOUND) {
				pending.unknownMethod();
			}
		}
		return written(pending.answer().toCompletableFuture()).thenReturn(response)
			.onErrorReturn(JSONRPCResponse.error(response.id(), UNRECORDED));
	}

	/**
	 * Wait for an event without going on, and sending the answer, on the thread that has
	 * written it: a client that is slow to read would hold up everybody's events.
	 */
	private static Mono<Void> written(CompletableFuture<Void> event) {
		if (event.isDone()) {
			return Mono.fromFuture(event);
		}
		return Schedulers.isInNonBlockingThread() ? Mono.fromFuture(event).publishOn(Schedulers.boundedElastic())
				: Mono.fromCallable(event::get);
	}

	/**
	 * The error that a server answers an unknown target with, with the target that was
	 * asked for.
	 */
	private static JSONRPCResponse revealed(JSONRPCResponse response) {
		JSONRPCResponse.JSONRPCError error = response.error();
		return (error == null) ? response
				: JSONRPCResponse.error(response.id(), new JSONRPCResponse.JSONRPCError(error.code(),
						(String) revealed(error.message()), revealed(error.data())));
	}

	private static @Nullable Object revealed(@Nullable Object value) {
		if (value instanceof String text) {
			return HiddenTarget.reveal(text);
		}
		if (value instanceof Map<?, ?> members) {
			Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
			members.forEach((name, member) -> copy.put(name, revealed(member)));
			return copy;
		}
		return (value instanceof List<?> elements) ? elements.stream().map(Answer::revealed).toList() : value;
	}

	private static Result result(JSONRPCResponse response) {
		if (response.error() != null) {
			return (response.error().code() == JsonRpcErrorCode.INTERNAL_ERROR) ? Result.EXCEPTION
					: Result.PROTOCOL_ERROR;
		}
		return (response.result() instanceof CallToolResult result && Boolean.TRUE.equals(result.isError()))
				? Result.TOOL_ERROR : Result.SUCCESS;
	}

}
