package io.mcpsecurity.message;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * One JSON-RPC message of a client. It is parsed once: the policy decides about this
 * object, and the MCP server executes its {@link #params()}.
 *
 * @param id the id of a request or response, a {@link String}, {@link Integer} or
 * {@link Long}; {@code null} for a notification
 * @param method the method, or {@code null} for a response
 * @param target the target of the method, or {@code null} if the method has none
 * @param params the parameters of a request or notification as the MCP SDK expects them,
 * or {@code null} if there are none. They can contain secrets and are not part of
 * {@link #toString()}.
 * @param outcome the members {@code result} or {@code error} of a response, otherwise
 * {@code null}
 * @param meta the metadata of the request, or {@code null}
 */
public record McpMessage(@Nullable Object id, @Nullable String method, @Nullable McpTarget target,
		@Nullable Map<String, @Nullable Object> params, @Nullable Map<String, @Nullable Object> outcome,
		@Nullable RequestMeta meta) {

	/**
	 * Create a message without parameters.
	 * @param id the id, or {@code null}
	 * @param method the method, or {@code null} for a response
	 * @param target the target, or {@code null}
	 */
	public McpMessage(@Nullable Object id, @Nullable String method, @Nullable McpTarget target) {
		this(id, method, target, null, null, null);
	}

	/** Whether the message expects a response. */
	public boolean isRequest() {
		return this.id != null && this.method != null;
	}

	/**
	 * The resources to whose changes a client subscribes with
	 * {@code subscriptions/listen}.
	 */
	public List<McpTarget> subscriptions() {
		return (McpMethod.of(this.method) == McpMethod.SUBSCRIPTIONS_LISTEN)
				? SubscriptionFilter.of(this).resources().stream().map(McpTarget::resource).toList() : List.of();
	}

	/**
	 * Like {@link #target()}, for chaining.
	 */
	public Optional<McpTarget> targetIfAny() {
		return Optional.ofNullable(this.target);
	}

	/**
	 * The arguments of the call, or {@code null} if there are none. For
	 * {@code completion/complete} they are an object with the argument to complete and
	 * the arguments that the client already has:
	 * <code>{"argument":{"name":"value"},"context":{"other":"value"}}</code>, either of
	 * which may be missing.
	 */
	public @Nullable Object arguments() {
		if (this.params == null) {
			return null;
		}
		return switch (McpMethod.of(this.method)) {
			case TOOLS_CALL, PROMPTS_GET -> this.params.get("arguments");
			case COMPLETION_COMPLETE -> completion(this.params);
			default -> null;
		};
	}

	/**
	 * Whether the message can contain content without a limit: arguments, or the client's
	 * response to a request of the server.
	 */
	public boolean mayBeLong() {
		McpMethod method = McpMethod.of(this.method);
		return this.method == null || method == McpMethod.TOOLS_CALL || method == McpMethod.PROMPTS_GET;
	}

	private static @Nullable Object completion(Map<String, @Nullable Object> params) {
		Map<String, @Nullable Object> arguments = new HashMap<>();
		if (params.get("argument") instanceof Map<?, ?> argument && isScalar(argument.get("name"))) {
			Map<String, @Nullable Object> completed = new HashMap<>();
			completed.put(String.valueOf(argument.get("name")), argument.get("value"));
			arguments.put("argument", completed);
		}
		if (params.get("context") instanceof Map<?, ?> context && context.get("arguments") != null) {
			arguments.put("context", context.get("arguments"));
		}
		return arguments.isEmpty() ? null : arguments;
	}

	/** Whether the MCP SDK accepts a value as a name. */
	private static boolean isScalar(@Nullable Object value) {
		return value instanceof String || value instanceof Number || value instanceof Boolean;
	}

	/**
	 * This message without parameters, which can be large, for objects that outlive the
	 * call.
	 */
	public McpMessage withoutParams() {
		return (this.params != null || this.outcome != null)
				? new McpMessage(this.id, this.method, this.target, null, null, this.meta) : this;
	}

	/**
	 * The id as JSON text ({@code 7}, {@code "a"}), or {@code null} for a notification.
	 */
	public @Nullable String idText() {
		return (this.id != null) ? idText(this.id) : null;
	}

	/**
	 * An id as JSON text.
	 * @param id a {@link String} or an integer, or {@code null}
	 */
	public static String idText(@Nullable Object id) {
		return (id instanceof String text)
				? '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"'
				: String.valueOf(id);
	}

	@Override
	public String toString() {
		return "McpMessage[id=" + idText(this.id) + ", method=" + this.method + ", target=" + this.target + "]";
	}

}
