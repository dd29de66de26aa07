package io.mcpsecurity.observation;

import io.mcpsecurity.audit.EventText;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import org.jspecify.annotations.Nullable;

/**
 * Names and values by OpenTelemetry's semantic conventions for MCP servers (in
 * development, as of version 1.41). Deviations: {@code mcp.session.id} is a hash, because
 * the session id itself may be sufficient to use a session; span names do not contain
 * targets that are unknown or exceed the limit of labels.
 * <p>
 * Missing values of low cardinality are {@value #NONE}, because metrics always need the
 * same labels; {@link McpServerTracingObservationHandler} omits them from spans.
 */
public class DefaultMcpServerObservationConvention implements McpServerObservationConvention {

	/** The name of observations, and of their timer. */
	public static final String NAME = "mcp.server.operation.duration";

	static final String NONE = KeyValue.NONE_VALUE;

	private static final String OTHER_ERROR = "_OTHER";

	private static final int MAX_TEXT = 256;

	private static final int MAX_URI = 1024;

	@Override
	public String getName() {
		return NAME;
	}

	@Override
	public String getContextualName(McpServerObservationContext context) {
		String method = context.labels().method(context.request().message());
		String target = name(context, null);
		return target.equals(NONE) || target.equals(RequestLabels.UNKNOWN) || target.equals(RequestLabels.OTHER)
				? method : method + " " + target;
	}

	@Override
	public KeyValues getLowCardinalityKeyValues(McpServerObservationContext context) {
		McpExchange request = context.request();
		String tool = name(context, Kind.TOOL);
		String error = error(request);
		String code = code(request);
		return KeyValues.of("mcp.method.name", context.labels().method(request.message()), //
				"gen_ai.tool.name", tool, //
				"gen_ai.prompt.name", name(context, Kind.PROMPT), //
				"gen_ai.operation.name", tool.equals(NONE) ? NONE : "execute_tool", //
				"mcp.protocol.version", revision(request), //
				"error.type", (error != null) ? error : NONE, //
				"rpc.response.status_code", (code != null) ? code : NONE, //
				"network.transport", "tcp", //
				"network.protocol.name", "http");
	}

	@Override
	public KeyValues getHighCardinalityKeyValues(McpServerObservationContext context) {
		McpExchange request = context.request();
		if (!request.hasEnded()) {
			// Called at the start and at the end; the values are only used at the end.
			return KeyValues.empty();
		}
		McpMessage message = request.message();
		McpTarget target = (message != null) ? message.target() : null;
		KeyValues values = KeyValues.of("mcp.security.decision", request.verdict(), "mcp.security.reason",
				request.reason());
		values = add(values, "jsonrpc.request.id", (message != null) ? message.idText() : null, MAX_TEXT);
		values = add(values, "mcp.session.id", request.sessionIdHash(), MAX_TEXT);
		values = add(values, "client.address", request.connection().remoteAddress(), MAX_TEXT);
		return add(values, "mcp.resource.uri",
				(target != null && target.kind() == Kind.RESOURCE) ? target.name() : null, MAX_URI);
	}

	private static KeyValues add(KeyValues values, String key, @Nullable String value, int max) {
		return (value != null) ? values.and(key, EventText.ofSent(value, max)) : values;
	}

	/**
	 * The label of a request's target if it has the given kind; with {@code null}, if it
	 * is a tool or prompt.
	 */
	private static String name(McpServerObservationContext context, @Nullable Kind kind) {
		McpMessage message = context.request().message();
		McpTarget target = (message != null) ? message.target() : null;
		if (target == null || target.kind() == Kind.RESOURCE || (kind != null && target.kind() != kind)) {
			return NONE;
		}
		return context.labels().target(context.request());
	}

	private static String revision(McpExchange request) {
		String revision = request.revision();
		if (revision == null) {
			return NONE;
		}
		return McpRevision.exists(revision) ? revision : RequestLabels.UNKNOWN;
	}

	/**
	 * The kind of failure of a request.
	 * @return {@code null} if it has not failed
	 */
	static @Nullable String error(McpExchange request) {
		String code = code(request);
		if (code != null) {
			return code;
		}
		if (request.refusal() != null) {
			return String.valueOf(request.status());
		}
		Result result = request.result();
		return switch (result) {
			case SUCCESS -> null;
			case TOOL_ERROR -> "tool_error";
			case TIMEOUT -> "timeout";
			case EXCEPTION, PROTOCOL_ERROR, DENIED -> OTHER_ERROR;
		};
	}

	/**
	 * The code of the JSON-RPC error in the response. All codes that handlers define
	 * themselves have the same value.
	 */
	private static @Nullable String code(McpExchange request) {
		AccessDecision decision = request.decision();
		if (decision != null && decision.denied()) {
			return switch (decision.outcome()) {
				case FORBIDDEN -> String.valueOf(JsonRpcErrorCode.FORBIDDEN);
				case INSUFFICIENT_AUTHENTICATION -> String.valueOf(JsonRpcErrorCode.INSUFFICIENT_USER_AUTHENTICATION);
				case UNAUTHENTICATED -> String.valueOf(JsonRpcErrorCode.UNAUTHENTICATED);
				default -> String.valueOf(JsonRpcErrorCode.INSUFFICIENT_SCOPE);
			};
		}
		Integer code = request.errorCode();
		if (code == null) {
			return null;
		}
		// JSON-RPC 2.0 section 5.1: the defined codes, and those reserved for servers.
		boolean known = code == JsonRpcErrorCode.PARSE_ERROR || (code >= -32603 && code <= -32600)
				|| (code >= -32099 && code <= -32000);
		return known ? String.valueOf(code) : OTHER_ERROR;
	}

}
