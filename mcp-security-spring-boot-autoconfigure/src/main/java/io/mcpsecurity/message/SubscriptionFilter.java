package io.mcpsecurity.message;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The notifications that a client requests with {@code subscriptions/listen} (MCP
 * 2026-07-28, Subscriptions, "Notification Filter").
 *
 * @param changes the notifications about changed listings
 * @param resources the URIs of the resources about whose changes the client is notified
 */
public record SubscriptionFilter(Set<McpMethod> changes, List<String> resources) {

	/**
	 * The maximum number of resources in a filter. A caller can have many streams, and
	 * each of their resources takes memory and a decision.
	 */
	static final int MAX_RESOURCES = 200;

	private static final String RESOURCES = "resourceSubscriptions";

	private static final Map<String, McpMethod> CHANGES = Map.of("toolsListChanged",
			McpMethod.NOTIFICATIONS_TOOLS_LIST_CHANGED, "promptsListChanged",
			McpMethod.NOTIFICATIONS_PROMPTS_LIST_CHANGED, "resourcesListChanged",
			McpMethod.NOTIFICATIONS_RESOURCES_LIST_CHANGED);

	/**
	 * The filter of a request.
	 * @param message a {@code subscriptions/listen}
	 */
	public static SubscriptionFilter of(McpMessage message) {
		Set<McpMethod> changes = EnumSet.noneOf(McpMethod.class);
		List<String> resources = List.of();
		if (message.params() != null && message.params().get("notifications") instanceof Map<?, ?> requested) {
			CHANGES.forEach((name, method) -> {
				if (Boolean.TRUE.equals(requested.get(name))) {
					changes.add(method);
				}
			});
			if (requested.get(RESOURCES) instanceof List<?> uris) {
				resources = uris.stream().map(String::valueOf).distinct().toList();
			}
		}
		return new SubscriptionFilter(changes, resources);
	}

	/**
	 * Check the form of a filter.
	 * @param notifications the value of {@code params.notifications}
	 */
	static boolean isValid(@Nullable Object notifications, Predicate<String> uri) {
		return notifications == null
				|| (notifications instanceof Map<?, ?> requested && (requested.get(RESOURCES) == null
						|| (requested.get(RESOURCES) instanceof List<?> uris && uris.size() <= MAX_RESOURCES
								&& uris.stream().allMatch((each) -> each instanceof String text && uri.test(text)))));
	}

	/**
	 * A part of this filter.
	 * @param changes the notifications to keep
	 * @param resources the URIs to keep
	 */
	public SubscriptionFilter only(Predicate<McpMethod> changes, Predicate<String> resources) {
		Set<McpMethod> kept = EnumSet.copyOf(this.changes);
		kept.removeIf(changes.negate());
		return new SubscriptionFilter(kept, this.resources.stream().filter(resources).toList());
	}

	/**
	 * Whether the client requests a notification.
	 * @param method the method of the notification
	 * @param uri its {@code params.uri}, or {@code null}
	 */
	public boolean matches(McpMethod method, @Nullable Object uri) {
		return this.changes.contains(method)
				|| (method == McpMethod.NOTIFICATIONS_RESOURCES_UPDATED && this.resources.contains(uri));
	}

	/**
	 * A message with this filter.
	 * @param message a {@code subscriptions/listen}
	 */
	public McpMessage in(McpMessage message) {
		Map<String, @Nullable Object> params = new LinkedHashMap<>(Objects.requireNonNull(message.params()));
		params.put("notifications", members());
		return new McpMessage(message.id(), message.method(), message.target(), params, message.outcome(),
				message.meta());
	}

	/**
	 * The filter as an object of a message.
	 */
	public Map<String, Object> members() {
		Map<String, Object> members = new LinkedHashMap<>();
		CHANGES.forEach((name, method) -> {
			if (this.changes.contains(method)) {
				members.put(name, true);
			}
		});
		if (!this.resources.isEmpty()) {
			members.put(RESOURCES, this.resources);
		}
		return members;
	}

}
