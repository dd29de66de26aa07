package io.mcpsecurity.message;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A message for a target that no server has.
 */
class HiddenTargetTests {

	@Test
	void theTargetIsAnotherAndTheRestIsWhatItWas() {
		String body = "{ \"id\":1.50e1, \"x\":\"\u00e4\u20ac\ud83d\ude00\", \"params\" :{\"a/b\":\"c\",\"n\\u0061me\" : \"t\\u0061ke\","
				+ "\"uri\":\"\",\"ref\":{\"uri\":\"a://{b}\",\"name\":\"p\",\"type\":\"ref/resource\"},"
				+ "\"arguments\":{\"name\":\"n\",\"uri\":\"u\",\"big\":" + "9".repeat(5000) + "}} }";
		String hidden = new String(HiddenTarget.hide(body.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
		assertThat(HiddenTarget.reveal(hidden)).isEqualTo(body);
		JsonNode message = JsonMapper.shared().readTree(hidden.replace("9".repeat(5000), "9"));
		assertThat(message.at("/params/name").asString()).endsWith(":take").isNotEqualTo("take");
		assertThat(message.at("/params/uri").asString()).endsWith(":").isNotEmpty();
		assertThat(message.at("/params/ref/uri").asString()).endsWith(":a://{b}");
		assertThat(message.at("/params/ref/name").asString()).endsWith(":p").isNotEqualTo("p");
		assertThat(message.at("/params/ref/type").asString()).isEqualTo("ref/resource");
		assertThat(message.at("/params/arguments/name").asString()).isEqualTo("n");
		assertThat(message.at("/params/arguments/uri").asString()).isEqualTo("u");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"params\":{}}", "{\"params\":[\"name\"]}", "{\"name\":\"x\",\"uri\":\"x\"}",
			"{\"params/name\":\"x\"}", "{\"params\":{\"name\":5}}", "{\"a\":{\"params\":{\"name\":\"x\"}}}" })
	void whatIsNoTargetStaysAsItIs(String body) {
		assertThat(HiddenTarget.hide(body.getBytes(StandardCharsets.UTF_8))).asString(StandardCharsets.UTF_8)
			.isEqualTo(body);
	}

}
