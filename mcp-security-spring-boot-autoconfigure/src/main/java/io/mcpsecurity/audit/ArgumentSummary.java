package io.mcpsecurity.audit;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.audit.ArgumentSummaries.Mode;
import org.jspecify.annotations.Nullable;

/**
 * One summary in the making. Of an object or array it looks at what it shows, and counts
 * the rest: how long it takes does not depend on how large the arguments are, unless
 * values are digested.
 */
final class ArgumentSummary {

	/**
	 * What is kept of {@link ArgumentSummaries#MAX_LENGTH} for saying that something was
	 * left out, which every object and array around that place does.
	 */
	private static final int RESERVE = 32 * (ArgumentSummaries.MAX_DEPTH + 1);

	/** Longer than this is no name of anything. */
	private static final int LONGEST_NAME = 64;

	private final Mode mode;

	private final @Nullable ValueDigest digest;

	private final SensitiveNames names;

	private final Credentials credentials;

	private int room = ArgumentSummaries.MAX_LENGTH - RESERVE;

	/** Whether there is no more room. */
	private boolean full;

	ArgumentSummary(Mode mode, @Nullable ValueDigest digest, SensitiveNames names, Credentials credentials) {
		this.mode = mode;
		this.digest = digest;
		this.names = names;
		this.credentials = credentials;
	}

	@Nullable Object of(Object arguments, SensitiveParts sensitive) {
		return value(arguments, sensitive, 1);
	}

	/**
	 * Summarize a value.
	 * @return {@code null} when there is no room for it
	 */
	private @Nullable Object value(@Nullable Object value, SensitiveParts sensitive, int depth) {
		if (sensitive.hidden()) {
			return fitting(Credentials.MASK);
		}
		if (value instanceof Map<?, ?> object) {
			return (depth > ArgumentSummaries.MAX_DEPTH) ? fitting(EventText.MORE + "object(" + object.size() + ")")
					: object(object, sensitive, depth);
		}
		if (value instanceof List<?> array) {
			return (depth > ArgumentSummaries.MAX_DEPTH) ? fitting(EventText.MORE + "array(" + array.size() + ")")
					: array(array, sensitive, depth);
		}
		if (value == null) {
			return fitting("null");
		}
		// Spring AI takes a string for the object that it holds as JSON.
		return fitting(sensitive.hidesWithin() ? Credentials.MASK : scalar(value));
	}

	private @Nullable Object object(Map<?, ?> object, SensitiveParts sensitive, int depth) {
		if (!fits(2)) {
			return null;
		}
		boolean hidesValues = hidesValues(object);
		Map<String, Object> shown = new LinkedHashMap<>();
		Iterator<? extends Map.Entry<?, ?>> members = object.entrySet().iterator();
		while (members.hasNext() && shown.size() < ArgumentSummaries.MAX_MEMBERS && !this.full) {
			Map.Entry<?, ?> member = members.next();
			String name = (String) member.getKey();
			String key = key(name, shown);
			boolean hidden = (hidesValues && isValue(name)) || this.names.contains(name);
			SensitiveParts within = hidden ? SensitiveParts.ALL : sensitive.member(name);
			Object value = fits(length(key) + 1) ? value(member.getValue(), within, depth + 1) : null;
			if (value != null) {
				shown.put(key, value);
			}
		}
		if (this.full || members.hasNext()) {
			shown.put(EventText.MORE, more(object.size() - shown.size()));
		}
		return shown;
	}

	/**
	 * Whether the values in an object are sensitive: it is like
	 * {@code {"name":"password","value":"..."}}, or could be by the members that are not
	 * shown.
	 */
	private boolean hidesValues(Map<?, ?> object) {
		return object.size() > ArgumentSummaries.MAX_MEMBERS
				|| (object.keySet().stream().anyMatch(ArgumentSummary::isValue)
						&& object.values().stream().anyMatch(this::isSensitiveName));
	}

	private boolean isSensitiveName(@Nullable Object value) {
		return value instanceof String text && text.length() <= LONGEST_NAME && this.names.contains(text);
	}

	private static boolean isValue(Object name) {
		return "value".equalsIgnoreCase((String) name) || "values".equalsIgnoreCase((String) name);
	}

	/**
	 * The name of a member as it is shown. Two names that become the same when they are
	 * cut or masked are told apart by a number.
	 */
	private String key(String name, Map<String, Object> taken) {
		String key = this.credentials.mask(name, ArgumentSummaries.MAX_NAME);
		String unique = key;
		for (int i = 2; taken.containsKey(unique) || unique.equals(EventText.MORE); i++) {
			unique = key + "#" + i;
		}
		return unique;
	}

	private @Nullable Object array(List<?> array, SensitiveParts sensitive, int depth) {
		List<?> first = array.subList(0, Math.min(array.size(), ArgumentSummaries.MAX_MEMBERS));
		if (this.mode == Mode.MASKED
				&& first.stream().noneMatch((element) -> element instanceof Map || element instanceof List)) {
			return fitting("array(" + array.size() + ")");
		}
		if (!fits(2)) {
			return null;
		}
		List<Object> shown = new ArrayList<>();
		Iterator<?> elements = first.iterator();
		while (elements.hasNext() && !this.full) {
			Object value = value(elements.next(), sensitive.element(), depth + 1);
			if (value != null) {
				shown.add(value);
			}
		}
		if (this.full || first.size() < array.size()) {
			shown.add(EventText.MORE + more(array.size() - shown.size()));
		}
		return shown;
	}

	private String more(int count) {
		String more = this.full ? "more" : count + " more";
		this.room -= more.length() + 6;
		return more;
	}

	private Object scalar(Object value) {
		if (this.digest != null) {
			return this.digest.of(value);
		}
		boolean masked = this.mode == Mode.MASKED;
		if (value instanceof String text) {
			return masked ? "string(" + text.length() + ")" : this.credentials.mask(text, ArgumentSummaries.MAX_STRING);
		}
		if (value instanceof Number number) {
			return masked ? "number" : number(number);
		}
		return masked ? "boolean" : (Boolean) value;
	}

	/**
	 * A number, or its text when no {@code long} or {@code double} is exactly this
	 * number: what a reader of events would make of it is uncertain.
	 */
	private static Object number(Number number) {
		if (number instanceof Integer || number instanceof Long) {
			return number.longValue();
		}
		double nearest = number.doubleValue();
		boolean exact = !(number instanceof BigInteger) && Double.isFinite(nearest)
				&& BigDecimal.valueOf(nearest).compareTo(new BigDecimal(number.toString())) == 0;
		return exact ? (Object) nearest : EventText.of(number.toString(), ArgumentSummaries.MAX_STRING);
	}

	/**
	 * A string, number or boolean, if there is room for it.
	 */
	private @Nullable Object fitting(Object value) {
		return fits((value instanceof String text) ? length(text) : value.toString().length()) ? value : null;
	}

	/**
	 * Take room for so many chars and a comma.
	 */
	private boolean fits(int length) {
		if (this.full || this.room < length + 1) {
			this.full = true;
			return false;
		}
		this.room -= length + 1;
		return true;
	}

	/**
	 * How many chars a safe string has in JSON.
	 */
	private static int length(String text) {
		int length = text.length() + 2;
		for (int i = 0; i < text.length(); i++) {
			length += (text.charAt(i) == '"' || text.charAt(i) == '\\') ? 1 : 0;
		}
		return length;
	}

}
