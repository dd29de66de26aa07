package io.mcpsecurity.message;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Makes of a message one for a target that no server has, so that the server itself says
 * how it answers those, and takes that out of the answer again.
 * <p>
 * A mark is put before the names and URIs in the body. It is made up at start and never
 * told, is the scheme of a URI that nobody serves, and leaves templates templates.
 * Everything else of the body stays as it is, to the byte.
 */
public final class HiddenTarget {

	private static final String MARK = "x" + UUID.randomUUID().toString().replace("-", "") + ":";

	private static final Set<String> TARGETS = Set.of("/params/name", "/params/uri", "/params/ref/name",
			"/params/ref/uri");

	private static final int DEPTH = 3;

	/** The body has been accepted: what it contains is not limited a second time. */
	private static final JsonFactory JSON = JsonFactory.builder()
		.streamReadConstraints(StreamReadConstraints.builder()
			.maxNestingDepth(Integer.MAX_VALUE)
			.maxNameLength(Integer.MAX_VALUE)
			.maxStringLength(Integer.MAX_VALUE)
			.maxNumberLength(Integer.MAX_VALUE)
			.build())
		.build();

	private HiddenTarget() {
	}

	/**
	 * The body with another target.
	 * @param body a body that {@link McpMessageReader} has accepted
	 */
	public static byte[] hide(byte[] body) {
		ByteArrayOutputStream hidden = new ByteArrayOutputStream(body.length + 2 * MARK.length());
		int copied = 0;
		for (int start : starts(body)) {
			hidden.write(body, copied, start - copied);
			hidden.writeBytes(MARK.getBytes(StandardCharsets.US_ASCII));
			copied = start;
		}
		hidden.write(body, copied, body.length - copied);
		return hidden.toByteArray();
	}

	/**
	 * Where names and URIs begin, after the quotation mark.
	 */
	private static List<Integer> starts(byte[] body) {
		List<Integer> starts = new ArrayList<>();
		try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
			for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
				if (token == JsonToken.VALUE_STRING && parser.streamReadContext().getNestingDepth() <= DEPTH
						&& TARGETS.contains(parser.streamReadContext().pathAsPointer().toString())) {
					starts.add(Math.toIntExact(parser.currentTokenLocation().getByteOffset()) + 1);
				}
			}
		}
		return starts;
	}

	/**
	 * A text of the answer as it would be for the target that was asked for.
	 */
	public static String reveal(String text) {
		return text.replace(MARK, "");
	}

}
