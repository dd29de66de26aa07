package io.mcpsecurity.message;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Which headers must be there and what they must say, by revision, method and value.
 */
class MirroredHeadersTests {

	private static final String VERSION = "MCP-Protocol-Version";

	private static final Map<String, List<String>> DECLARED = Map.of("region", List.of("region"), "Limit",
			List.of("page", "limit"), "dry", List.of("dry"));

	private final McpMessageReader reader = new McpMessageReader(16);

	private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			tools/call     | "name":"browse"       | browse
			prompts/get    | "name":"summarize"    | summarize
			resources/read | "uri":"records://all" | records://all
			""")
	void whenMirroringRevisionThenAllHeadersMustBePresentAndMatchBody(String method, String params, String name) {
		modern(method);
		header("Mcp-Name", name);
		assertAgrees(modernBody(method, params));
		for (String header : new String[] { VERSION, "Mcp-Method", "Mcp-Name" }) {
			List<String> value = this.headers.remove(header);
			assertMismatch(modernBody(method, params), header + " is missing");
			this.headers.put(header, List.of(value.get(0) + "x"));
			assertMismatch(modernBody(method, params), header + " differs from the body");
			this.headers.put(header, List.of(""));
			assertMismatch(modernBody(method, params), header + " differs from the body");
			this.headers.put(header, List.of(value.get(0), value.get(0)));
			assertMismatch(modernBody(method, params), header + " is there more than once");
			this.headers.put(header, value);
		}
		assertAgrees(modernBody(method, params));
	}

	@Test
	void methodWithoutNameNeedsNoNameHeader() {
		modern("tools/list");
		assertAgrees(modernBody("tools/list", "\"cursor\":\"a\""));
		header("Mcp-Name", "browse");
		assertMismatch(modernBody("tools/list", "\"name\":\"browse\""), "Mcp-Name differs from the body");
	}

	/**
	 * The response is 404 (MCP 2026-07-28, Streamable HTTP, Protocol Version Header). An
	 * extension may define the header for its methods.
	 */
	@Test
	void nameHeaderOfMethodThatRevisionDoesNotHaveIsIgnored() {
		modern("tasks/get");
		header("Mcp-Name", "task-1");
		assertAgrees(modernBody("tasks/get", "\"taskId\":\"task-1\""));
		header("Mcp-Method", "tasks/cancel");
		assertMismatch(modernBody("tasks/get", "\"taskId\":\"task-1\""), "Mcp-Method differs");
	}

	@ParameterizedTest
	@ValueSource(strings = { "resources/subscribe", "resources/unsubscribe" })
	void optionalNameHeaderMustMatchBody(String method) {
		assertAgrees(body(method, "\"uri\":\"a://b\""));
		header("Mcp-Name", "a://b");
		assertAgrees(body(method, "\"uri\":\"a://b\""));
		header("Mcp-Name", "a://c");
		assertMismatch(body(method, "\"uri\":\"a://b\""), "Mcp-Name differs");
	}

	@Test
	void mirroringRevisionIsRecognizedInHeaderAndBody() {
		String call = body("tools/call", "\"name\":\"browse\"");
		header(VERSION, "2026-07-28");
		header("Mcp-Method", "tools/call");
		header("Mcp-Name", "browse");
		assertMismatch(call, VERSION + " differs from the body");
		this.headers.clear();
		assertMismatch(modernBody("tools/call", "\"name\":\"browse\""), VERSION + " is missing");
		header(VERSION, "2025-11-25");
		header("Mcp-Method", "tools/call");
		header("Mcp-Name", "browse");
		assertMismatch(modernBody("tools/call", "\"name\":\"browse\""), VERSION + " differs from the body");
		header(VERSION, "2026-07-28", "2025-11-25");
		assertMismatch(call, VERSION + " is there more than once");
	}

	@ParameterizedTest
	@CsvSource({ "2026-07-28, true", "2026-07-29, true", "2027-01-01, true", "9999-12-31, true", "2025-11-25, false",
			"2026-07-27, false", "2024-11-05, false", "DRAFT-2026-v1, false", "'2026-07-28 ', false", "'', false",
			"3000, false" })
	void laterRevisionsHaveMirroredHeaders(String revision, boolean has) {
		assertThat(McpRevision.hasMirroredHeaders(revision)).isEqualTo(has);
		assertThat(McpRevision.hasMirroredHeaders(null)).isFalse();
	}

	@Test
	void headersOfOlderRevisionsAreOptionalButMustMatchBody() {
		String call = body("tools/call", "\"name\":\"browse\"");
		assertAgrees(call);
		header(VERSION, "2025-11-25");
		assertAgrees(call);
		header("Mcp-Method", "tools/call");
		header("Mcp-Name", "browse");
		assertAgrees(call);
		header("Mcp-Name", "purge");
		assertMismatch(call, "Mcp-Name differs from the body");
		header("Mcp-Name", "browse", "browse");
		assertMismatch(call, "Mcp-Name is there more than once");
		header("Mcp-Name", "browse");
		for (String method : List.of("tools/list", "Tools/Call", "tools/call,tools/list", "tools/call ")) {
			header("Mcp-Method", method);
			assertMismatch(call, "Mcp-Method differs from the body");
		}
	}

	@Test
	void headersOfNotificationsAndResponsesAreOptionalButMustMatchBody() {
		header(VERSION, "2026-07-28");
		String notification = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}";
		assertAgrees(notification);
		header("Mcp-Method", "notifications/cancelled");
		assertAgrees(notification);
		header("Mcp-Method", "tools/list");
		assertMismatch(notification, "Mcp-Method differs");
		assertMismatch("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", "Mcp-Method differs");
		this.headers.clear();
		assertAgrees("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Hello, \u4e16\u754c", " padded ", "line1\nline2", "=?base64?literal?=", "", "browse",
			"\ud83d\ude00" })
	void encodedNameIsDecoded(String name) {
		modern("tools/call");
		header("Mcp-Name", encoded(name));
		String json = name.replace("\n", "\\n");
		assertAgrees(modernBody("tools/call", "\"name\":\"" + json + "\""));
		assertMismatch(modernBody("tools/call", "\"name\":\"" + json + "x\""), "Mcp-Name differs");
	}

	@ParameterizedTest
	@ValueSource(strings = { "=?base64?YnJvd3Nl", "=?BASE64?YnJvd3Nl?=", "=?Base64?YnJvd3Nl?=", "YnJvd3Nl",
			"=?base64?=", " =?base64?YnJvd3Nl?=", "=?utf-8?B?YnJvd3Nl?=" })
	void valueThatIsNotExactlyEncodedIsTakenLiterally(String value) {
		modern("tools/call");
		header("Mcp-Name", value);
		assertMismatch(modernBody("tools/call", "\"name\":\"browse\""), "Mcp-Name differs");
		assertAgrees(modernBody("tools/call", "\"name\":\"" + value + "\""));
	}

	@ParameterizedTest
	@ValueSource(strings = { "=?base64?*?=", "=?base64?YnJvd3Nl YQ?=", "=?base64?/w==?=", "=?base64?7aCA?=",
			"=?base64?wK8=?=", "=?base64?YnJvd3N?x?=" })
	void invalidEncodingIsRefused(String value) {
		modern("tools/call");
		header("Mcp-Name", value);
		assertMismatch(modernBody("tools/call", "\"name\":\"browse\""), "Mcp-Name is encoded wrongly");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\u00e4", "a\u0000", "a\nb", "a\u007f", "\u00c3\u00a4" })
	void illegalHeaderCharactersAreRefused(String value) {
		modern("tools/call");
		header("Mcp-Name", value);
		assertMismatch(modernBody("tools/call", "\"name\":\"" + value.replaceAll("\\p{Cntrl}", "") + "\""),
				"Mcp-Name has characters that no header may have");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			{"region":"us-west1"}             | Mcp-Param-Region | us-west1
			{"region":"us-west1"}             | mcp-param-region | =?base64?dXMtd2VzdDE=?=
			{"page":{"limit":42}}             | Mcp-Param-Limit  | 42
			{"page":{"limit":42}}             | Mcp-Param-Limit  | 42.0
			{"page":{"limit":42.0}}           | Mcp-Param-Limit  | 42
			{"page":{"limit":-7}}             | Mcp-Param-Limit  | -7
			{"dry":true}                      | Mcp-Param-Dry    | true
			{"dry":false}                     | Mcp-Param-Dry    | false
			{"dry":"true"}                    | Mcp-Param-Dry    | true
			""")
	void parameterHeaderMustBePresentAndMatchArgument(String arguments, String header, String value) {
		modern("tools/call");
		header("Mcp-Name", "browse");
		header(header, value);
		String body = modernBody("tools/call", "\"name\":\"browse\",\"arguments\":" + arguments);
		assertParametersAgree(body);
		header(header, value + "x");
		assertParameterMismatch(body, "differs from the body");
		header(header, value, value);
		assertParameterMismatch(body, "is there more than once");
		this.headers.remove(header);
		assertParameterMismatch(body, "is missing");
		assertParametersAgree(body("tools/call", "\"name\":\"browse\",\"arguments\":" + arguments), "2025-11-25");
		header(header, value + "x");
		assertParameterMismatch(body("tools/call", "\"name\":\"browse\",\"arguments\":" + arguments),
				"differs from the body", "2025-11-25");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "null", "{\"region\":null}", "{\"page\":null}", "{\"page\":{}}", "{\"page\":[42]}",
			"{\"Region\":\"us\"}" })
	void absentParameterMustHaveNoHeader(String arguments) {
		modern("tools/call");
		header("Mcp-Name", "browse");
		String body = modernBody("tools/call", "\"name\":\"browse\",\"arguments\":" + arguments);
		assertParametersAgree(body);
		header("Mcp-Param-Region", "us");
		assertParameterMismatch(body, "Mcp-Param-region differs from the body");
		header("Mcp-Param-Region", "");
		assertParameterMismatch(body, "Mcp-Param-region differs from the body");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			{"page":{"limit":42}}    | Mcp-Param-Limit  | 42.1
			{"page":{"limit":42}}    | Mcp-Param-Limit  | 0x2a
			{"page":{"limit":42}}    | Mcp-Param-Limit  | forty-two
			{"page":{"limit":42}}    | Mcp-Param-Limit  | 1e999999999
			{"page":{"limit":{}}}    | Mcp-Param-Limit  | {}
			{"page":{"limit":[42]}}  | Mcp-Param-Limit  | 42
			{"dry":true}             | Mcp-Param-Dry    | True
			{"dry":true}             | Mcp-Param-Dry    | 1
			{"region":"us"}          | Mcp-Param-Region | US
			{"region":"us"}          | Mcp-Param-Region | us,eu
			""")
	void parameterHeaderWithDifferentValueIsRefused(String arguments, String header, String value) {
		modern("tools/call");
		header("Mcp-Name", "browse");
		header(header, value);
		assertParameterMismatch(modernBody("tools/call", "\"name\":\"browse\",\"arguments\":" + arguments),
				"differs from the body");
	}

	@Test
	void undeclaredParameterHeadersAreIgnored() {
		modern("tools/call");
		header("Mcp-Name", "browse");
		header("Mcp-Param-Other", "x", "y");
		assertParametersAgree(modernBody("tools/call", "\"name\":\"browse\",\"arguments\":{\"other\":\"z\"}"));
	}

	@Test
	void refusalContainsIdButNoHeaderValues() {
		modern("secret");
		InvalidMessageException refusal = check(modernBody("tools/list", "\"x\":1"));
		assertThat(refusal).message().doesNotContain("secret");
		assertThat(refusal.getId()).isEqualTo(1);
		assertThat(refusal.getCode()).isEqualTo(-32020);
	}

	private void modern(String method) {
		header(VERSION, "2026-07-28");
		header("Mcp-Method", method);
	}

	private void header(String name, String... values) {
		this.headers.put(name, List.of(values));
	}

	private static String encoded(String value) {
		return "=?base64?" + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)) + "?=";
	}

	private static String body(String method, String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":{" + params + "}}";
	}

	private static String modernBody(String method, String params) {
		return body(method, params + ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}");
	}

	private MirroredHeaders headersOf(String body) {
		try {
			return new MirroredHeaders(this.reader.read(body.getBytes(StandardCharsets.UTF_8)),
					(name) -> new ArrayList<>(this.headers.getOrDefault(name, List.of())));
		}
		catch (InvalidMessageException ex) {
			throw new IllegalArgumentException(ex);
		}
	}

	private InvalidMessageException check(String body) {
		return catchThrowableOfType(InvalidMessageException.class, () -> headersOf(body).checkEnvelope());
	}

	private void assertAgrees(String body) {
		assertThatNoException().isThrownBy(() -> headersOf(body).checkEnvelope());
	}

	private void assertMismatch(String body, String message) {
		InvalidMessageException refusal = check(body);
		assertThat(refusal).as(body).hasMessageStartingWith("Header mismatch: ").hasMessageContaining(message);
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.HEADER_MISMATCH);
	}

	private void assertParametersAgree(String body, String... version) {
		if (version.length > 0) {
			header(VERSION, version);
		}
		assertThatNoException().isThrownBy(() -> headersOf(body).checkParameters((tool) -> DECLARED));
	}

	private void assertParameterMismatch(String body, String message, String... version) {
		if (version.length > 0) {
			header(VERSION, version);
		}
		InvalidMessageException refusal = catchThrowableOfType(InvalidMessageException.class,
				() -> headersOf(body).checkParameters((tool) -> DECLARED));
		assertThat(refusal).as(body).hasMessageContaining(message);
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.HEADER_MISMATCH);
	}

}
