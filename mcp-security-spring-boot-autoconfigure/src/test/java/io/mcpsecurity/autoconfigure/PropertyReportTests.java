package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is said of properties that Spring Boot's binding lets pass.
 */
@ExtendWith(OutputCaptureExtension.class)
class PropertyReportTests {

	private final StandardEnvironment environment = new StandardEnvironment();

	@ParameterizedTest
	@ValueSource(strings = { "MCP_SECURITY_UNDECLARD", "MCP_SECURITY_RULES_0_TOOL", "MCP_SECURITY_AUDIT_JDBC_ENABLE",
			"MCP_SECURITY_AUTHORIZATIONSERVERS_0_ISSUE", "MCP_SECURITY" })
	void aMisspeltVariableIsReported(String name, CapturedOutput output) {
		variables(Map.of(name, "x"));
		report();
		assertThat(output).contains("'" + name + "' has no effect");
	}

	@ParameterizedTest
	@ValueSource(strings = { "MCP_SECURITY_UNDECLARED", "MCP_SECURITY_RULES_0_TOOLS", "MCP_SECURITY_RULES_12_TOOLS_3",
			"MCP_SECURITY_RULES_0_SCOPES_ALLOF_0", "MCP_SECURITY_AUDIT_JDBC_ENABLED",
			"MCP_SECURITY_AUTHORIZATIONSERVERS", "MCP_SECURITY_AUTHORIZATION_SERVERS_0_ISSUER",
			"MCP_SECURITY_ENDPOINTS_ADMIN_PATH", "MCP_SECURITY_SCOPES_PURGE_DESCRIPTION", "MCP_SECURITY_SERVICE_HOST",
			"MCP_SECURITY_SERVICE_PORT_HTTP", "MCP_SECURITY_PORT_8080_TCP_ADDR", "PATH" })
	void aVariableOfAPropertyIsNot(String name, CapturedOutput output) {
		variables(Map.of(name, "x"));
		report();
		assertThat(output).doesNotContain("has no effect");
	}

	@Test
	void aMisspeltSystemPropertyIsReported(CapturedOutput output) {
		this.environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME,
					new MapPropertySource(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME,
							Map.of("mcp.security.undeclard", "deny", "mcp.security.scope-hierarchy", "a > b")));
		report();
		assertThat(output).contains("'mcp.security.undeclard' has no effect").doesNotContain("scope-hierarchy");
	}

	@Test
	void rulesOfSeveralPlacesAreReported(CapturedOutput output) {
		variables(Map.of("MCP_SECURITY_RULES_0_TOOLS", "server_time", "MCP_SECURITY_RULES_0_ACCESS", "public"));
		this.environment.getPropertySources()
			.addLast(new MapPropertySource("application.yml",
					Map.of("mcp.security.rules[0].tools", "purge", "mcp.security.rules[0].access", "deny")));
		report();
		assertThat(output).contains("the rules of '" + StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME
				+ "' hold, those of " + List.of("application.yml") + " do not");
	}

	@Test
	void rulesOfOnePlaceAreNot(CapturedOutput output) {
		this.environment.getPropertySources()
			.addLast(new MapPropertySource("application.yml",
					Map.of("mcp.security.rules[0].tools", "purge", "mcp.security.rules[0].access", "deny")));
		report();
		assertThat(output).doesNotContain("several places");
	}

	private void variables(Map<String, Object> variables) {
		this.environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
	}

	private void report() {
		new PropertyReport(this.environment).afterSingletonsInstantiated();
	}

}
