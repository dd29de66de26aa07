package io.mcpsecurity.autoconfigure;

import java.util.Map;

import org.apache.commons.logging.Log;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Makes Streamable HTTP the default protocol: without the property, Spring AI 2.0 still
 * starts the HTTP+SSE transport that MCP replaced with revision 2025-03-26 and that this
 * starter does not secure. A value of the application takes precedence.
 */
class StreamableProtocolDefault implements EnvironmentPostProcessor {

	private final Log logger;

	StreamableProtocolDefault(DeferredLogFactory logs) {
		this.logger = logs.getLog(StreamableProtocolDefault.class);
	}

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (environment.getProperty(PropertyBinder.CONDITION + "enabled", Boolean.class, true)) {
			if (!environment.containsProperty(CheckedProperties.PROTOCOL)
					&& !environment.getProperty("spring.ai.mcp.server.stdio", Boolean.class, false)) {
				this.logger.info(CheckedProperties.PROTOCOL
						+ " is not set: the server uses STREAMABLE instead of Spring AI's default SSE, which this "
						+ "starter does not secure");
			}
			environment.getPropertySources()
				.addLast(
						new MapPropertySource("mcpSecurityDefaults", Map.of(CheckedProperties.PROTOCOL, "STREAMABLE")));
		}
	}

}
