package io.mcpsecurity.transport;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.SubscriptionFilter;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The stream of a {@code subscriptions/listen}: notifications of the kinds that the
 * client has requested (MCP 2026-07-28, Subscriptions).
 */
final class ModernSubscription implements OpenStream {

	private static final String META = "_meta";

	private static final String SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";

	private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {
	};

	private final Object id;

	private final SubscriptionFilter filter;

	private final EventStream stream;

	private final JsonMapper json;

	/**
	 * Create.
	 * @param id the id of the request
	 * @param filter what the client gets
	 * @param stream the stream
	 * @param json writes messages
	 */
	ModernSubscription(Object id, SubscriptionFilter filter, EventStream stream, JsonMapper json) {
		this.id = id;
		this.filter = filter;
		this.stream = stream;
		this.json = json;
	}

	/**
	 * Send the first message, which says what the client gets.
	 * @param registration makes this object get notifications
	 */
	synchronized void acknowledge(Runnable registration) {
		registration.run();
		write(McpMethod.NOTIFICATIONS_SUBSCRIPTIONS_ACKNOWLEDGED.text(),
				Map.of("notifications", this.filter.members()));
		this.stream.open();
	}

	/**
	 * Send a notification of the server, if the client has requested its kind.
	 * @param method the method
	 * @param params the parameters as the MCP SDK models them, or {@code null}
	 */
	synchronized void send(String method, @Nullable Object params) {
		Map<String, Object> members = (params != null) ? this.json.convertValue(params, OBJECT) : Map.of();
		if (this.filter.matches(McpMethod.of(method), members.get("uri"))) {
			write(method, members);
		}
	}

	private void write(String method, Map<String, Object> params) {
		Map<String, Object> tagged = new LinkedHashMap<>(params);
		tagged.put(META, Map.of(SUBSCRIPTION_ID, this.id));
		this.stream.send(this.json.writeValueAsBytes(new JSONRPCNotification(method, tagged)));
	}

	@Override
	public void probe() {
		this.stream.probe();
	}

	/**
	 * Send the response, which says that the server has ended the stream, if the
	 * connection accepts it at once. No notification follows it.
	 */
	@Override
	public synchronized void end() {
		this.stream.send(this.json.writeValueAsBytes(JSONRPCResponse.result(this.id,
				Map.of("resultType", "complete", META, Map.of(SUBSCRIPTION_ID, this.id)))));
		this.stream.end();
	}

	@Override
	public @Nullable McpCaller caller() {
		return this.stream.caller();
	}

	@Override
	public @Nullable Instant expiry() {
		return this.stream.expiry();
	}

}
