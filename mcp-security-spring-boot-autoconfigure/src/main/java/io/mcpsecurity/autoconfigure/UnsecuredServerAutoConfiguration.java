package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.handler.DeclarationException;
import io.modelcontextprotocol.spec.McpServerTransportProviderBase;

import org.springframework.ai.mcp.server.common.autoconfigure.McpServerStdioDisabledCondition;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.context.reactive.ConfigurableReactiveWebEnvironment;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of an application in which {@link McpSecurityAutoConfiguration} is
 * not active. An MCP server that clients can use without a token stops the start, or is
 * logged if security is switched off.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class)
@ConditionalOnClass({ McpServerTransportProviderBase.class, McpServerStdioDisabledCondition.class })
@ConditionalOnMissingBean(CheckedProperties.class)
public final class UnsecuredServerAutoConfiguration {

	static final String WEB_TYPE = "spring.main.web-application-type";

	@Bean
	UnsecuredServers mcpUnsecuredServers(ListableBeanFactory beans, ConfigurableEnvironment environment) {
		return new UnsecuredServers(beans, environment);
	}

	/** Stops the start of a reactive application before its beans are created. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = PropertyBinder.CONDITION + "enabled", matchIfMissing = true)
	@Conditional(McpServerStdioDisabledCondition.class)
	static class ReactiveConfiguration {

		@Bean
		static BeanFactoryPostProcessor mcpReactiveApplicationCheck(Environment environment) {
			return (beans) -> requireNotReactive(environment);
		}

		private static void requireNotReactive(Environment environment) {
			String type = environment.getProperty(WEB_TYPE);
			if ("reactive".equalsIgnoreCase(type)) {
				throw CheckedProperties.invalid(WEB_TYPE, type, "The MCP server would not be secured. "
						+ UnsecuredServers.REMEDY + ", and set " + WEB_TYPE + "=servlet.");
			}
			if (environment instanceof ConfigurableReactiveWebEnvironment) {
				throw new DeclarationException("The MCP server of this WebFlux application would not be secured",
						UnsecuredServers.REMEDY + " in place of spring-ai-starter-mcp-server-webflux, or set "
								+ "mcp-security.enabled=false if the server is secured by other means");
			}
		}

	}

}
