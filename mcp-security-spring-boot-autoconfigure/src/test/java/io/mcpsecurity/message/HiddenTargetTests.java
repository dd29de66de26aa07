package io.mcpsecurity.message;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.modelcontextprotocol.util.DefaultMcpUriTemplateManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A message for a target that no server has.
 */
class HiddenTargetTests {

	@Test
	void onlyTargetOfMessageIsReplaced() throws Exception {
		McpMessage message = read("{ \"jsonrpc\":\"2.0\",\"id\":15, \"x\":\"\u00e4\u20ac\ud83d\ude00\", "
				+ "\"method\":\"tools/call\",\"params\" :{\"a/b\":\"c\",\"n\\u0061me\" : \"t\\u0061ke\","
				+ "\"uri\":\"\",\"ref\":{\"uri\":\"a://{b}\",\"name\":\"p\",\"type\":\"ref/resource\"},"
				+ "\"arguments\":{\"name\":\"n\",\"uri\":\"u\",\"big\":" + "9".repeat(900) + "},"
				+ "\"_meta\":{\"traceparent\":\"t\",\"name\":\"m\"}} }");
		McpMessage hidden = HiddenTarget.hide(message);
		Map<?, ?> params = hidden.params();
		Object name = params.get("name");
		Map<?, ?> ref = (Map<?, ?>) params.get("ref");
		assertThat(name).isNotEqualTo("take")
			.isEqualTo(params.get("uri"))
			.isEqualTo(ref.get("uri"))
			.isEqualTo(ref.get("name"));
		assertThat(ref.get("type")).isEqualTo("ref/resource");
		assertThat(hidden.arguments()).isEqualTo(message.arguments());
		assertThat(params.get("_meta")).isEqualTo(message.params().get("_meta"));
		assertThat(params.get("a/b")).isEqualTo("c");
		// What is recorded is what was asked for.
		assertThat(hidden.withoutParams()).isEqualTo(message.withoutParams());
	}

	@ParameterizedTest
	@ValueSource(strings = { "{a}", "{a}:{b}", "{a}://{b}", "{a}:/{b}/{c}" })
	void hiddenNameMatchesNoTemplate(String template) throws Exception {
		String name = (String) HiddenTarget.hide(read(call("{\"name\":\"\"}"))).params().get("name");
		assertThat(new DefaultMcpUriTemplateManagerFactory().create(template).matches(name)).isFalse();
	}

	@Test
	void originalMessageIsUnchanged() throws Exception {
		String body = call("{\"name\":\"take\",\"ref\":{\"name\":\"p\"}}");
		McpMessage message = read(body);
		HiddenTarget.hide(message);
		assertThat(message).isEqualTo(read(body));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "null", "{\"params/name\":\"x\"}", "{\"x\":{\"name\":\"x\",\"uri\":\"x\"}}",
			"{\"ref\":[{\"name\":\"x\"}]}", "{\"ref\":\"name\"}", "{\"ref\":{\"name\":5,\"uri\":null}}",
			"{\"ref\":{\"ref\":{\"name\":\"x\"}}}", "{\"arguments\":{\"name\":\"x\"}}" })
	void messageWithoutTargetIsUnchanged(String params) throws Exception {
		McpMessage message = read("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":%s}".formatted(params));
		assertThat(HiddenTarget.hide(message)).isEqualTo(message);
	}

	@Test
	void hiddenNameIsReplacedAtEveryDepthOfResponse() throws Exception {
		String mark = (String) HiddenTarget.hide(read(call("{\"name\":\"\"}"))).params().get("name");
		Map<String, Object> response = Map.of("message", "Unknown tool: " + mark, "data",
				List.of(Map.of("uri", mark), 5, true, List.of(mark)));
		assertThat(HiddenTarget.reveal(response, "take")).isEqualTo(Map.of("message", "Unknown tool: take", "data",
				List.of(Map.of("uri", "take"), 5, true, List.of("take"))));
	}

	private static String call(String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":" + params + "}";
	}

	private static McpMessage read(String body) throws InvalidMessageException {
		return new McpMessageReader(10).read(body.getBytes(StandardCharsets.UTF_8));
	}

}
