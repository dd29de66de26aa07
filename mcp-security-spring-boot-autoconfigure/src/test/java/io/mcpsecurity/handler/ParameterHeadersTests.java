package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;

import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Which parameters of a tool have a header, by its input schema.
 */
class ParameterHeadersTests {

	@Test
	void headerOfParameterIsReadFromSchema() {
		assertThat(headers("""
				"region":{"type":"string","x-mcp-header":"Region"},"query":{"type":"string"},
				"page":{"type":"object","properties":{"limit":{"type":"integer","x-mcp-header":"Page-Limit"},
				"deep":{"type":"object","properties":{"dry":{"type":["boolean","null"],"x-mcp-header":"dry"}}}}}"""))
			.containsOnly(Map.entry("region", List.of("region")), Map.entry("page-limit", List.of("page", "limit")),
					Map.entry("dry", List.of("page", "deep", "dry")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\"x-mcp-header\":{\"type\":\"string\"}", "\"a\":{\"type\":\"string\"}", "\"a\":true",
			"\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}" })
	void schemaWithoutSupportedHeaderDeclarationHasNoHeaders(String properties) {
		assertThat(headers(properties)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"type\":\"string\",\"x-mcp-header\":\"\"}",
			"{\"type\":\"string\",\"x-mcp-header\":\"a b\"}", "{\"type\":\"string\",\"x-mcp-header\":\"a:b\"}",
			"{\"type\":\"string\",\"x-mcp-header\":\"a\\r\\nb\"}", "{\"type\":\"string\",\"x-mcp-header\":\"\u00e4\"}",
			"{\"type\":\"string\",\"x-mcp-header\":5}", "{\"type\":\"string\",\"x-mcp-header\":null}",
			"{\"type\":\"number\",\"x-mcp-header\":\"A\"}", "{\"type\":\"object\",\"x-mcp-header\":\"A\"}",
			"{\"type\":[\"string\",\"array\"],\"x-mcp-header\":\"A\"}", "{\"type\":[],\"x-mcp-header\":\"A\"}",
			"{\"x-mcp-header\":\"A\"}" })
	void invalidHeaderDeclarationIsRefused(String parameter) {
		assertThatIllegalStateException().isThrownBy(() -> headers("\"p\":" + parameter))
			.withMessageStartingWith("Tool 'browse': x-mcp-header of the parameter 'p' ");
	}

	@Test
	void headerDeclaredForTwoParametersIsRefused() {
		assertThatIllegalStateException()
			.isThrownBy(() -> headers("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"Same\"},"
					+ "\"b\":{\"type\":\"string\",\"x-mcp-header\":\"SAME\"}"))
			.withMessageContaining("is that of another parameter too");
	}

	private static Map<String, List<String>> headers(String properties) {
		@SuppressWarnings("unchecked")
		Map<String, Object> schema = JsonMapper.shared()
			.readValue("{\"type\":\"object\",\"properties\":{" + properties + "}}", Map.class);
		return ParameterHeaders.of(Tool.builder("browse", schema).build());
	}

}
