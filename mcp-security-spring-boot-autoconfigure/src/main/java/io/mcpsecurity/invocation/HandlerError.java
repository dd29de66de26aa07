package io.mcpsecurity.invocation;

import java.util.regex.Pattern;

import com.fasterxml.jackson.annotation.JsonValue;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * What a client is told of a failure: the errors that a handler answers with on purpose,
 * to the letter, and of everything else that it happened. The MCP SDK would send the
 * messages and classes of exceptions.
 */
final class HandlerError {

	private static final Log logger = LogFactory.getLog(HandlerError.class);

	private static final JSONRPCError INTERNAL = new JSONRPCError(JsonRpcErrorCode.INTERNAL_ERROR, "Internal error");

	private static final JSONRPCError INVALID_PARAMS = new JSONRPCError(JsonRpcErrorCode.INVALID_PARAMS,
			"Invalid params");

	/** What Spring AI makes of the exceptions of annotated methods. */
	private static final Pattern WRAPPED = Pattern.compile("Error invoking \\w+ method: .*", Pattern.DOTALL);

	private HandlerError() {
	}

	/**
	 * Whether a handler has answered with an error on purpose.
	 */
	static boolean isMeant(Throwable failure) {
		return failure instanceof McpError error && error.getJsonRpcError() != null
				&& !WRAPPED.matcher(String.valueOf(error.getJsonRpcError().message())).matches();
	}

	/**
	 * An error that a handler means, recognizable until it is sent.
	 */
	static McpError meant(McpError error) {
		JSONRPCError meant = error.getJsonRpcError();
		return new McpError(new JSONRPCError(meant.code(), meant.message(), new Meant(meant.data())));
	}

	/**
	 * What clients hear of a handler's exception.
	 */
	static McpError internal() {
		return new McpError(INTERNAL);
	}

	/**
	 * The answer to a request that the server has not answered itself.
	 */
	static JSONRPCResponse answer(JSONRPCRequest request, Throwable failure) {
		if (failure instanceof McpError error && error.getJsonRpcError() != null) {
			JSONRPCError meant = error.getJsonRpcError();
			return JSONRPCResponse.error(request.id(), (meant.code() == JsonRpcErrorCode.METHOD_NOT_FOUND)
					? new JSONRPCError(meant.code(), "Method not found") : meant);
		}
		if (failure instanceof JacksonException || failure instanceof IllegalArgumentException) {
			// The server reads the parameters before anything can fail on its side.
			return JSONRPCResponse.error(request.id(), INVALID_PARAMS);
		}
		log("The MCP server", failure);
		return JSONRPCResponse.error(request.id(), INTERNAL);
	}

	/**
	 * The answer to a request; that an initialization without sessions fails can only be
	 * for its parameters.
	 */
	static JSONRPCResponse ofInitialization(JSONRPCRequest request, JSONRPCResponse response) {
		boolean failed = response.error() != null && response.error().code() == JsonRpcErrorCode.INTERNAL_ERROR;
		return (failed && request.method().equals("initialize")) ? JSONRPCResponse.error(request.id(), INVALID_PARAMS)
				: response;
	}

	/**
	 * Tell the operator what clients are not told. Messages of exceptions can repeat what
	 * a client has sent, so they are for those who ask for them.
	 */
	static void log(String what, Throwable failure) {
		logger.error(what + " failed: " + failure.getClass().getName() + " (more at level DEBUG)");
		logger.debug(what + " failed", failure);
	}

	/**
	 * A server's answer as a client may see it.
	 */
	static JSONRPCResponse presentable(JSONRPCResponse response) {
		JSONRPCError error = response.error();
		if (error == null || error.data() instanceof Denial) {
			return response;
		}
		if (error.data() instanceof Meant meant) {
			return JSONRPCResponse.error(response.id(), new JSONRPCError(error.code(), error.message(), meant.data()));
		}
		return (error.code() == JsonRpcErrorCode.INTERNAL_ERROR) ? JSONRPCResponse.error(response.id(), INTERNAL)
				: response;
	}

	/**
	 * The data of an error that a handler means. (Written like what it holds: not every
	 * transport takes it out.)
	 */
	private record Meant(@JsonValue @Nullable Object data) {
	}

}
