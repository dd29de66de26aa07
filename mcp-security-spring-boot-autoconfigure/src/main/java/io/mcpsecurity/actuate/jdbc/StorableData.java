package io.mcpsecurity.actuate.jdbc;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.security.web.authentication.WebAuthenticationDetails;

/**
 * The facts of an event as JSON that every supported database accepts. PostgreSQL refuses
 * U+0000, lone surrogates and numbers with too many digits; these are replaced, so that
 * no event is lost.
 */
final class StorableData {

	private static final int MAX_DEPTH = 100;

	/** U+0000 and lone surrogates. */
	private static final Pattern REFUSED = Pattern.compile("[\\x00\\p{Cs}]");

	private static final String REPLACEMENT = "\uFFFD";

	private static final TypeReference<Map<String, @Nullable Object>> MAP = new TypeReference<>() {
	};

	/** Reads without limits, because limits are applied when data is written. */
	private static final JsonMapper json = JsonMapper
		.builder(JsonFactory.builder()
			.streamReadConstraints(StreamReadConstraints.builder()
				.maxStringLength(Integer.MAX_VALUE)
				.maxNameLength(Integer.MAX_VALUE)
				.build())
			.build())
		.build();

	private StorableData() {
	}

	static String write(Map<String, ? extends @Nullable Object> data) {
		return json.writeValueAsString(clean(data, 0));
	}

	static Map<String, @Nullable Object> read(String data) {
		return json.readValue(data, MAP);
	}

	/** The string with U+FFFD in place of what PostgreSQL refuses. */
	static String clean(String string) {
		return REFUSED.matcher(string).replaceAll(REPLACEMENT);
	}

	private static @Nullable Object clean(@Nullable Object value, int depth) {
		boolean arbitrary = value instanceof BigDecimal || value instanceof BigInteger;
		if (value == null || value instanceof Boolean || (value instanceof Number && !arbitrary)) {
			return value;
		}
		if (value instanceof CharSequence || value instanceof Character || arbitrary) {
			return clean(value.toString());
		}
		if (depth >= MAX_DEPTH) {
			return "(nested too deeply)";
		}
		if (value instanceof Map<?, ?> map) {
			Map<String, @Nullable Object> clean = new LinkedHashMap<>();
			map.forEach((name, item) -> clean.put(clean(String.valueOf(name)), clean(item, depth + 1)));
			return clean;
		}
		if (value instanceof Collection<?> items) {
			List<@Nullable Object> clean = new ArrayList<>();
			items.forEach((item) -> clean.add(clean(item, depth + 1)));
			return clean;
		}
		return clean(describe(value), depth);
	}

	/**
	 * Values of other types occur only in events of an application. Their text may
	 * contain a secret (the text of {@link WebAuthenticationDetails} contains the id of
	 * the HTTP session), so {@code toString()} is used only for simple types.
	 */
	private static Object describe(Object value) {
		if (value instanceof WebAuthenticationDetails details) {
			return Map.of("remoteAddress", String.valueOf(details.getRemoteAddress()));
		}
		if (value instanceof Enum<?> || value instanceof UUID || value instanceof URI
				|| value instanceof TemporalAccessor) {
			return value.toString();
		}
		return "(" + value.getClass().getName() + ")";
	}

}
