package io.mcpsecurity.message;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Replaces the target of a message with a target that does not exist, so that the server
 * itself produces the response for unknown targets, and restores the requested target in
 * the response.
 * <p>
 * The name of the nonexistent target is generated at start and never sent to clients. It
 * contains many slashes, so that no resource template matches it: a variable does not
 * match a slash.
 */
public final class HiddenTarget {

	private static final String NAME = "x" + UUID.randomUUID().toString().replace("-", "") + ":" + "/".repeat(32);

	private HiddenTarget() {
	}

	/**
	 * The message with another target.
	 * @param message a message with a target
	 */
	public static McpMessage hide(McpMessage message) {
		return new McpMessage(message.id(), message.method(), message.target(), hide(message.params()),
				message.outcome(), message.meta());
	}

	private static @Nullable Map<String, @Nullable Object> hide(@Nullable Map<String, @Nullable Object> params) {
		if (params == null) {
			return null;
		}
		Map<String, @Nullable Object> hidden = renamed(params);
		if (params.get("ref") instanceof Map<?, ?> ref) {
			hidden.put("ref", renamed(ref));
		}
		return hidden;
	}

	private static Map<String, @Nullable Object> renamed(Map<?, ?> values) {
		Map<String, @Nullable Object> renamed = new LinkedHashMap<>();
		values.forEach((key, value) -> {
			boolean target = key.equals("name") || key.equals("uri");
			renamed.put((String) key, (target && value instanceof String) ? NAME : value);
		});
		return renamed;
	}

	/**
	 * Restore the requested target in a part of the response.
	 * @param value a part of the response
	 * @param name the name or URI of the requested target
	 */
	public static @Nullable Object reveal(@Nullable Object value, String name) {
		if (value instanceof String text) {
			return text.replace(NAME, name);
		}
		if (value instanceof Map<?, ?> members) {
			Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
			members.forEach((key, member) -> copy.put(key, reveal(member, name)));
			return copy;
		}
		return (value instanceof List<?> elements) ? elements.stream().map((each) -> reveal(each, name)).toList()
				: value;
	}

}
