package io.mcpsecurity.transport;

import java.util.HashMap;
import java.util.Map;

import io.mcpsecurity.message.McpMessage;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is kept and logged of what a client says about itself.
 */
class InitializationTests {

	@Test
	void shortClientInfoAndCapabilitiesAreKept() throws Exception {
		InitializeRequest request = read("client", Map.of("feature", Map.of("enabled", true)));
		assertThat(request.clientInfo().name()).isEqualTo("client");
		assertThat(request.capabilities().experimental()).containsKey("feature");
		assertThat(request.capabilities().roots()).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "two\nlines", "a\rb", "\u001b[31m", "\u2028", "\u0085", "\0" })
	void controlCharactersAreNotKept(String text) throws Exception {
		InitializeRequest request = read(text, Map.of("feature", Map.of(text, text)));
		assertThat(request.toString()).doesNotContain(text).doesNotContain("\n", "\r");
		assertThat(request.capabilities().roots()).isNotNull();
	}

	@Test
	void lengthOfKeptValuesIsLimited() throws Exception {
		Map<String, Object> many = new HashMap<>();
		for (int i = 0; i < 1000; i++) {
			many.put("feature" + i, Map.of());
		}
		assertThat(read("x".repeat(10_000), many).toString().length()).isLessThan(2000);
	}

	@Test
	void invalidClientInfoIsRefused() {
		assertThatExceptionOfType(RefusedRequestException.class)
			.isThrownBy(() -> Initialization
				.read(new McpMessage(1, "initialize", null, Map.of("clientInfo", 5), null, null), JsonMapper.shared()))
			.satisfies((refused) -> assertThat(refused.status()).isEqualTo(400));
	}

	private static InitializeRequest read(String name, Map<String, Object> experimental)
			throws RefusedRequestException {
		return Initialization.read(new McpMessage(1, "initialize", null,
				Map.of("protocolVersion", "2025-11-25", "capabilities",
						Map.of("roots", Map.of(), "experimental", experimental), "clientInfo",
						Map.of("name", name, "version", name)),
				null, null), JsonMapper.shared());
	}

}
