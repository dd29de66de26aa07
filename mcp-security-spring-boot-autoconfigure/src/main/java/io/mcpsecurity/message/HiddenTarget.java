package io.mcpsecurity.message;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Makes of a message one for a target that no server has, so that the server itself
 * produces the response for unknown targets, and removes that from the response again.
 * <p>
 * A mark that is generated at start and never revealed is put before names and URIs.
 */
public final class HiddenTarget {

	private static final String MARK = "x" + UUID.randomUUID().toString().replace("-", "") + ":";

	private HiddenTarget() {
	}

	/**
	 * The message with another target.
	 */
	public static McpMessage hide(McpMessage message) {
		return new McpMessage(message.id(), message.method(), message.target(), hide(message.params()),
				message.outcome(), message.meta());
	}

	private static @Nullable Map<String, @Nullable Object> hide(@Nullable Map<String, @Nullable Object> params) {
		if (params == null) {
			return null;
		}
		Map<String, @Nullable Object> hidden = marked(params);
		if (params.get("ref") instanceof Map<?, ?> ref) {
			hidden.put("ref", marked(ref));
		}
		return hidden;
	}

	private static Map<String, @Nullable Object> marked(Map<?, ?> values) {
		Map<String, @Nullable Object> marked = new LinkedHashMap<>();
		values.forEach((key, value) -> {
			boolean target = key.equals("name") || key.equals("uri");
			marked.put((String) key, (target && value instanceof String name) ? MARK + name : value);
		});
		return marked;
	}

	/**
	 * A part of the response as it would be for the target that was asked for.
	 * @param value what a response contains
	 */
	public static @Nullable Object reveal(@Nullable Object value) {
		if (value instanceof String text) {
			return text.replace(MARK, "");
		}
		if (value instanceof Map<?, ?> members) {
			Map<Object, @Nullable Object> copy = new LinkedHashMap<>();
			members.forEach((name, member) -> copy.put(name, reveal(member)));
			return copy;
		}
		return (value instanceof List<?> elements) ? elements.stream().map(HiddenTarget::reveal).toList() : value;
	}

}
