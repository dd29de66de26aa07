package io.mcpsecurity.autoconfigure;

import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Excludes the auto-configurations of Spring AI's WebMVC transports, which this library
 * replaces: requests to their routes would bypass the endpoint.
 */
final class SpringAiTransportFilter implements AutoConfigurationImportFilter, EnvironmentAware {

	private static final String PACKAGE = "org.springframework.ai.mcp.server.webmvc.autoconfigure.";

	private static final Set<String> TRANSPORTS = Set.of(PACKAGE + "McpServerStreamableHttpWebMvcAutoConfiguration",
			PACKAGE + "McpServerStatelessWebMvcAutoConfiguration");

	private @Nullable Environment environment;

	@Override
	public void setEnvironment(Environment environment) {
		this.environment = environment;
	}

	@Override
	public boolean[] match(@Nullable String[] candidates, AutoConfigurationMetadata metadata) {
		boolean enabled = this.environment == null
				|| this.environment.getProperty(PropertyBinder.CONDITION + "enabled", Boolean.class, true);
		boolean[] matches = new boolean[candidates.length];
		for (int i = 0; i < candidates.length; i++) {
			matches[i] = !(enabled && candidates[i] != null && TRANSPORTS.contains(candidates[i]));
		}
		return matches;
	}

}
