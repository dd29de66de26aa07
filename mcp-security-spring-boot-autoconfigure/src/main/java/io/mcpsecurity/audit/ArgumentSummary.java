package io.mcpsecurity.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Builds one summary. Values that are not shown are only counted, so the time for an
 * object or array does not depend on its size.
 */
final class ArgumentSummary {

	/**
	 * Capacity for the last member, which may be written when a single char is left, and
	 * for the counts of omitted members that every enclosing object and array adds
	 * afterwards.
	 */
	private static final int RESERVE = 2 * (ArgumentSummaries.MAX_NAME + ArgumentSummaries.MAX_STRING)
			+ 32 * (ArgumentSummaries.MAX_DEPTH + 1);

	private final boolean full;

	private final SensitiveNames names;

	private final Credentials credentials;

	/** The number of chars of JSON that are left. */
	private int left = ArgumentSummaries.MAX_LENGTH - RESERVE;

	ArgumentSummary(boolean full, SensitiveNames names) {
		this.full = full;
		this.names = names;
		this.credentials = new Credentials(names);
	}

	Object of(Object arguments) {
		return value(arguments, 1);
	}

	private Object value(@Nullable Object value, int depth) {
		if (value instanceof Map<?, ?> object) {
			return (depth <= ArgumentSummaries.MAX_DEPTH) ? object(object, depth)
					: counted(EventText.MORE + "object(" + object.size() + ")");
		}
		if (value instanceof List<?> array) {
			return (depth <= ArgumentSummaries.MAX_DEPTH) ? array(array, depth)
					: counted(EventText.MORE + "array(" + array.size() + ")");
		}
		return counted(this.full ? shown(value) : type(value));
	}

	private Object object(Map<?, ?> object, int depth) {
		this.left -= 3;
		boolean pair = namesSensitiveValue(object);
		Map<String, Object> shown = new LinkedHashMap<>();
		for (Map.Entry<?, ?> member : object.entrySet()) {
			if (isFull(shown.size())) {
				break;
			}
			String name = (String) member.getKey();
			boolean sensitive = this.names.contains(name) || (pair && name.startsWith("value"));
			String key = counted(unique(name, shown));
			shown.put(key, sensitive ? counted(Credentials.MASK) : value(member.getValue(), depth + 1));
		}
		if (shown.size() < object.size()) {
			shown.put(counted(EventText.MORE), counted((object.size() - shown.size()) + " more"));
		}
		return shown;
	}

	/** Whether an object is like {@code {"name":"password","value":"..."}}. */
	private boolean namesSensitiveValue(Map<?, ?> object) {
		return Stream.of("name", "key", "header")
			.anyMatch((key) -> object.get(key) instanceof String name && this.names.contains(name));
	}

	/**
	 * The name of a member as it is shown. Names that become equal by truncation or
	 * masking are numbered.
	 */
	private String unique(String name, Map<String, Object> taken) {
		String key = this.credentials.mask(name, ArgumentSummaries.MAX_NAME);
		String unique = key;
		for (int i = 2; taken.containsKey(unique) || unique.equals(EventText.MORE); i++) {
			unique = key + "#" + i;
		}
		return unique;
	}

	private Object array(List<?> array, int depth) {
		List<?> first = array.subList(0, Math.min(array.size(), ArgumentSummaries.MAX_MEMBERS));
		if (!this.full && first.stream().noneMatch((element) -> element instanceof Map || element instanceof List)) {
			return counted("array(" + array.size() + ")");
		}
		this.left -= 3;
		List<Object> shown = new ArrayList<>();
		for (Object element : first) {
			if (isFull(shown.size())) {
				break;
			}
			shown.add(value(element, depth + 1));
		}
		if (shown.size() < array.size()) {
			shown.add(counted(EventText.MORE + (array.size() - shown.size()) + " more"));
		}
		return shown;
	}

	private static String type(@Nullable Object value) {
		if (value instanceof String text) {
			return "string(" + text.length() + ")";
		}
		return (value == null) ? "null" : (value instanceof Number) ? "number" : "boolean";
	}

	/**
	 * The value itself. A number that is neither a {@code long} nor a finite
	 * {@code double} becomes text, because consumers of events may not be able to
	 * represent it.
	 */
	private Object shown(@Nullable Object value) {
		if (value instanceof String text) {
			return mayHoldDeclared(text) ? Credentials.MASK : this.credentials.mask(text, ArgumentSummaries.MAX_STRING);
		}
		boolean simple = value instanceof Boolean || value instanceof Integer || value instanceof Long
				|| (value instanceof Double number && Double.isFinite(number));
		return (value != null && simple) ? value : EventText.of(String.valueOf(value), ArgumentSummaries.MAX_STRING);
	}

	/**
	 * Whether a string can contain a member that is declared as sensitive: Spring AI also
	 * converts a string to the object that a parameter expects.
	 */
	private boolean mayHoldDeclared(String text) {
		String json = this.names.declaresAny() ? text.stripLeading() : "";
		return json.startsWith("{") || json.startsWith("[");
	}

	private boolean isFull(int members) {
		return members == ArgumentSummaries.MAX_MEMBERS || this.left <= 0;
	}

	/**
	 * Subtract the length of a string, number or boolean in JSON, including the char
	 * after it.
	 */
	private <T> T counted(T value) {
		String text = value.toString();
		int escapes = (int) text.chars().filter((c) -> c == '"' || c == '\\').count();
		this.left -= text.length() + escapes + 3;
		return value;
	}

}
