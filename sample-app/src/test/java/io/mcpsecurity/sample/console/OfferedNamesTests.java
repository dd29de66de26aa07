package io.mcpsecurity.sample.console;

import java.util.List;
import java.util.Map;
import java.util.Set;

import io.mcpsecurity.actuate.McpSecurityEndpoint.Clients;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Description;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Modes;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Rule;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The offered target for the name in a request.
 */
class OfferedNamesTests {

	private static final Rule RULE = new Rule("authenticated", List.of(), List.of(), null, List.of(), null, "default");

	private static final Description OFFERED = new Description("http://localhost/mcp", "/mcp",
			"http://localhost/metadata", Map.of(), new Clients(List.of(), List.of(), Set.of()),
			new Modes("enforce", "step-up", false, "authenticated"), List.of(), List.of(), Map.of(),
			Map.of("browse", RULE), Map.of("records://all", RULE), Map.of("records://{id}", RULE),
			Map.of("summarize", RULE), Map.of());

	@ParameterizedTest
	@CsvSource({ "tool, browse, browse", "tool, summarize,", "prompt, summarize, summarize",
			"resource, records://all, records://all", "resource, records://7, records://{id}", "resource, other://7,",
			"tool, records://7," })
	void isTheTargetItselfOrTheTemplateOfAResource(String kind, String name, String offered) {
		assertThat(OfferedNames.names(OFFERED, kind, name).findFirst().orElse(null)).isEqualTo(offered);
	}

}
