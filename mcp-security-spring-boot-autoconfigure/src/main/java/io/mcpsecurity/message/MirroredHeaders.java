package io.mcpsecurity.message;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * The HTTP headers that repeat parts of a message, so that proxies can route and filter
 * without reading the body (MCP 2026-07-28, Streamable HTTP, Request Metadata). If a
 * header contradicted the body, a proxy would filter by something other than what is
 * executed.
 * <p>
 * They are required in requests of that revision or a later one, by the header or the
 * {@code _meta} of the request. In all other messages they are optional, but must match
 * the body.
 */
public final class MirroredHeaders {

	/** The prefix of the headers for the parameters of a tool. */
	public static final String PARAMETER = "Mcp-Param-";

	private static final String PROTOCOL_VERSION = "MCP-Protocol-Version";

	private static final String METHOD = "Mcp-Method";

	private static final String NAME = "Mcp-Name";

	private static final String ENCODED = "=?base64?";

	private static final String ENCODED_END = "?=";

	/** More digits than any number that all JSON parsers support. */
	private static final int MAX_NUMBER = 100;

	private final McpMessage message;

	private final Function<String, List<String>> headers;

	private final boolean required;

	/**
	 * Create checks for a message.
	 * @param message the message
	 * @param headers returns the values of the header with a name in any case, or an
	 * empty list
	 */
	public MirroredHeaders(McpMessage message, Function<String, List<String>> headers) {
		this.message = message;
		this.headers = headers;
		// With initialize, a client negotiates a revision, which can be an earlier one.
		this.required = message.id() != null && message.method() != null
				&& McpMethod.of(message.method()) != McpMethod.INITIALIZE
				&& (headers.apply(PROTOCOL_VERSION).stream().anyMatch(McpRevision::hasMirroredHeaders)
						|| McpRevision.hasMirroredHeaders(protocolVersion(message)));
	}

	/**
	 * Check all headers except those of arguments.
	 * @throws InvalidMessageException if a header is missing, malformed, duplicated, or
	 * different from the body
	 */
	public void checkEnvelope() throws InvalidMessageException {
		String revision = protocolVersion(this.message);
		String header = one(PROTOCOL_VERSION, this.required);
		if (header != null && !header.equals(revision) && (this.required || revision != null)) {
			throw mismatch(PROTOCOL_VERSION, "differs from the body");
		}
		equal(METHOD, one(METHOD, this.required), this.message.method());
		if (this.required && !McpMethod.of(this.message.method()).isModern()) {
			// An extension may define the header for its methods; the response is that
			// this server does not have them.
			return;
		}
		String name = one(NAME, this.required && McpMethod.of(this.message.method()).hasNameHeader());
		equal(NAME, (name != null) ? decoded(NAME, name) : null,
				this.message.targetIfAny().map(McpTarget::name).orElse(null));
	}

	/**
	 * Check the headers of the arguments of a tool.
	 * @param declared the headers that a tool declares, by name without
	 * {@value #PARAMETER}, each with the path of its argument
	 * @throws InvalidMessageException as for {@link #checkEnvelope()}
	 */
	public void checkParameters(Function<McpTarget, Map<String, List<String>>> declared)
			throws InvalidMessageException {
		McpTarget tool = this.message.target();
		if (tool == null || McpMethod.of(this.message.method()) != McpMethod.TOOLS_CALL) {
			return;
		}
		Map<String, List<String>> parameters = declared.apply(tool);
		if (parameters.isEmpty()) {
			return;
		}
		for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
			Object value = this.message.arguments();
			for (String step : parameter.getValue()) {
				value = (value instanceof Map<?, ?> object) ? object.get(step) : null;
			}
			parameter(PARAMETER + parameter.getKey(), value);
		}
	}

	private void parameter(String header, @Nullable Object value) throws InvalidMessageException {
		String text = one(header, this.required && value != null);
		if (text == null) {
			return;
		}
		String decoded = decoded(header, text);
		boolean same = (value instanceof Number number) ? isNumber(decoded, number)
				: (value instanceof String || value instanceof Boolean) && value.toString().equals(decoded);
		if (!same) {
			throw mismatch(header, "differs from the body");
		}
	}

	private static boolean isNumber(String text, Number number) {
		try {
			return text.length() <= MAX_NUMBER
					&& new BigDecimal(text).compareTo(new BigDecimal(number.toString())) == 0;
		}
		catch (NumberFormatException ex) {
			return false;
		}
	}

	private void equal(String header, @Nullable String value, @Nullable String expected)
			throws InvalidMessageException {
		if (value != null && !value.equals(expected)) {
			throw mismatch(header, "differs from the body");
		}
	}

	private @Nullable String one(String header, boolean required) throws InvalidMessageException {
		List<String> values = this.headers.apply(header);
		if (values.isEmpty()) {
			if (required) {
				throw mismatch(header, "is missing");
			}
			return null;
		}
		if (values.size() > 1) {
			throw mismatch(header, "is there more than once");
		}
		if (!isVisible(values.get(0))) {
			throw mismatch(header, "has characters that no header may have");
		}
		return values.get(0);
	}

	private static boolean isVisible(String value) {
		for (int i = 0; i < value.length(); i++) {
			char c = value.charAt(i);
			if ((c < ' ' && c != '\t') || c > '~') {
				return false;
			}
		}
		return true;
	}

	private String decoded(String header, String value) throws InvalidMessageException {
		if (!value.startsWith(ENCODED) || !value.endsWith(ENCODED_END)
				|| value.length() < ENCODED.length() + ENCODED_END.length()) {
			return value;
		}
		try {
			byte[] bytes = Base64.getDecoder()
				.decode(value.substring(ENCODED.length(), value.length() - ENCODED_END.length()));
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
		}
		catch (IllegalArgumentException | CharacterCodingException ex) {
			throw mismatch(header, "is encoded wrongly");
		}
	}

	private static @Nullable String protocolVersion(McpMessage message) {
		RequestMeta meta = message.meta();
		return (meta != null) ? meta.protocolVersion() : null;
	}

	private InvalidMessageException mismatch(String header, String reason) {
		return new InvalidMessageException(JsonRpcErrorCode.HEADER_MISMATCH,
				"Header mismatch: " + header + " " + reason, this.message.id());
	}

	/** One of the checks above. */
	@FunctionalInterface
	public interface Check {

		/** Check. */
		void run() throws InvalidMessageException;

	}

}
