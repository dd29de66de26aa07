package io.mcpsecurity.message;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The methods of the revisions of MCP from 2024-11-05 to 2026-07-28 that clients send to
 * servers, and the notifications of servers that depend on the revision. No other class
 * contains their names.
 */
public enum McpMethod {

	INITIALIZE("initialize"),

	PING("ping"),

	SERVER_DISCOVER("server/discover"),

	TOOLS_LIST("tools/list"),

	TOOLS_CALL("tools/call"),

	RESOURCES_LIST("resources/list"),

	RESOURCES_TEMPLATES_LIST("resources/templates/list"),

	RESOURCES_READ("resources/read"),

	RESOURCES_SUBSCRIBE("resources/subscribe"),

	RESOURCES_UNSUBSCRIBE("resources/unsubscribe"),

	PROMPTS_LIST("prompts/list"),

	PROMPTS_GET("prompts/get"),

	COMPLETION_COMPLETE("completion/complete"),

	LOGGING_SET_LEVEL("logging/setLevel"),

	TASKS_LIST("tasks/list"),

	TASKS_GET("tasks/get"),

	TASKS_RESULT("tasks/result"),

	TASKS_CANCEL("tasks/cancel"),

	SUBSCRIPTIONS_LISTEN("subscriptions/listen"),

	NOTIFICATIONS_INITIALIZED("notifications/initialized"),

	NOTIFICATIONS_CANCELLED("notifications/cancelled"),

	NOTIFICATIONS_PROGRESS("notifications/progress"),

	/** Sent by servers. */
	NOTIFICATIONS_MESSAGE("notifications/message"),

	NOTIFICATIONS_TOOLS_LIST_CHANGED("notifications/tools/list_changed"),

	NOTIFICATIONS_PROMPTS_LIST_CHANGED("notifications/prompts/list_changed"),

	NOTIFICATIONS_RESOURCES_LIST_CHANGED("notifications/resources/list_changed"),

	NOTIFICATIONS_RESOURCES_UPDATED("notifications/resources/updated"),

	NOTIFICATIONS_SUBSCRIPTIONS_ACKNOWLEDGED("notifications/subscriptions/acknowledged"),

	NOTIFICATIONS_ROOTS_LIST_CHANGED("notifications/roots/list_changed"),

	NOTIFICATIONS_TASKS_STATUS("notifications/tasks/status"),

	/** Any other method, or no method. */
	OTHER("");

	private static final Map<String, McpMethod> METHODS = Stream.of(values())
		.collect(Collectors.toUnmodifiableMap(McpMethod::text, Function.identity()));

	private final String text;

	McpMethod(String text) {
		this.text = text;
	}

	/**
	 * Find a method by its name.
	 * @param method the {@code method} of a message, or {@code null}
	 * @return the method, or {@link #OTHER}
	 */
	public static McpMethod of(@Nullable String method) {
		return (method != null) ? METHODS.getOrDefault(method, OTHER) : OTHER;
	}

	/** The name of the method in messages. */
	public String text() {
		return this.text;
	}

	/** Whether the response lists what a server offers. */
	public boolean isListing() {
		return switch (this) {
			case TOOLS_LIST, RESOURCES_LIST, RESOURCES_TEMPLATES_LIST, PROMPTS_LIST -> true;
			default -> false;
		};
	}

	/**
	 * Whether the response may ask for input of the client (MCP 2026-07-28, Multi
	 * Round-Trip Requests).
	 */
	public boolean mayRequireInput() {
		return this == TOOLS_CALL || this == RESOURCES_READ || this == PROMPTS_GET;
	}

	/**
	 * Whether clients may cache the result (MCP 2026-07-28, Caching).
	 */
	public boolean isCacheable() {
		return isListing() || this == RESOURCES_READ || this == SERVER_DISCOVER;
	}

	/**
	 * Whether clients use the method to discover what a server offers.
	 */
	public boolean isDiscovery() {
		return isListing() || this == INITIALIZE || this == NOTIFICATIONS_INITIALIZED || this == PING
				|| this == SERVER_DISCOVER;
	}

	/**
	 * Whether MCP 2026-07-28 has the method.
	 */
	public boolean isModern() {
		return switch (this) {
			case SERVER_DISCOVER, TOOLS_LIST, TOOLS_CALL, RESOURCES_LIST, RESOURCES_TEMPLATES_LIST, RESOURCES_READ,
					PROMPTS_LIST, PROMPTS_GET, COMPLETION_COMPLETE, SUBSCRIPTIONS_LISTEN ->
				true;
			default -> false;
		};
	}

	/**
	 * Whether HTTP requests with this method contain the name of the target in a header
	 * (MCP 2026-07-28, Streamable HTTP, Request Metadata).
	 */
	boolean hasNameHeader() {
		return mayRequireInput();
	}

	/** Whether it is a notification that servers of the MCP SDK handle. */
	public boolean isHandledNotification() {
		return this == NOTIFICATIONS_INITIALIZED || this == NOTIFICATIONS_ROOTS_LIST_CHANGED;
	}

}
