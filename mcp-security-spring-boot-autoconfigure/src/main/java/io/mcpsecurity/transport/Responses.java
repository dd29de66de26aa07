package io.mcpsecurity.transport;

import java.util.List;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.mcpsecurity.handler.HandlerError;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.message.HiddenTarget;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Processes the response of an MCP server before it is written: filters listings,
 * replaces the messages of failures, records the result, and converts a denial at the
 * handler to the same refusal as that of the gate.
 */
record Responses(AccessPolicy policy, ListingFilter listings, BearerChallenge challenge,
		AuthenticationRefusals authentication) {

	/** The response as it is sent to the client. */
	JSONRPCResponse present(McpExchange exchange, JSONRPCRequest request, JSONRPCResponse made) {
		JSONRPCResponse response = this.listings.filter(exchange, request,
				HandlerError.presentable(made, exchange.isIntended()));
		McpMessage message = exchange.message();
		return (exchange.hidden() && message != null && message.target() != null)
				? revealed(response, message.target().name()) : response;
	}

	/** Record the result of a request. */
	static void record(McpExchange exchange, JSONRPCResponse response) {
		// The MCP SDK may replace the result of a call that needs input with an error,
		// which is not sent.
		exchange
			.result((exchange.inputRequired() != null && response.error() == null) ? Result.SUCCESS : result(response));
		if (response.error() != null) {
			exchange.error(response.error().code());
		}
	}

	/** The error for an unknown target, with the requested target. */
	private static JSONRPCResponse revealed(JSONRPCResponse response, String name) {
		JSONRPCResponse.JSONRPCError error = response.error();
		return (error == null) ? response
				: JSONRPCResponse.error(response.id(), new JSONRPCResponse.JSONRPCError(error.code(),
						(String) HiddenTarget.reveal(error.message(), name), HiddenTarget.reveal(error.data(), name)));
	}

	private static Result result(JSONRPCResponse response) {
		if (response.error() != null) {
			return (response.error().code() == JsonRpcErrorCode.INTERNAL_ERROR) ? Result.EXCEPTION
					: Result.PROTOCOL_ERROR;
		}
		return (response.result() instanceof CallToolResult result && Boolean.TRUE.equals(result.isError()))
				? Result.TOOL_ERROR : Result.SUCCESS;
	}

	/**
	 * The refusal that replaces a response which has not begun, or {@code null} if the
	 * response is sent.
	 */
	@Nullable RefusedRequestException refusal(McpExchange exchange, JSONRPCResponse response) {
		AccessDecision decision = exchange.decision();
		return (decision != null && decision.denied() && !exchange.hidden()) ? denial(exchange, decision, response.id())
				: null;
	}

	/**
	 * The refusal of a request that the policy denies.
	 * @param exchange the exchange of the request
	 * @param decision the decision
	 * @param id the request's id, or {@code null}
	 */
	RefusedRequestException denial(McpExchange exchange, AccessDecision decision, @Nullable Object id) {
		if (decision.outcome() == Outcome.UNAUTHENTICATED) {
			return this.authentication.missing();
		}
		if (decision.outcome() == Outcome.INSUFFICIENT_AUTHENTICATION) {
			return new RefusedRequestException(HttpServletResponse.SC_UNAUTHORIZED, (McpExchange.Refusal) null,
					JsonRpcErrorCode.INSUFFICIENT_USER_AUTHENTICATION, decision.description(), id)
				.challenges(List
					.of(this.challenge.insufficientUserAuthentication(scheme(exchange), decision.authentication(),
							exchange.challenged(this.policy, decision), decision.description())));
		}
		boolean scopes = decision.outcome() == Outcome.MISSING_SCOPES;
		RefusedRequestException refusal = new RefusedRequestException(HttpServletResponse.SC_FORBIDDEN,
				(McpExchange.Refusal) null, scopes ? JsonRpcErrorCode.INSUFFICIENT_SCOPE : JsonRpcErrorCode.FORBIDDEN,
				decision.description(), id);
		return scopes ? refusal.challenges(List.of(this.challenge.insufficientScope(scheme(exchange),
				exchange.challenged(this.policy, decision), decision.description()))) : refusal;
	}

	/** The authentication scheme of the caller's token. */
	private static String scheme(McpExchange exchange) {
		McpCaller caller = exchange.caller();
		return (caller != null && Confirmation.of(caller).key() != null) ? SenderConstraints.DPOP
				: SenderConstraints.BEARER;
	}

	/** The response to a request that the server failed to respond to. */
	static JSONRPCResponse failure(JSONRPCRequest request, Throwable failure) {
		return HandlerError.response(request, failure);
	}

	/** The refusal of a call whose event could not be recorded. */
	static RefusedRequestException unrecorded(McpExchange exchange, @Nullable Object id) {
		RefusedRequestException refusal = new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE,
				"audit_unavailable", JsonRpcErrorCode.UNAVAILABLE, "Calls cannot be recorded at the moment", id)
			.header(HttpHeaders.RETRY_AFTER, "1");
		refusal.record(exchange);
		return refusal;
	}

	/**
	 * The response to a call whose stream ends before its handler has responded.
	 * @param expired whether its access token has expired
	 */
	static JSONRPCResponse ended(Object id, boolean expired) {
		return JSONRPCResponse.error(id,
				new JSONRPCResponse.JSONRPCError(
						expired ? JsonRpcErrorCode.UNAUTHENTICATED : JsonRpcErrorCode.UNAVAILABLE,
						expired ? "The access token has expired before the response, and the call may go on"
								: "The session has ended before the response, and the call may go on"));
	}

	/** The response to a call whose event could not be recorded, on a stream. */
	static JSONRPCResponse unrecorded(Object id) {
		return JSONRPCResponse.error(id, new JSONRPCResponse.JSONRPCError(JsonRpcErrorCode.UNAVAILABLE,
				"The call cannot be recorded at the moment"));
	}

}
