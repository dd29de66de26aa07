package io.mcpsecurity.transport;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

import io.mcpsecurity.InputRequiredException;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMethod;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.LoggingMessageNotification;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request of MCP 2026-07-28: the messages that may precede its response, and the form
 * of its response.
 */
final class ModernRequest implements Conversation {

	private static final String META = "_meta";

	private static final String SERVER_INFO = "io.modelcontextprotocol/serverInfo";

	/** "Resource not found" of the legacy revisions, which must not be sent. */
	private static final int RESOURCE_NOT_FOUND = -32002;

	private final McpExchange exchange;

	private final McpMethod method;

	private final @Nullable LoggingLevel logLevel;

	private final JsonNode serverInfo;

	private final JsonMapper json;

	private final Sessions sessions;

	private final UnaryOperator<String> seal;

	/**
	 * Create.
	 * @param exchange the exchange
	 * @param method the method
	 * @param logLevel the minimum level of the log messages that the client requests, an
	 * unvalidated value, or {@code null} if it requests none
	 * @param serverInfo the server as it describes itself
	 * @param json writes results
	 * @param sessions ends streams
	 * @param seal encrypts a state for the caller and the request
	 */
	ModernRequest(McpExchange exchange, McpMethod method, @Nullable Object logLevel, JsonNode serverInfo,
			JsonMapper json, Sessions sessions, UnaryOperator<String> seal) {
		this.exchange = exchange;
		this.method = method;
		this.logLevel = level(logLevel);
		this.serverInfo = serverInfo;
		this.json = json;
		this.sessions = sessions;
		this.seal = seal;
	}

	private static @Nullable LoggingLevel level(@Nullable Object level) {
		for (LoggingLevel known : LoggingLevel.values()) {
			if (known.name().equalsIgnoreCase(String.valueOf(level))) {
				return known;
			}
		}
		return null;
	}

	/**
	 * Progress, and the log messages that the client requests (MCP 2026-07-28, Logging).
	 * The server sends no requests.
	 */
	@Override
	public boolean permits(JSONRPCMessage message) {
		if (!(message instanceof JSONRPCNotification notification)) {
			return false;
		}
		return switch (McpMethod.of(notification.method())) {
			case NOTIFICATIONS_PROGRESS -> true;
			case NOTIFICATIONS_MESSAGE ->
				this.logLevel != null && notification.params() instanceof LoggingMessageNotification log
						&& log.level().level() >= this.logLevel.level();
			default -> false;
		};
	}

	@Override
	public boolean isCancelledByClosing() {
		return true;
	}

	@Override
	public void opened(OpenStream stream) {
		this.sessions.opened(stream);
	}

	@Override
	public void closed(OpenStream stream) {
		this.sessions.closed(stream);
	}

	/**
	 * The response of the MCP server in the form of this revision. What can be cached may
	 * be used by the same caller only, because it can depend on the caller, and is stale
	 * at once, because permissions can change at any time (MCP 2026-07-28, Caching).
	 */
	@Override
	public JSONRPCResponse form(JSONRPCResponse response) {
		JSONRPCError error = response.error();
		if (error != null) {
			return (error.code() != RESOURCE_NOT_FOUND) ? response : JSONRPCResponse.error(response.id(),
					new JSONRPCError(JsonRpcErrorCode.INVALID_PARAMS, error.message(), error.data()));
		}
		InputRequiredException required = this.exchange.inputRequired();
		return JSONRPCResponse.result(response.id(),
				(required != null) ? inputRequired(required) : complete(response.result()));
	}

	private Map<String, Object> complete(Object made) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("resultType", "complete");
		if (made instanceof Map<?, ?> listing) {
			listing.forEach((name, value) -> result.put(String.valueOf(name), value));
		}
		else {
			this.json.valueToTree(made).forEachEntry(result::put);
		}
		ObjectNode meta = (result.get(META) != null) ? this.json.valueToTree(result.get(META))
				: this.json.createObjectNode();
		result.put(META, meta.set(SERVER_INFO, this.serverInfo));
		if (this.method.isCacheable()) {
			result.put("ttlMs", 0);
			result.put("cacheScope", "private");
		}
		return result;
	}

	/**
	 * The requests to the client (MCP 2026-07-28, Multi Round-Trip Requests).
	 */
	private Map<String, Object> inputRequired(InputRequiredException required) {
		Map<String, Object> requests = new LinkedHashMap<>();
		required.getRequests()
			.forEach((key, request) -> requests.put(key,
					Map.of("method", request.method(), "params", request.params())));
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("resultType", "input_required");
		result.put("inputRequests", requests);
		if (required.getState() != null) {
			result.put("requestState", this.seal.apply(required.getState()));
		}
		result.put(META, Map.of(SERVER_INFO, this.serverInfo));
		return result;
	}

	@Override
	public int status(JSONRPCResponse formed) {
		return switch ((formed.error() != null) ? formed.error().code() : 0) {
			case JsonRpcErrorCode.METHOD_NOT_FOUND -> HttpServletResponse.SC_NOT_FOUND;
			case JsonRpcErrorCode.MISSING_CLIENT_CAPABILITY -> HttpServletResponse.SC_BAD_REQUEST;
			default -> HttpServletResponse.SC_OK;
		};
	}

}
