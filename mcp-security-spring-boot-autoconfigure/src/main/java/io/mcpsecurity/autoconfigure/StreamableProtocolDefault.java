package io.mcpsecurity.autoconfigure;

import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Makes Streamable HTTP the default protocol: without the property, Spring AI 2.0 still
 * starts the HTTP+SSE transport that MCP replaced with revision 2025-03-26 and that this
 * starter does not secure. Any value of the application wins.
 */
class StreamableProtocolDefault implements EnvironmentPostProcessor {

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (environment.getProperty(PropertyBinder.CONDITION + "enabled", Boolean.class, true)) {
			environment.getPropertySources()
				.addLast(new MapPropertySource("mcpSecurityDefaults",
						Map.of(McpSecurityAutoConfiguration.PROTOCOL, "STREAMABLE")));
		}
	}

}
