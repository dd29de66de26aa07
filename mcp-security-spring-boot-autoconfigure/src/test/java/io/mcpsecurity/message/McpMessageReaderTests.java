package io.mcpsecurity.message;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import io.mcpsecurity.message.McpTarget.Kind;
import io.modelcontextprotocol.json.jackson3.JacksonMcpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What the reader reads, what it refuses, and that the MCP SDK reads the same.
 */
class McpMessageReaderTests {

	private static final int MAX_DEPTH = 8;

	private static final JacksonMcpJsonMapper SDK = new JacksonMcpJsonMapper(JsonMapper.builder().build());

	private final McpMessageReader reader = new McpMessageReader(MAX_DEPTH);

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					tools/call            | {"name":"purge","arguments":{"name":"other"}}                   | TOOL     | purge
					prompts/get           | {"name":"summarize"}                                            | PROMPT   | summarize
					resources/read        | {"uri":"records://5"}                                           | RESOURCE | records://5
					resources/subscribe   | {"uri":"records://5"}                                           | RESOURCE | records://5
					resources/unsubscribe | {"uri":"records://5"}                                           | RESOURCE | records://5
					completion/complete   | {"ref":{"type":"ref/prompt","name":"summarize"},"argument":{}}  | PROMPT   | summarize
					completion/complete   | {"argument":{},"ref":{"name":"summarize","type":"ref/prompt"}}  | PROMPT   | summarize
					completion/complete   | {"ref":{"type":"ref/resource","uri":"records://{id}"}}          | RESOURCE | records://{id}
					completion/complete   | {"name":"a","uri":"b","ref":{"type":"ref/prompt","name":"c","uri":"d"}} | PROMPT | c
					""")
	void methodWithTargetIsRead(String method, String params, Kind kind, String name) throws Exception {
		McpMessage message = read(request(method, params));
		assertThat(message.id()).isEqualTo(1);
		assertThat(message.method()).isEqualTo(method);
		assertThat(message.target()).isEqualTo(new McpTarget(kind, name));
	}

	@ParameterizedTest
	@ValueSource(strings = { "ping", "tools/list", "resources/list", "resources/templates/list", "prompts/list",
			"logging/setLevel", "Tools/Call", "tools/call ", "no/such/method", "" })
	void otherMethodsHaveNoTarget(String method) throws Exception {
		McpMessage message = read(request(method, "{\"name\":\"purge\",\"uri\":\"records://5\"}"));
		assertThat(message.withoutParams()).isEqualTo(new McpMessage(1, method, null));
		assertThat(message.params()).isEqualTo(Map.of("name", "purge", "uri", "records://5"));
		assertThat(message.targetIfAny()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			tools/call            | {}                                         | params.name
			tools/call            | {"name":null}                              | params.name
			tools/call            | {"name":5}                                 | params.name
			tools/call            | {"name":["purge"]}                         | params.name
			tools/call            | {"name":{"name":"purge"}}                  | params.name
			tools/call            | {"arguments":{"name":"purge"}}             | params.name
			prompts/get           | {"uri":"records://5"}                      | params.name
			resources/read        | {"name":"records://5"}                     | params.uri
			resources/subscribe   | {"uri":true}                               | params.uri
			resources/unsubscribe | {}                                         | params.uri
			completion/complete   | {}                                         | params.ref.type
			completion/complete   | {"ref":"summarize"}                        | params.ref.type
			completion/complete   | {"ref":[{"type":"ref/prompt","name":"a"}]} | params.ref.type
			completion/complete   | {"ref":{"name":"summarize"}}               | params.ref.type
			completion/complete   | {"ref":{"type":"ref/tool","name":"a"}}     | params.ref.type
			completion/complete   | {"ref":{"type":"ref/prompt","uri":"a"}}    | params.ref.name
			completion/complete   | {"ref":{"type":"ref/resource","name":"a"}} | params.ref.uri
			""")
	void missingOrInvalidTargetIsRefusedWithIdAndPath(String method, String params, String path) {
		InvalidMessageException refusal = refuse(request(method, params));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_PARAMS);
		assertThat(refusal).hasMessageContaining(path + " must be ");
		assertThat(refusal.getId()).isEqualTo(1);
	}

	@Test
	void initializeRequiresProtocolVersionAndHasNoTarget() throws Exception {
		assertThat(read(request("initialize", "{\"protocolVersion\":\"2025-11-25\"}")).target()).isNull();
		assertThat(refuse(request("initialize", "{}"))).hasMessageContaining("params.protocolVersion must be");
		assertThat(refuse(request("initialize", "null"))).hasMessageContaining("params.protocolVersion must be");
	}

	@ParameterizedTest
	@ValueSource(strings = { "name", "uri", "protocolVersion" })
	void nameUriAndProtocolVersionMustBeStringsForEveryMethod(String key) {
		for (String value : new String[] { "5", "null", "true", "[\"a\"]", "{\"name\":\"a\"}" }) {
			InvalidMessageException refusal = refuse(request("tools/list", "{\"" + key + "\":" + value + "}"));
			assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_PARAMS);
			assertThat(refusal).hasMessageContaining("params." + key + " must be a string");
			assertThat(refusal.getId()).isEqualTo(1);
		}
	}

	@Test
	void keyBeyondMaxLengthIsRefused() throws Exception {
		assertThat(read(request("ping", "{\"" + "k".repeat(1024) + "\":1}")).method()).isEqualTo("ping");
		for (String key : new String[] { "k".repeat(1025), "k".repeat(100_000), "\\u006b".repeat(1025) }) {
			assertThat(refuse(request("ping", "{\"" + key + "\":1}")).getCode())
				.isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":null}" })
	void targetIsRequiredWithoutParams(String body) {
		assertThat(refuse(body).getCode()).isEqualTo(JsonRpcErrorCode.INVALID_PARAMS);
	}

	@Test
	void notificationHasNoId() throws Exception {
		assertThat(read("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"))
			.isEqualTo(new McpMessage(null, "notifications/initialized", null));
	}

	@Test
	void callWithoutIdHasTarget() throws Exception {
		assertThat(
				read("{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"purge\"}}").withoutParams())
			.isEqualTo(new McpMessage(null, "tools/call", McpTarget.tool("purge")));
	}

	@Test
	void orderOfKeysIsIrrelevant() throws Exception {
		assertThat(read("{\"params\":{\"arguments\":{},\"name\":\"purge\"},\"method\":\"tools/call\",\"id\":\"a\","
				+ "\"more\":[{}],\"jsonrpc\":\"2.0\"}"))
			.isEqualTo(new McpMessage("a", "tools/call", McpTarget.tool("purge"),
					Map.of("arguments", Map.of(), "name", "purge"), null, null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"result\":{\"name\":\"purge\"}", "\"result\":null",
			"\"error\":{\"code\":-1,\"message\":\"no\"}" })
	void responseHasNeitherMethodNorTarget(String outcome) throws Exception {
		McpMessage message = read("{\"jsonrpc\":\"2.0\",\"id\":7," + outcome + "}");
		assertThat(message.withoutParams()).isEqualTo(new McpMessage(7, null, null));
		assertThat(message.isRequest()).isFalse();
		assertThat(message.params()).isNull();
		assertThat(message.outcome()).isEqualTo(parsed("{\"jsonrpc\":\"2.0\",\"id\":7," + outcome + "}"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"jsonrpc\":\"2.0\",\"result\":{}}", "{\"jsonrpc\":\"2.0\",\"id\":7}",
			"{\"jsonrpc\":\"2.0\"}", "{\"jsonrpc\":\"2.0\",\"id\":7,\"params\":{\"name\":\"purge\"}}",
			"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"result\":{}}",
			"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
			"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{},\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":null,\"result\":{}}" })
	void messageThatIsNeitherRequestNorResponseIsRefused(String body) {
		assertThat(refuse(body).getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "7", "0", "-7", "9223372036854775807", "\"7\"", "\"\"", "\"a b\"", "\"\u00e4\ud83d\ude00\"" })
	void idIsKeptAsWritten(String id) throws Exception {
		McpMessage message = read(ping(id));
		assertThat(message.idText()).isEqualTo(id);
		assertThat(message.id()).isEqualTo(JsonMapper.shared().readValue(id, Object.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"a\\\"b\"", "\"a\\\\b\"", "\"\\u0061\"", "\"\\/\"", "\"\\r\\n\"", "\"\\u0000\"" })
	void idWithEscapesIsKeptAsEqualJsonString(String id) throws Exception {
		String kept = String.valueOf(read(ping(id)).idText());
		assertThat(JsonMapper.shared().readTree(kept)).isEqualTo(JsonMapper.shared().readTree(id));
		assertThat(kept).doesNotContainPattern("\\p{Cntrl}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "null", "true", "false", "1.5", "1.0", "1e3", "{}", "{\"a\":1}", "[]", "[1]" })
	void idThatIsNeitherStringNorIntegerIsRefused(String id) {
		InvalidMessageException refusal = refuse(ping(id));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
		assertThat(refusal.getId()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890" })
	void idBeyondLongRangeIsRefused(String id) {
		assertThat(refuse(ping(id)).getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "5", "null", "true", "[\"ping\"]", "{\"method\":\"ping\"}" })
	void methodThatIsNoStringIsRefused(String method) {
		assertThat(refuse("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":" + method + "}").getCode())
			.isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ping\\r\\n", "\\u0000", "pi\\tng", "ping\\u007f", "ping\\u0085" })
	void methodWithControlCharactersIsRefused(String method) {
		InvalidMessageException refusal = refuse(request(method, "{}"));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
		assertThat(refusal).hasMessageContaining("control characters");
	}

	@Test
	void methodBeyondMaxLengthIsRefused() throws InvalidMessageException {
		assertThat(read(request("m".repeat(128), "{}")).method()).hasSize(128);
		assertThat(refuse(request("m".repeat(129), "{}"))).hasMessageContaining("longer than 128 characters");
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]", "[{\"name\":\"purge\"}]", "\"name\"", "5", "false" })
	void paramsThatAreNoObjectAreRefused(String params) {
		assertThat(refuse(request("tools/call", params)).getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"1.0\"", "\"2\"", "2.0", "2", "null", "\"\"", "[\"2.0\"]", "{}", "\"2.0 \"" })
	void otherJsonRpcVersionIsRefused(String version) {
		InvalidMessageException refusal = refuse("{\"jsonrpc\":" + version + ",\"id\":1,\"method\":\"ping\"}");
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
		assertThat(refusal).hasMessageContaining("jsonrpc");
	}

	@Test
	void messageWithoutJsonRpcVersionIsRefused() {
		assertThat(refuse("{\"id\":1,\"method\":\"ping\"}").getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]", "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
			" [{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"purge\"}},{}]", "[[" })
	void batchIsRefused(String body) {
		InvalidMessageException refusal = refuse(body);
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
		assertThat(refusal).hasMessageContaining("batches");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " \r\n", "null", "true", "5", "\"ping\"" })
	void bodyThatIsNoObjectIsRefused(String body) {
		assertThat(refuse(body).getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"purge\"}}",
			"{}", "[]", "null", "5", "\"text\"", "}", "]", ",", "x", "#", "// comment", "\u0000", "{" })
	void contentAfterMessageIsRefused(String more) {
		for (String separator : new String[] { "", " ", "\n" }) {
			assertThat(refuse(ping("1") + separator + more).getCode()).isIn(JsonRpcErrorCode.INVALID_REQUEST,
					JsonRpcErrorCode.PARSE_ERROR);
		}
	}

	@Test
	void whitespaceAroundMessageIsAccepted() throws Exception {
		assertThat(read(" \t\r\n" + ping("1") + " \t\r\n")).isEqualTo(new McpMessage(1, "ping", null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{", "{\"jsonrpc\"", "{\"jsonrpc\":", "{\"jsonrpc\":\"2.0", "{\"jsonrpc\":\"2.0\",}",
			"{'jsonrpc':'2.0','id':1,'method':'ping'}", "{jsonrpc:\"2.0\",id:1,method:\"ping\"}",
			"/* */{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":01,\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":+1,\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pi\nng\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pi\\xng\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"]", "<xml/>", "\u00a0{}" })
	void invalidJsonIsParseError(String body) {
		InvalidMessageException refusal = refuse(body);
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
		assertThat(refusal).hasMessage("Parse error: the body is not valid JSON");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\\ud800", "a\\udc00", "\\ud83d\\ud83d", "\\ud800\\u0061" })
	void keyWithUnpairedSurrogateIsParseError(String key) {
		assertThat(refuse(request("ping", "{\"a\":[{\"" + key + "\":1}]}")).getCode())
			.isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@Test
	void bodyResemblingUtf16IsParseError() {
		for (String body : new String[] { "\u0000{}", "{\u0000}\u0000", "\u0000\u0000\u0000{",
				"{\u0000\u0000\u0000" }) {
			assertThat(refuse(body).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
		}
		byte[] ping = ping("1").getBytes(StandardCharsets.UTF_16LE);
		assertThatExceptionOfType(InvalidMessageException.class).isThrownBy(() -> new McpMessageReader(10).read(ping))
			.extracting(InvalidMessageException::getCode)
			.isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@Test
	void parseErrorHasNoId() {
		// JSON-RPC 2.0 section 5: what is not JSON has no id that can be relied on.
		assertThat(refuse("{\"jsonrpc\":\"2.0\",\"id\":\"a\",").getId()).isNull();
	}

	@Test
	void exceptionMessageDoesNotContainBody() {
		for (String body : new String[] { "{\"secret", "secret", "{\"jsonrpc\":\"2.0\",\"secret\":1,\"secret\":2}",
				request("tools/call", "{\"secret\":1}"),
				request("completion/complete", "{\"ref\":{\"type\":\"secret\"}}"), "{\"jsonrpc\":\"secret\"}" }) {
			assertThat(refuse(body)).message().doesNotContain("secret");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"\\u006dethod\":\"tools/call\"}",
			"{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"\\u0069d\":2,\"method\":\"ping\"}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":1,\"x\":1}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":[{},{\"y\":{\"z\":1,\"z\":2}}]}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"},\"params\":{\"name\":\"b\"}}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":null,\"params\":{\"name\":\"b\"}}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"result\":{}}",
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1,\"a\":1}}" })
	void duplicateKeyInEnvelopeIsRefused(String body) {
		assertThat(refuse(body).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"a\",\"n\\u0061me\":\"b\"}",
			"{\"n\\u0061me\":\"a\",\"\\u006eame\":\"b\"}", "{\"name\":\"a\",\"arguments\":{},\"arguments\":{}}",
			"{\"name\":\"a\",\"arguments\":{\"x\":1,\"x\":1}}",
			"{\"name\":\"a\",\"arguments\":{\"a\":1,\"\\u0061\":2}}",
			"{\"name\":\"a\",\"arguments\":{\"x\":{\"y\":[{\"z\":1,\"z\":2}]}}}",
			"{\"name\":\"a\",\"arguments\":{\"\":1,\"\":2}}", "{\"name\":\"a\",\"_meta\":{\"t\":1,\"t\":2}}",
			"{\"name\":\"a\",\"ref\":{\"name\":\"a\",\"name\":\"b\"}}", "{\"name\":\"a\",\"ref\":{},\"ref\":{}}" })
	void duplicateKeyInParamsIsRefused(String params) {
		assertThat(refuse(request("tools/call", params)).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@Test
	void sameKeyInDifferentObjectsIsAccepted() throws Exception {
		assertThat(read(request("tools/call",
				"{\"name\":\"a\",\"arguments\":{\"name\":\"b\",\"list\":[{\"name\":\"c\"},{\"name\":\"d\"}]}}")))
			.extracting(McpMessage::target)
			.isEqualTo(McpTarget.tool("a"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "Method", "METHOD", "methoD", "Id", "ID", "JsonRpc", "JSONRPC", "Params", "PARAMS",
			"Result", "Error", "\\u004dethod", "\u0131d", "re\u017fult" })
	void envelopeKeyInOtherCaseIsRefused(String key) {
		InvalidMessageException refusal = refuse(
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"" + key + "\":\"x\"}");
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
		assertThat(refusal).hasMessageContaining("must be written exactly so");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"name\":\"a\",\"Name\":\"b\"}", "{\"name\":\"a\",\"NAME\":\"b\"}", "{\"Name\":\"b\"}",
			"{\"name\":\"a\",\"URI\":\"b\"}", "{\"name\":\"a\",\"Uri\":\"b\"}", "{\"name\":\"a\",\"ur\u0131\":\"b\"}",
			"{\"name\":\"a\",\"Ref\":{}}", "{\"name\":\"a\",\"ref\":{\"Type\":\"ref/prompt\"}}",
			"{\"name\":\"a\",\"ref\":{\"NAME\":\"b\"}}", "{\"name\":\"a\",\"ref\":{\"uRI\":\"b\"}}",
			"{\"name\":\"a\",\"\\u004eame\":\"b\"}", "{\"name\":\"a\",\"Arguments\":{}}",
			"{\"name\":\"a\",\"argument\u017f\":{}}", "{\"name\":\"a\",\"Argument\":{}}",
			"{\"name\":\"a\",\"Context\":{}}", "{\"name\":\"a\",\"_Meta\":{}}", "{\"argument\":{\"Name\":\"a\"}}",
			"{\"argument\":{\"VALUE\":\"a\"}}", "{\"context\":{\"Arguments\":{}}}" })
	void paramsKeyInOtherCaseIsRefused(String params) {
		InvalidMessageException refusal = refuse(request("tools/call", params));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_REQUEST);
		assertThat(refusal).hasMessageContaining("must be written exactly so");
	}

	@Test
	void caseOfArgumentKeysIsNotChecked() throws Exception {
		assertThat(read(request("tools/call", "{\"name\":\"a\",\"arguments\":{\"Name\":1,\"NAME\":2,\"Method\":3}}")))
			.extracting(McpMessage::target)
			.isEqualTo(McpTarget.tool("a"));
	}

	@Test
	void unicodeEscapesEqualPlainText() throws Exception {
		String escaped = "{\"\\u006a\\u0073onrpc\":\"\\u0032.0\",\"\\u0069d\":\"\\u0061\",\"m\\u0065thod\":"
				+ "\"tools\\u002Fc\\u0061ll\",\"p\\u0061rams\":{\"\\u006e\\u0061\\u006d\\u0065\":\"p\\u0075rge\"}}";
		assertThat(read(escaped))
			.isEqualTo(read(
					"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\",\"params\":{\"name\":\"purge\"}}"))
			.isEqualTo(new McpMessage("a", "tools/call", McpTarget.tool("purge"), Map.of("name", "purge"), null, null));
	}

	@Test
	void nameIsNotNormalized() throws Exception {
		assertThat(read(request("tools/call", "{\"name\":\" Purge\\u0000e\u0301 \"}")).target())
			.isEqualTo(McpTarget.tool(" Purge\u0000e\u0301 "));
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\\nb", "\\u001b[31m", "\\u0085", "\\u0000" })
	void argumentNameWithControlCharactersIsRefused(String name) {
		InvalidMessageException refusal = refuse(request("completion/complete",
				"{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"a\"},\"argument\":{\"name\":\"" + name + "\"}}"));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_PARAMS);
	}

	@Test
	void byteOrderMarkIsRefused() {
		InvalidMessageException refusal = refuse("\uFEFF" + ping("1"));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
		assertThat(refusal).hasMessageContaining("byte order mark");
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "UTF-32BE", "UTF-32LE", "x-UTF-16LE-BOM",
			"X-UTF-32BE-BOM", "X-UTF-32LE-BOM" })
	void otherUnicodeEncodingIsRefused(String charset) {
		byte[] body = ping("1").getBytes(Charset.forName(charset));
		assertThat(refuse(body).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	static Stream<byte[]> malformedUtf8() {
		return Stream.of(bytes(0xE4), bytes(0x80), bytes(0xC3), bytes(0xFF), bytes(0xFE),
				bytes(0xF8, 0x88, 0x80, 0x80, 0x80),
				// Overlong forms of a slash, a quote, a backslash and NUL.
				bytes(0xC0, 0xAF), bytes(0xE0, 0x80, 0xAF), bytes(0xF0, 0x80, 0x80, 0xAF), bytes(0xC0, 0xA2),
				bytes(0xC1, 0x9C), bytes(0xC0, 0x80),
				// Surrogates, and a code point beyond the last.
				bytes(0xED, 0xA0, 0x80), bytes(0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80), bytes(0xF4, 0x90, 0x80, 0x80));
	}

	@ParameterizedTest
	@MethodSource("malformedUtf8")
	void malformedUtf8IsRefusedAtEveryPosition(byte[] malformed) {
		for (String place : new String[] { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%\"}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"%\":1}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"arguments\":{\"x\":\"%\"}}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}%",
				"%{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}" }) {
			ByteArrayOutputStream body = new ByteArrayOutputStream();
			body.writeBytes(place.substring(0, place.indexOf('%')).getBytes(StandardCharsets.UTF_8));
			body.writeBytes(malformed);
			body.writeBytes(place.substring(place.indexOf('%') + 1).getBytes(StandardCharsets.UTF_8));
			InvalidMessageException refusal = refuse(body.toByteArray());
			assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
			assertThat(refusal).hasMessageContaining("UTF-8");
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void nestingIsAcceptedUpToLimit(boolean arrays) throws Exception {
		// The message, its params and its arguments are three levels.
		assertThat(read(nested(MAX_DEPTH - 3, arrays)).target()).isEqualTo(McpTarget.tool("a"));
		assertThat(refuse(nested(MAX_DEPTH - 2, arrays)).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@Test
	void nestingOutsideParamsIsLimited() throws Exception {
		String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":%s}";
		assertThat(read(body.formatted("[".repeat(MAX_DEPTH - 1) + "]".repeat(MAX_DEPTH - 1))).method())
			.isEqualTo("ping");
		assertThat(refuse(body.formatted("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH))).getCode())
			.isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@Test
	void extremeNestingIsRefusedWithoutStackOverflow() {
		assertThat(refuse("{\"x\":".repeat(1_000_000)).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
		assertThat(refuse("{\"x\":" + "[".repeat(1_000_000)).getCode()).isEqualTo(JsonRpcErrorCode.PARSE_ERROR);
	}

	@Test
	void longStringsAreAccepted() throws Exception {
		String text = "x".repeat(30_000_000);
		assertThat(read(request("tools/call", "{\"name\":\"a\",\"arguments\":{\"text\":\"" + text + "\"}}")).target())
			.isEqualTo(McpTarget.tool("a"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			tools/call            | {"name":"%s"}                               | params.name
			prompts/get           | {"name":"%s"}                               | params.name
			resources/read        | {"uri":"%s"}                                | params.uri
			resources/subscribe   | {"uri":"%s"}                                | params.uri
			resources/unsubscribe | {"uri":"%s"}                                | params.uri
			completion/complete   | {"ref":{"type":"ref/prompt","name":"%s"}}   | params.ref.name
			completion/complete   | {"ref":{"type":"ref/resource","uri":"%s"}}  | params.ref.uri
			""")
	void targetNameIsAcceptedUpToMaxLength(String method, String params, String path) throws Exception {
		String longest = "\u00e4".repeat(8000);
		assertThat(read(request(method, params.formatted(longest))).target()).extracting(McpTarget::name)
			.isEqualTo(longest);
		InvalidMessageException refusal = refuse(request(method, params.formatted(longest + "x")));
		assertThat(refusal.getCode()).isEqualTo(JsonRpcErrorCode.INVALID_PARAMS);
		assertThat(refusal).hasMessage("Invalid params: " + path + " must not be longer than 8000 characters");
		assertThat(refusal.getId()).isEqualTo(1);
	}

	@Test
	void otherStringsMayExceedMaxLengthOfTargetName() throws Exception {
		String text = "x".repeat(8001);
		assertThat(read(request("tools/call", "{\"name\":\"a\",\"uri\":\"" + text + "\"}")).target())
			.isEqualTo(McpTarget.tool("a"));
		assertThat(read(request("ping", "{\"name\":\"" + text + "\"}")).target()).isNull();
	}

	@ParameterizedTest
	@MethodSource("trickyBodies")
	void acceptedBodyIsReadIdenticallyBySdk(String body) throws Exception {
		McpMessage message;
		try {
			message = read(body);
		}
		catch (InvalidMessageException ex) {
			return;
		}
		McpSchema.JSONRPCMessage read = McpSchema.deserializeJsonRpcMessage(SDK, body);
		assertThat(read.jsonrpc()).isEqualTo("2.0");
		assertThat(message).satisfies((own) -> assertSame(own, read));
	}

	/**
	 * Compare the message, whose parts are what the server executes, with what the SDK
	 * makes of the same text, and what the SDK's handlers get of both.
	 */
	private static void assertSame(McpMessage message, McpSchema.JSONRPCMessage bySdk) {
		if (bySdk instanceof McpSchema.JSONRPCResponse response) {
			assertThat(message.id()).isEqualTo(response.id());
			assertThat(message.method()).isNull();
			Map<String, @Nullable Object> outcome = Objects.requireNonNull(message.outcome());
			assertThat(outcome.get("result")).isEqualTo(response.result());
			assertThat(SDK.convertValue(outcome.get("error"), McpSchema.JSONRPCResponse.JSONRPCError.class))
				.isEqualTo(response.error());
			return;
		}
		boolean request = bySdk instanceof McpSchema.JSONRPCRequest;
		Object params;
		if (bySdk instanceof McpSchema.JSONRPCRequest read) {
			assertThat(message.id()).isEqualTo(read.id());
			assertThat(message.method()).isEqualTo(read.method());
			params = read.params();
		}
		else {
			McpSchema.JSONRPCNotification read = (McpSchema.JSONRPCNotification) bySdk;
			assertThat(message.method()).isEqualTo(read.method());
			params = read.params();
		}
		assertThat(message.isRequest()).isEqualTo(request);
		assertThat(message.params()).isEqualTo(params);
		String method = Objects.requireNonNull(message.method());
		assertThat(message.target()).isEqualTo(target(method, params));
		assertThat(message.arguments()).isEqualTo(arguments(method, params));
	}

	@Test
	void trickyBodiesIncludeAcceptedAndRefusedOnes() {
		assertThat(trickyBodies().filter(this::accepted).count()).isBetween(15L, trickyBodies().count() - 15L);
	}

	static Stream<String> trickyBodies() {
		Stream<String> whole = Stream.of(ping("1"), ping("\"1\""), ping("2147483648"), ping("9223372036854775807"),
				ping("9223372036854775808"), ping("null"), ping("1.0"), ping("\"\""), ping("\"\\ud83d\\ude00\\\"\""),
				"[" + ping("1") + "]", ping("1") + ping("2"), "\uFEFF" + ping("1"),
				"{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
				"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":null}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
				"{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{\"method\":\"x\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"m\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"method\":\"tools/call\"}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"Method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"METHOD\":\"tools/call\"}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"m\\u0065thod\":\"tools\\/call\",\"params\":{\"n\\u0061me\":\"\\u0061\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\\u0000\",\"params\":{\"name\":\"a\"}}",
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"method \":\"x\",\"method\":\"ping\",\"\":1,\"mEthod\\u0000\":2}");
		Stream<String> params = Stream
			.of("{\"name\":\"a\"}", "{\"name\":\"\"}", "{\"name\":\" a\\u0000\"}", "{\"name\":\"\\ud83d\\ude00\"}",
					"{\"name\":\"\\ud800\"}", "{\"name\":5}", "{\"name\":true}", "{\"name\":[\"a\"]}",
					"{\"name\":null}", "{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"a\",\"Name\":\"b\"}",
					"{\"name\":\"a\",\"NAME\":\"b\"}", "{\"name\":\"a\",\"n\\u0061me\":\"b\"}",
					"{\"name\":\"a\",\"name \":\"b\",\"uri\":\"c\",\"ref\":{}}",
					"{\"name\":\"a\",\"arguments\":{\"name\":\"b\"},\"_meta\":{\"name\":\"c\"}}",
					"{\"arguments\":{\"params\":{\"name\":\"b\"}},\"name\":\"a\",\"method\":\"ping\"}",
					"{\"name\":\"a\",\"arguments\":null}", "[{\"name\":\"a\"}]", "\"a\"")
			.flatMap((text) -> Stream.of(request("tools/call", text), request("prompts/get", text)));
		Stream<String> uris = Stream
			.of("{\"uri\":\"a://b\"}", "{\"uri\":\"a://b\",\"URI\":\"a://c\"}", "{\"uri\":\"a:\\/\\/b\\u0020\"}",
					"{\"uri\":\"\",\"name\":\"b\"}", "{\"uri\":7}", "{\"uri\":\"a://b\",\"uri\":\"a://c\"}")
			.flatMap((text) -> Stream.of(request("resources/read", text), request("resources/subscribe", text),
					request("resources/unsubscribe", text)));
		Stream<String> references = Stream
			.of("{\"type\":\"ref/prompt\",\"name\":\"a\"}", "{\"name\":\"a\",\"type\":\"ref/prompt\"}",
					"{\"type\":\"ref/resource\",\"uri\":\"a://{b}\"}", "{\"uri\":\"a://b\",\"type\":\"ref/resource\"}",
					"{\"type\":\"ref/prompt\",\"name\":\"a\",\"uri\":\"b\"}",
					"{\"type\":\"ref/resource\",\"uri\":\"a\",\"name\":\"b\",\"title\":\"c\"}",
					"{\"type\":\"ref\\/prompt\",\"n\\u0061me\":\"\\u0061\"}",
					"{\"type\":\"ref/resource\",\"type\":\"ref/prompt\",\"name\":\"a\",\"uri\":\"b\"}",
					"{\"type\":\"ref/prompt\",\"Type\":\"ref/resource\",\"name\":\"a\",\"uri\":\"b\"}",
					"{\"type\":\"ref/prompt\",\"name\":5}", "{\"type\":\"REF/PROMPT\",\"name\":\"a\"}",
					"{\"name\":\"a\"}")
			.map((text) -> request("completion/complete",
					"{\"ref\":" + text + ",\"argument\":{\"name\":\"x\",\"value\":\"y\"}}"));
		Stream<String> completed = Stream
			.of("\"argument\":{\"value\":\"\\\"y\",\"name\":\"\\\"x\\ud83d\\ude00\"}",
					"\"argument\":{\"name\":5,\"value\":\"y\"}",
					"\"context\":{\"arguments\":{\"a\":\"b\"}},\"argument\":{\"name\":\"x\",\"value\":\"y\"}",
					"\"argument\":{\"name\":\"x\",\"value\":\"y\"},\"context\":{}",
					"\"argument\":{\"name\":\"x\",\"value\":\"y\"},\"context\":{\"arguments\":null}",
					"\"argument\":{\"name\":\"x\",\"value\":\"y\"},\"context\":null")
			.map((text) -> request("completion/complete",
					"{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"a\"}," + text + "}"));
		Stream<String> arguments = Stream
			.of("{}", "{\"a\":1.50}", "{\"a\":[{},[],null,true]}", "{\"\\u0061\\n\":\"\\ud83d\\ude00\ud83d\ude00\"}",
					" { \"a\" :\t\"}\" } ")
			.map((text) -> "{\"name\":\"a\",\"arguments\":" + text + ",\"x\":\"\u00e4\ud83d\ude00\"}")
			.flatMap((text) -> Stream.of(request("tools/call", text), request("prompts/get", text)));
		return Stream.of(whole, params, uris, references, completed, arguments).flatMap((bodies) -> bodies);
	}

	private boolean accepted(String body) {
		try {
			read(body);
			return true;
		}
		catch (InvalidMessageException ex) {
			return false;
		}
	}

	/**
	 * The arguments as the handlers of the SDK get them.
	 */
	private static @Nullable Object arguments(String method, Object params) {
		return switch (method) {
			case "tools/call" -> SDK.convertValue(params, McpSchema.CallToolRequest.class).arguments();
			case "prompts/get" -> SDK.convertValue(params, McpSchema.GetPromptRequest.class).arguments();
			case "completion/complete" -> {
				McpSchema.CompleteRequest request = SDK.convertValue(params, McpSchema.CompleteRequest.class);
				Map<String, Object> arguments = new HashMap<>();
				if (request.argument() != null) {
					arguments.put("argument", Map.of(request.argument().name(), request.argument().value()));
				}
				if (request.context() != null && request.context().arguments() != null) {
					arguments.put("context", request.context().arguments());
				}
				yield arguments.isEmpty() ? null : arguments;
			}
			default -> null;
		};
	}

	/**
	 * The target as the handlers of the SDK get it.
	 */
	private static @Nullable McpTarget target(String method, Object params) {
		return switch (method) {
			case "tools/call" -> McpTarget.tool(SDK.convertValue(params, McpSchema.CallToolRequest.class).name());
			case "prompts/get" -> McpTarget.prompt(SDK.convertValue(params, McpSchema.GetPromptRequest.class).name());
			case "resources/read" ->
				McpTarget.resource(SDK.convertValue(params, McpSchema.ReadResourceRequest.class).uri());
			case "resources/subscribe" ->
				McpTarget.resource(SDK.convertValue(params, McpSchema.SubscribeRequest.class).uri());
			case "resources/unsubscribe" ->
				McpTarget.resource(SDK.convertValue(params, McpSchema.UnsubscribeRequest.class).uri());
			case "completion/complete" -> {
				McpSchema.CompleteReference ref = SDK.convertValue(params, McpSchema.CompleteRequest.class).ref();
				yield (ref instanceof McpSchema.PromptReference prompt) ? McpTarget.prompt(prompt.name())
						: McpTarget.resource(((McpSchema.ResourceReference) ref).uri());
			}
			default -> null;
		};
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "[]", "[1,[2]]", "5", "-1.50e+7", "0", "true", "false", "\"\"", "\"text\"",
			"\"}\\\",{\"", "{ \"a\" : [ 1 , { } ]\t}", "{\"\\u0061\":\"\\ud83d\\ude00\"}",
			"{\"\ud83d\ude00\u00e4\":\"\u20ac\ud83d\ude00\"}", "{\"a\":\"\\\\\",\"b\":\"\\\"\"}", "{\"a\":null}",
			"{\r\n\"a\":1\r\n}", "\"\ud83d\ude00\"" })
	void argumentsEqualParsedJson(String arguments) throws Exception {
		for (String method : new String[] { "tools/call", "prompts/get" }) {
			for (String before : new String[] { "", "\"x\":[{\"arguments\":1}],",
					"\"\ud83d\ude00\":\"\u00e4\ud83d\ude00\\ud83d\",", "\"x\":\"" + "\u20ac".repeat(70_000) + "\"," }) {
				for (String space : new String[] { "", " ", "\r\n\t" }) {
					String value = "\"arguments\"" + space + ":" + space + arguments + space;
					assertThat(read(request(method, "{" + before + "\"name\":\"a\"," + value + "}")).arguments())
						.isEqualTo(parsed(arguments));
					assertThat(read(request(method, "{" + before + value + ",\"name\":\"a\"}")).arguments())
						.isEqualTo(parsed(arguments));
				}
			}
		}
	}

	@Test
	void argumentsOfLargeRequestEqualParsedJson() throws Exception {
		// Longer than any buffer of the parser, with characters of two chars across its
		// ends.
		for (int shift = 0; shift < 5; shift++) {
			String arguments = "{\"" + "x".repeat(shift) + "\":\"" + "\ud83d\ude00\u00e4\\n".repeat(300_000) + "\"}";
			assertThat(read(request("tools/call", "{\"name\":\"a\",\"arguments\":" + arguments + "}")).arguments())
				.isEqualTo(parsed(arguments));
		}
	}

	@Test
	void argumentsBeforeMethodAreRead() throws Exception {
		assertThat(read("{\"params\":{\"arguments\":{\"a\":1},\"name\":\"a\"},\"method\":\"tools/call\",\"id\":1,"
				+ "\"jsonrpc\":\"2.0\"}")
			.arguments()).isEqualTo(Map.of("a", 1));
	}

	@Test
	void onlyMethodsWithArgumentsHaveArguments() throws Exception {
		String params = "{\"name\":\"a\",\"uri\":\"b:c\",\"arguments\":{\"a\":1},\"argument\":{\"name\":\"a\"}}";
		for (String method : new String[] { "ping", "resources/read", "tools/list", "tools/call/x" }) {
			assertThat(read(request(method, params)).arguments()).isNull();
		}
		assertThat(read(request("tools/call", "{\"name\":\"a\"}")).arguments()).isNull();
		assertThat(read(request("tools/call", "{\"name\":\"a\",\"arguments\":null}")).arguments()).isNull();
		assertThat(read(request("tools/call", "{\"name\":\"a\",\"argument\":{\"name\":\"x\"}}")).arguments()).isNull();
		assertThat(read(request("tools/call", "{\"name\":\"a\",\"x\":{\"arguments\":{}}}")).arguments()).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', nullValues = "null",
			textBlock = """
					"argument":{"name":"x","value":"y"}                           | {"argument":{"x":"y"}}
					"argument":{"value" : "\\"y" , "name":"\\"x"}                 | {"argument":{"\\"x":"\\"y"}}
					"argument":{"name":"x"}                                       | {"argument":{"x":null}}
					"argument":{"name":"x","value":{"a":[1]},"more":[1]}          | {"argument":{"x":{"a":[1]}}}
					"argument":{"name":5,"value":"y"}                             | {"argument":{"5":"y"}}
					"argument":{"name":null,"value":"y"}                          | null
					"argument":{"name":["x"],"value":"y"}                         | null
					"argument":["name","value"]                                   | null
					"context":{"arguments":{ "a":"b" }},"argument":{"name":"x"}   | {"argument":{"x":null},"context":{ "a":"b" }}
					"context":{"arguments":{"a":"b"},"more":{"arguments":{}}}     | {"context":{"a":"b"}}
					"context":{"arguments":null}                                  | null
					"context":{"a":"b"}                                           | null
					"context":[{"arguments":{"a":"b"}}]                           | null
					"arguments":{"a":"b"}                                         | null
					""")
	void completionArgumentsContainArgumentAndContext(String params, @Nullable String arguments) throws Exception {
		String ref = "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"a\"}";
		Object expected = (arguments != null) ? parsed(arguments) : null;
		assertThat(read(request("completion/complete", "{" + ref + "," + params + "}")).arguments())
			.isEqualTo(expected);
		assertThat(read(request("completion/complete", "{" + params + "," + ref + "}")).arguments())
			.isEqualTo(expected);
	}

	@Test
	void metaOfRequestIsRead() throws Exception {
		String meta = "{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\",\"tracestate\":\"a=b\","
				+ "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"n\",\"title\":{\"name\":\"x\"},\"version\":\"v\"},"
				+ "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"progressToken\":5,"
				+ "\"x\":{\"traceparent\":\"y\"}}";
		RequestMeta expected = new RequestMeta("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b",
				"2026-07-28", "n", "v");
		assertThat(read(request("ping", "{\"_meta\":" + meta + "}")).meta()).isEqualTo(expected);
		McpMessage call = read(request("tools/call", "{\"_meta\":" + meta + ",\"name\":\"a\",\"arguments\":{}}"));
		assertThat(call.meta()).isEqualTo(expected);
		assertThat(call.target()).isEqualTo(McpTarget.tool("a"));
		assertThat(call.arguments()).isEqualTo(Map.of());
	}

	@ParameterizedTest
	@ValueSource(strings = { "null", "5", "\"traceparent\"", "[{\"traceparent\":\"a\"}]", "{}", "{\"traceparent\":5}",
			"{\"traceparent\":null,\"tracestate\":[\"a\"]}",
			"{\"Traceparent\":\"a\",\"io.modelcontextprotocol/clientInfo\":" + "\"a\"}",
			"{\"io.modelcontextprotocol/clientInfo\":{\"name\":5,\"version\":{}}}",
			"{\"clientInfo\":{\"name\":\"a\"}}" })
	void metaOfInvalidTypeIsIgnored(String meta) throws Exception {
		assertThat(read(request("ping", "{\"_meta\":" + meta + "}")).meta()).isNull();
	}

	@Test
	void responseHasNoMeta() throws Exception {
		assertThat(read("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"_meta\":{\"traceparent\":\"a\"}}}").meta())
			.isNull();
	}

	@Test
	void toStringDoesNotContainArguments() throws Exception {
		assertThat(read(request("tools/call", "{\"name\":\"purge\",\"arguments\":{\"a\":\"hidden\"}}"))).asString()
			.contains("purge")
			.doesNotContain("hidden");
	}

	@Test
	void negativeMaxDepthIsRefused() {
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new McpMessageReader(-1));
	}

	private McpMessage read(String body) throws InvalidMessageException {
		return this.reader.read(body.getBytes(StandardCharsets.UTF_8));
	}

	private InvalidMessageException refuse(String body) {
		return refuse(body.getBytes(StandardCharsets.UTF_8));
	}

	private InvalidMessageException refuse(byte[] body) {
		InvalidMessageException refusal = catchThrowableOfType(InvalidMessageException.class,
				() -> this.reader.read(body));
		assertThat(refusal).as("refused").isNotNull();
		return refusal;
	}

	/**
	 * JSON as another reader reads it.
	 */
	private static Object parsed(String text) {
		return JsonMapper.shared().readValue(text, Object.class);
	}

	private static String request(String method, String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}";
	}

	private static String ping(String id) {
		return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"ping\"}";
	}

	private static String nested(int depth, boolean arrays) {
		String open = arrays ? "[" : "{\"x\":";
		String value = open.repeat(depth) + "1" + (arrays ? "]" : "}").repeat(depth);
		return request("tools/call", "{\"name\":\"a\",\"arguments\":{\"x\":" + value + "}}");
	}

	private static byte[] bytes(int... values) {
		byte[] bytes = new byte[values.length];
		for (int i = 0; i < values.length; i++) {
			bytes[i] = (byte) values[i];
		}
		return bytes;
	}

}
