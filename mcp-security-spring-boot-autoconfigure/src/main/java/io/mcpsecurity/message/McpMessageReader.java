package io.mcpsecurity.message;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a body as exactly one JSON-RPC 2.0 message, strictly: whatever two readers could
 * understand differently is refused, because the gate decides by this reading and the
 * transport executes by its own.
 * <p>
 * Refused are: anything but UTF-8, a byte order mark, arrays (JSON-RPC batches left MCP
 * with revision 2025-06-18), a second document, duplicate keys at any depth, keys that
 * differ from the ones below only in case, values of another type than JSON-RPC 2.0 and
 * MCP give them, nesting beyond the limit, and names and URIs of more than
 * {@value #MAX_NAME_LENGTH} chars.
 * <p>
 * Instances are immutable and safe for use by several threads.
 */
public final class McpMessageReader {

	/**
	 * How long the name or URI of a target may be, in chars: what every URI of a web
	 * server may be at least (RFC 9110 section 4.1), and little enough for comparing it
	 * with every rule.
	 */
	static final int MAX_NAME_LENGTH = 8000;

	private static final Set<String> ENVELOPE = Set.of("jsonrpc", "id", "method", "params", "result", "error");

	private static final Set<String> PARAMS = Set.of("name", "uri", "ref", "arguments", "argument", "context", "_meta",
			"protocolVersion");

	private static final Set<String> REF = Set.of("type", "name", "uri");

	private static final Set<String> ARGUMENT = Set.of("name", "value");

	private static final Set<String> CONTEXT = Set.of("arguments");

	/** How many characters are decoded at a time: at least the two of a pair. */
	private static final int WINDOW = 1024;

	/** How many bytes a character has in UTF-32. */
	private static final int WIDEST_CHARACTER = 4;

	private static final byte[] BYTE_ORDER_MARK = { (byte) 0xEF, (byte) 0xBB, (byte) 0xBF };

	/** The longest method of MCP has 36 characters; a token has several hundred. */
	private static final int MAX_METHOD = 128;

	private final JsonFactory json;

	/**
	 * Create a reader.
	 * @param maxDepth how deep objects and arrays may nest; positive
	 */
	public McpMessageReader(int maxDepth) {
		this.json = JsonFactory.builder()
			.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
			.streamReadConstraints(StreamReadConstraints.builder()
				.maxNestingDepth(maxDepth)
				.maxStringLength(Integer.MAX_VALUE)
				.maxNameLength(1024)
				.build())
			.build();
	}

	/**
	 * Read one message.
	 * @param body the request's body
	 * @return what it asks for
	 * @throws InvalidMessageException if it is not exactly one well-formed message
	 */
	public McpMessage read(byte[] body) throws InvalidMessageException {
		checkEncoding(body);
		Reading reading = new Reading(body);
		try (JsonParser parser = this.json.createParser(ObjectReadContext.empty(), body)) {
			reading.message(parser);
			if (parser.nextToken() != null) {
				throw reading.invalid("only one message is accepted");
			}
		}
		catch (JacksonException ex) {
			throw parseError("the body is not valid JSON", reading.id);
		}
		return reading.result();
	}

	/**
	 * Check that a body is what the parser and the transport behind the gate take for the
	 * same text: UTF-8 without a byte order mark, and without what the parser would take
	 * for UTF-16 or UTF-32.
	 */
	private static void checkEncoding(byte[] body) throws InvalidMessageException {
		if (!isUtf8(body)) {
			throw parseError("the body is not valid UTF-8", null);
		}
		if (body.length >= BYTE_ORDER_MARK.length
				&& Arrays.equals(body, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length)) {
			throw parseError("a byte order mark is not accepted", null);
		}
		for (int i = 0; i < Math.min(body.length, WIDEST_CHARACTER); i++) {
			if (body[i] == 0) {
				throw parseError("the body is not valid JSON", null);
			}
		}
	}

	private static InvalidMessageException parseError(String reason, @Nullable String id) {
		return new InvalidMessageException(JsonRpcErrorCode.PARSE_ERROR, "Parse error: " + reason, id);
	}

	/**
	 * Whether a body is UTF-8. The decoder reports malformed input; String's own decoding
	 * would replace it.
	 */
	private static boolean isUtf8(byte[] body) {
		CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
		ByteBuffer in = ByteBuffer.wrap(body);
		CharBuffer out = CharBuffer.allocate(Math.min(body.length, WINDOW));
		CoderResult result = decoder.decode(in, out, true);
		while (result.isOverflow()) {
			out.clear();
			result = decoder.decode(in, out, true);
		}
		return result.isUnderflow();
	}

	/**
	 * What has been read so far of one message.
	 */
	private static final class Reading {

		private final Map<String, @Nullable String> params = new HashMap<>();

		private final Map<String, @Nullable String> ref = new HashMap<>();

		private final Map<String, @Nullable String> meta = new HashMap<>();

		private final Map<String, @Nullable String> clientInfo = new HashMap<>();

		private final byte[] body;

		private @Nullable JsonText arguments;

		private @Nullable String completedName;

		private @Nullable JsonText completedValue;

		private @Nullable JsonText contextArguments;

		private @Nullable String id;

		private @Nullable String method;

		private boolean version;

		private boolean response;

		Reading(byte[] body) {
			this.body = body;
		}

		void message(JsonParser parser) throws InvalidMessageException {
			JsonToken first = parser.nextToken();
			if (first == JsonToken.START_ARRAY) {
				throw invalid("batches are not accepted");
			}
			if (first != JsonToken.START_OBJECT) {
				throw invalid("a message is a JSON object");
			}
			while (parser.nextToken() != JsonToken.END_OBJECT) {
				String key = key(parser, ENVELOPE);
				JsonToken value = parser.nextToken();
				switch (key) {
					case "jsonrpc" -> {
						this.version = value == JsonToken.VALUE_STRING && "2.0".equals(parser.getString());
						parser.skipChildren();
					}
					case "id" -> this.id = id(parser, value);
					case "method" -> this.method = method(parser, value);
					case "params" -> params(parser, value);
					case "result", "error" -> {
						this.response = true;
						parser.skipChildren();
					}
					default -> parser.skipChildren();
				}
			}
		}

		private String id(JsonParser parser, JsonToken value) throws InvalidMessageException {
			return switch (value) {
				case VALUE_STRING -> quote(parser.getString());
				case VALUE_NUMBER_INT -> {
					if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
						// The MCP SDK takes no such id.
						throw invalid("an integer id must fit into 64 bits");
					}
					yield parser.getString();
				}
				default -> throw invalid("id must be a string or an integer");
			};
		}

		private String method(JsonParser parser, JsonToken value) throws InvalidMessageException {
			if (value != JsonToken.VALUE_STRING) {
				throw invalid("method must be a string");
			}
			// The server behind writes the names of methods into its log.
			String method = parser.getString();
			if (method.length() > MAX_METHOD) {
				throw invalid("method must not be longer than " + MAX_METHOD + " characters");
			}
			for (int i = 0; i < method.length(); i++) {
				if (Character.isISOControl(method.charAt(i))) {
					throw invalid("method must not contain control characters");
				}
			}
			return method;
		}

		private void params(JsonParser parser, JsonToken value) throws InvalidMessageException {
			if (value == JsonToken.VALUE_NULL) {
				return;
			}
			if (value != JsonToken.START_OBJECT) {
				throw invalid("params must be an object");
			}
			while (parser.nextToken() != JsonToken.END_OBJECT) {
				String key = key(parser, PARAMS);
				JsonToken member = parser.nextToken();
				switch (key) {
					case "ref", "argument", "context", "_meta" -> {
						if (member == JsonToken.START_OBJECT) {
							object(key, parser);
						}
						parser.skipChildren();
					}
					case "arguments" -> this.arguments = (member != JsonToken.VALUE_NULL) ? part(parser) : null;
					case "name", "uri", "protocolVersion" -> this.params.put(key, name(key, parser, member));
					default -> parser.skipChildren();
				}
			}
		}

		/**
		 * Of what has a name or URI where it has no target, nobody knows what a reader
		 * makes.
		 */
		private String name(String key, JsonParser parser, JsonToken value) throws InvalidMessageException {
			if (value != JsonToken.VALUE_STRING) {
				throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
						"Invalid params: params." + key + " must be a string", this.id);
			}
			return parser.getString();
		}

		private void object(String key, JsonParser parser) throws InvalidMessageException {
			switch (key) {
				case "ref" -> ref(parser);
				case "argument" -> argument(parser);
				case "context" -> context(parser);
				default -> meta(parser);
			}
		}

		private void ref(JsonParser parser) throws InvalidMessageException {
			while (parser.nextToken() != JsonToken.END_OBJECT) {
				String key = key(parser, REF);
				keep(this.ref, key, parser.nextToken(), parser, REF);
			}
		}

		private void argument(JsonParser parser) throws InvalidMessageException {
			while (parser.nextToken() != JsonToken.END_OBJECT) {
				String key = key(parser, ARGUMENT);
				JsonToken value = parser.nextToken();
				if (key.equals("name") && value.isScalarValue() && value != JsonToken.VALUE_NULL) {
					this.completedName = parser.getString();
				}
				if (key.equals("value")) {
					this.completedValue = part(parser);
				}
				parser.skipChildren();
			}
		}

		private void context(JsonParser parser) throws InvalidMessageException {
			while (parser.nextToken() != JsonToken.END_OBJECT) {
				String key = key(parser, CONTEXT);
				if (parser.nextToken() != JsonToken.VALUE_NULL && key.equals("arguments")) {
					this.contextArguments = part(parser);
				}
				parser.skipChildren();
			}
		}

		private void meta(JsonParser parser) {
			while (parser.nextToken() != JsonToken.END_OBJECT) {
				String key = parser.currentName();
				JsonToken value = parser.nextToken();
				if (key.equals(RequestMeta.CLIENT_INFO) && value == JsonToken.START_OBJECT) {
					while (parser.nextToken() != JsonToken.END_OBJECT) {
						String member = parser.currentName();
						keep(this.clientInfo, member, parser.nextToken(), parser, RequestMeta.CLIENT_INFO_KEYS);
					}
				}
				else {
					keep(this.meta, key, value, parser, RequestMeta.KEYS);
				}
			}
		}

		/**
		 * Where the value is that the parser has come to. Moves the parser to its end.
		 */
		private JsonText part(JsonParser parser) {
			long start = parser.currentTokenLocation().getByteOffset();
			parser.skipChildren();
			// A string is read to its end only when somebody wants it.
			parser.finishToken();
			return new JsonText(this.body, Math.toIntExact(start),
					Math.toIntExact(parser.currentLocation().getByteOffset()));
		}

		/**
		 * Keep the values of the known keys; another type than a string is kept as
		 * {@code null}, which is only wrong when the method needs the value.
		 */
		private void keep(Map<String, @Nullable String> values, String key, JsonToken value, JsonParser parser,
				Set<String> known) {
			if (known.contains(key)) {
				values.put(key, (value == JsonToken.VALUE_STRING) ? parser.getString() : null);
			}
			parser.skipChildren();
		}

		private String key(JsonParser parser, Set<String> known) throws InvalidMessageException {
			String key = parser.currentName();
			if (!known.contains(key)) {
				for (String name : known) {
					if (name.equalsIgnoreCase(key)) {
						throw invalid("the key '" + name + "' must be written exactly so");
					}
				}
			}
			return key;
		}

		McpMessage result() throws InvalidMessageException {
			if (!this.version) {
				throw invalid("jsonrpc must be \"2.0\"");
			}
			if (this.method == null) {
				if (!this.response || this.id == null) {
					throw invalid("a message has a method, or an id with a result or an error");
				}
				return new McpMessage(this.id, null, null);
			}
			if (this.response) {
				throw invalid("a message has a method or a result, not both");
			}
			return new McpMessage(this.id, this.method, target(this.method), arguments(this.method),
					RequestMeta.of(this.meta, this.clientInfo));
		}

		private @Nullable JsonText arguments(String method) {
			return switch (method) {
				case "tools/call", "prompts/get" -> this.arguments;
				case "completion/complete" -> completion();
				default -> null;
			};
		}

		private @Nullable JsonText completion() {
			List<String> members = new ArrayList<>();
			if (this.completedName != null) {
				String value = (this.completedValue != null) ? this.completedValue.text() : "null";
				members.add("\"argument\":{" + quote(this.completedName) + ":" + value + "}");
			}
			if (this.contextArguments != null) {
				members.add("\"context\":" + this.contextArguments.text());
			}
			return members.isEmpty() ? null : JsonText.of("{" + String.join(",", members) + "}");
		}

		private static String quote(String text) {
			return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"';
		}

		private @Nullable McpTarget target(String method) throws InvalidMessageException {
			return switch (method) {
				case "tools/call" -> McpTarget.tool(required(this.params, "name", "params.name"));
				case "prompts/get" -> McpTarget.prompt(required(this.params, "name", "params.name"));
				case "resources/read", "resources/subscribe", "resources/unsubscribe" ->
					McpTarget.resource(required(this.params, "uri", "params.uri"));
				case "completion/complete" -> reference();
				case "initialize" -> {
					required(this.params, "protocolVersion", "params.protocolVersion");
					yield null;
				}
				default -> null;
			};
		}

		private McpTarget reference() throws InvalidMessageException {
			String type = required(this.ref, "type", "params.ref.type");
			return switch (type) {
				case "ref/prompt" -> McpTarget.prompt(required(this.ref, "name", "params.ref.name"));
				case "ref/resource" -> McpTarget.resource(required(this.ref, "uri", "params.ref.uri"));
				default -> throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
						"Invalid params: params.ref.type must be ref/prompt or ref/resource", this.id);
			};
		}

		private String required(Map<String, @Nullable String> values, String key, String path)
				throws InvalidMessageException {
			String value = values.get(key);
			if (value == null) {
				throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
						"Invalid params: " + path + " must be a string", this.id);
			}
			if (value.length() > MAX_NAME_LENGTH) {
				throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
						"Invalid params: " + path + " must not be longer than " + MAX_NAME_LENGTH + " characters",
						this.id);
			}
			return value;
		}

		InvalidMessageException invalid(String reason) {
			return new InvalidMessageException(JsonRpcErrorCode.INVALID_REQUEST, "Invalid request: " + reason, this.id);
		}

	}

}
