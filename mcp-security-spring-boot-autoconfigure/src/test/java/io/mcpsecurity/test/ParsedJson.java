package io.mcpsecurity.test;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON values as Java objects.
 */
public final class ParsedJson {

	private static final JsonMapper json = JsonMapper
		.builder(JsonFactory.builder()
			.streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(Integer.MAX_VALUE).build())
			.build())
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.build();

	private ParsedJson() {
	}

	/**
	 * Maps, lists, strings, booleans, {@code null}, and numbers of which nothing was
	 * lost.
	 */
	public static @Nullable Object of(String text) {
		return json.readValue(text, Object.class);
	}

}
