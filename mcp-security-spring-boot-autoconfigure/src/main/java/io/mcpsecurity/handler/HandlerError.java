package io.mcpsecurity.handler;

import java.util.regex.Pattern;

import io.mcpsecurity.message.JsonRpcErrorCode;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import tools.jackson.core.JacksonException;

/**
 * The errors for clients: those that a handler intends, and an internal error for all
 * other failures. The MCP SDK would send the messages and classes of exceptions.
 */
public final class HandlerError {

	private static final Log logger = LogFactory.getLog(HandlerError.class);

	private static final JSONRPCError INTERNAL = new JSONRPCError(JsonRpcErrorCode.INTERNAL_ERROR, "Internal error");

	private static final JSONRPCError INVALID_PARAMS = new JSONRPCError(JsonRpcErrorCode.INVALID_PARAMS,
			"Invalid params");

	/** The exceptions of annotated methods as Spring AI wraps them. */
	private static final Pattern WRAPPED = Pattern.compile("Error invoking \\w+ method: .*", Pattern.DOTALL);

	private HandlerError() {
	}

	/** Whether a handler intends an error. */
	static boolean isIntended(Throwable failure) {
		return failure instanceof McpError error && error.getJsonRpcError() != null
				&& !WRAPPED.matcher(String.valueOf(error.getJsonRpcError().message())).matches();
	}

	/** The error for the exception of a handler. */
	static McpError internal() {
		return new McpError(INTERNAL);
	}

	/** The response to a request that the server has not responded to. */
	public static JSONRPCResponse response(JSONRPCRequest request, Throwable failure) {
		if (failure instanceof McpError error && error.getJsonRpcError() != null) {
			JSONRPCError intended = error.getJsonRpcError();
			return JSONRPCResponse.error(request.id(), (intended.code() == JsonRpcErrorCode.METHOD_NOT_FOUND)
					? new JSONRPCError(intended.code(), "Method not found") : intended);
		}
		if (failure instanceof JacksonException || failure instanceof IllegalArgumentException) {
			// The server reads the parameters before anything can fail on its side.
			return JSONRPCResponse.error(request.id(), INVALID_PARAMS);
		}
		log("The MCP server", failure);
		return JSONRPCResponse.error(request.id(), INTERNAL);
	}

	/**
	 * Log a failure. Messages of exceptions can contain what a client has sent, so they
	 * are logged at level DEBUG only.
	 */
	public static void log(String what, Throwable failure) {
		logger.error(what + " failed: " + failure.getClass().getName() + " (more at level DEBUG)");
		logger.debug(what + " failed", failure);
	}

	/**
	 * A server's response as a client may see it.
	 * @param response the response
	 * @param intended whether an error in it is one that the handler intends
	 */
	public static JSONRPCResponse presentable(JSONRPCResponse response, boolean intended) {
		JSONRPCError error = response.error();
		return (error != null && error.code() == JsonRpcErrorCode.INTERNAL_ERROR && !intended)
				? JSONRPCResponse.error(response.id(), INTERNAL) : response;
	}

}
