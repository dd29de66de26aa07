package io.mcpsecurity.message;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a body strictly as exactly one JSON-RPC 2.0 message. The body is not parsed
 * again: the policy decides about the returned message, and the MCP server executes it.
 * <p>
 * The reader refuses anything but UTF-8, a byte order mark, arrays (MCP removed JSON-RPC
 * batches with revision 2025-06-18), a second document, duplicate keys at any depth, keys
 * that differ from known keys only in case, values of other types than JSON-RPC 2.0 and
 * MCP define, nesting beyond the limit, and names and URIs of more than
 * {@value #MAX_NAME_LENGTH} chars.
 * <p>
 * Instances are immutable and safe for use by several threads.
 */
public final class McpMessageReader {

	/**
	 * The maximum length of the name or URI of a target, in chars. RFC 9110 section 4.1
	 * recommends to support URIs of at least this length. The limit bounds the time to
	 * compare a name with all rules.
	 */
	static final int MAX_NAME_LENGTH = 8000;

	private static final Set<String> ENVELOPE = Set.of("jsonrpc", "id", "method", "params", "result", "error");

	private static final Set<String> PARAMS = Set.of("name", "uri", "ref", "arguments", "argument", "context", "_meta",
			"protocolVersion", "inputResponses", "requestState", "notifications");

	private static final Set<String> REF = Set.of("type", "name", "uri");

	private static final Set<String> ARGUMENT = Set.of("name", "value");

	private static final Set<String> CONTEXT = Set.of("arguments");

	/** The longest key of the sets above. */
	private static final int LONGEST_KEY = 15;

	/**
	 * The number of characters that are decoded at a time; at least two, for surrogate
	 * pairs.
	 */
	private static final int WINDOW = 1024;

	/** The number of bytes of a character in UTF-32. */
	private static final int WIDEST_CHARACTER = 4;

	/**
	 * The longest method of MCP has 36 characters. The limit is shorter than an access
	 * token.
	 */
	private static final int MAX_METHOD = 128;

	private final ObjectReader json;

	/**
	 * Create a reader.
	 * @param maxDepth the maximum nesting depth of objects and arrays; positive
	 */
	public McpMessageReader(int maxDepth) {
		this.json = JsonMapper
			.builder(JsonFactory.builder()
				.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
				.streamReadConstraints(StreamReadConstraints.builder()
					.maxNestingDepth(maxDepth)
					.maxStringLength(Integer.MAX_VALUE)
					.maxNameLength(1024)
					.build())
				.build())
			.build()
			.readerForMapOf(Object.class);
	}

	/**
	 * Read one message.
	 * @param body the body of the request
	 * @return the message
	 * @throws InvalidMessageException if the body is not exactly one well-formed message
	 */
	public McpMessage read(byte[] body) throws InvalidMessageException {
		checkEncoding(body);
		return message(parse(body));
	}

	private Map<String, @Nullable Object> parse(byte[] body) throws InvalidMessageException {
		try (JsonParser parser = this.json.createParser(body)) {
			JsonToken first = parser.nextToken();
			if (first != JsonToken.START_OBJECT) {
				throw invalid(
						(first == JsonToken.START_ARRAY) ? "batches are not accepted" : "a message is a JSON object",
						null);
			}
			Map<String, @Nullable Object> message = this.json.readValue(parser);
			if (parser.nextToken() != null) {
				throw invalid("only one message is accepted", null);
			}
			return message;
		}
		catch (JacksonException ex) {
			throw parseError("the body is not valid JSON");
		}
	}

	/**
	 * Check that a body is UTF-8 without a byte order mark, and that the parser does not
	 * detect it as UTF-16 or UTF-32.
	 */
	private static void checkEncoding(byte[] body) throws InvalidMessageException {
		if (!isUtf8(body)) {
			throw parseError("the body is not valid UTF-8");
		}
		if (body.length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF) {
			throw parseError("a byte order mark is not accepted");
		}
		for (int i = 0; i < Math.min(body.length, WIDEST_CHARACTER); i++) {
			if (body[i] == 0) {
				throw parseError("the body is not valid JSON");
			}
		}
	}

	/**
	 * Whether a body is UTF-8. A decoder is used because it reports malformed input,
	 * which the constructors of String replace.
	 */
	private static boolean isUtf8(byte[] body) {
		int ascii = 0;
		while (ascii < body.length && body[ascii] >= 0) {
			ascii++;
		}
		if (ascii == body.length) {
			return true;
		}
		CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
		ByteBuffer in = ByteBuffer.wrap(body, ascii, body.length - ascii);
		CharBuffer out = CharBuffer.allocate(WINDOW);
		CoderResult result = decoder.decode(in, out, true);
		while (result.isOverflow()) {
			out.clear();
			result = decoder.decode(in, out, true);
		}
		return result.isUnderflow();
	}

	private static McpMessage message(Map<String, @Nullable Object> members) throws InvalidMessageException {
		Object id = id(members);
		checkKeys(members, ENVELOPE, id);
		if (!"2.0".equals(members.get("jsonrpc"))) {
			throw invalid("jsonrpc must be \"2.0\"", id);
		}
		boolean response = members.containsKey("result") || members.containsKey("error");
		if (members.containsKey("method")) {
			String method = method(members.get("method"), id);
			if (response) {
				throw invalid("a message has a method or a result, not both", id);
			}
			Map<String, @Nullable Object> params = params(members.get("params"), id);
			RequestMeta meta = (params != null) ? RequestMeta.of(params.get("_meta")) : null;
			McpMessage message = new McpMessage(id, method, null, params, null, meta);
			boolean unknown = McpRevision.isModern(message, Set.of()) && !McpMethod.of(method).isModern();
			return unknown ? message : new McpMessage(id, method, target(method, params, id), params, null, meta);
		}
		if (!response || id == null) {
			throw invalid("a message has a method, or an id with a result or an error", id);
		}
		return new McpMessage(id, null, null, null, outcome(members, id), null);
	}

	private static @Nullable Object id(Map<String, @Nullable Object> members) throws InvalidMessageException {
		Object id = members.get("id");
		if (id instanceof String || id instanceof Integer || id instanceof Long || !members.containsKey("id")) {
			return id;
		}
		throw invalid("id must be a string or an integer of 64 bits", null);
	}

	private static String method(@Nullable Object value, @Nullable Object id) throws InvalidMessageException {
		if (!(value instanceof String method)) {
			throw invalid("method must be a string", id);
		}
		// The MCP SDK logs the names of methods.
		if (method.length() > MAX_METHOD) {
			throw invalid("method must not be longer than " + MAX_METHOD + " characters", id);
		}
		if (method.chars().anyMatch(Character::isISOControl)) {
			throw invalid("method must not contain control characters", id);
		}
		return method;
	}

	private static @Nullable Map<String, @Nullable Object> params(@Nullable Object value, @Nullable Object id)
			throws InvalidMessageException {
		Map<String, @Nullable Object> params = object(value);
		if (params == null) {
			if (value != null) {
				throw invalid("params must be an object", id);
			}
			return null;
		}
		checkKeys(params, PARAMS, id);
		// Parsers could interpret a name or URI of another type differently.
		for (String name : new String[] { "name", "uri", "protocolVersion" }) {
			if (params.containsKey(name) && !(params.get(name) instanceof String)) {
				throw noString("params." + name, id);
			}
		}
		checkKeys(object(params.get("ref")), REF, id);
		checkKeys(object(params.get("argument")), ARGUMENT, id);
		checkKeys(object(params.get("context")), CONTEXT, id);
		return params;
	}

	private static Map<String, @Nullable Object> outcome(Map<String, @Nullable Object> members, Object id)
			throws InvalidMessageException {
		if (members.containsKey("result") && members.containsKey("error")) {
			throw invalid("a response has a result or an error, not both", id);
		}
		if (members.containsKey("error")) {
			Map<String, @Nullable Object> error = object(members.get("error"));
			if (error == null || !(error.get("code") instanceof Integer) || !(error.get("message") instanceof String)) {
				throw invalid("error must have a code and a message", id);
			}
		}
		return members;
	}

	@SuppressWarnings("unchecked")
	private static @Nullable Map<String, @Nullable Object> object(@Nullable Object value) {
		return (value instanceof Map<?, ?>) ? (Map<String, @Nullable Object>) value : null;
	}

	/**
	 * Refuse keys that differ from a known key only in case: some parsers ignore case.
	 */
	private static void checkKeys(@Nullable Map<String, @Nullable Object> members, Set<String> known,
			@Nullable Object id) throws InvalidMessageException {
		for (String key : (members != null) ? members.keySet() : Set.<String>of()) {
			if (key.length() <= LONGEST_KEY && !known.contains(key)) {
				for (String name : known) {
					if (name.equalsIgnoreCase(key)) {
						throw invalid("the key '" + name + "' must be written exactly so", id);
					}
				}
			}
		}
	}

	private static @Nullable McpTarget target(String method, @Nullable Map<String, @Nullable Object> params,
			@Nullable Object id) throws InvalidMessageException {
		return switch (McpMethod.of(method)) {
			case TOOLS_CALL -> McpTarget.tool(required(params, "name", "params.name", id));
			case PROMPTS_GET -> McpTarget.prompt(required(params, "name", "params.name", id));
			case RESOURCES_READ, RESOURCES_SUBSCRIBE, RESOURCES_UNSUBSCRIBE ->
				McpTarget.resource(required(params, "uri", "params.uri", id));
			case COMPLETION_COMPLETE -> {
				Map<String, @Nullable Object> argument = (params != null) ? object(params.get("argument")) : null;
				// The MCP SDK logs the names of arguments that do not exist.
				if (argument != null && argument.get("name") instanceof String name
						&& (name.length() > MAX_NAME_LENGTH || name.chars().anyMatch(Character::isISOControl))) {
					throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
							"Invalid params: params.argument.name must be shorter, without control characters", id);
				}
				yield reference((params != null) ? object(params.get("ref")) : null, id);
			}
			case INITIALIZE -> {
				required(params, "protocolVersion", "params.protocolVersion", id);
				yield null;
			}
			case SUBSCRIPTIONS_LISTEN -> {
				if (params != null && !SubscriptionFilter.isValid(params.get("notifications"),
						(uri) -> uri.length() <= MAX_NAME_LENGTH)) {
					throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
							"Invalid params: params.notifications is not a filter of notifications of at most "
									+ SubscriptionFilter.MAX_RESOURCES + " resources",
							id);
				}
				yield null;
			}
			default -> null;
		};
	}

	private static McpTarget reference(@Nullable Map<String, @Nullable Object> ref, @Nullable Object id)
			throws InvalidMessageException {
		return switch (required(ref, "type", "params.ref.type", id)) {
			case "ref/prompt" -> McpTarget.prompt(required(ref, "name", "params.ref.name", id));
			case "ref/resource" -> McpTarget.resource(required(ref, "uri", "params.ref.uri", id));
			default -> throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
					"Invalid params: params.ref.type must be ref/prompt or ref/resource", id);
		};
	}

	private static String required(@Nullable Map<String, @Nullable Object> values, String key, String path,
			@Nullable Object id) throws InvalidMessageException {
		if (values == null || !(values.get(key) instanceof String value)) {
			throw noString(path, id);
		}
		if (value.length() > MAX_NAME_LENGTH) {
			throw new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
					"Invalid params: " + path + " must not be longer than " + MAX_NAME_LENGTH + " characters", id);
		}
		return value;
	}

	private static InvalidMessageException noString(String path, @Nullable Object id) {
		return new InvalidMessageException(JsonRpcErrorCode.INVALID_PARAMS,
				"Invalid params: " + path + " must be a string", id);
	}

	private static InvalidMessageException invalid(String reason, @Nullable Object id) {
		return new InvalidMessageException(JsonRpcErrorCode.INVALID_REQUEST, "Invalid request: " + reason, id);
	}

	private static InvalidMessageException parseError(String reason) {
		return new InvalidMessageException(JsonRpcErrorCode.PARSE_ERROR, "Parse error: " + reason, null);
	}

}
