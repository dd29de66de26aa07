package io.mcpsecurity.autoconfigure;

import org.springframework.ai.mcp.server.common.autoconfigure.McpServerStdioDisabledCondition;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerStreamableHttpProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Auto-configuration that makes the WebMVC MCP server of Spring AI an OAuth 2.1 protected
 * resource. Its filter chains match the MCP endpoints and their metadata only, and are
 * added after the conditions of Spring Boot's own chains were evaluated, so the rest of
 * the application is secured as without this starter.
 */
@AutoConfiguration(afterName = {
		"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
		"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.OAuth2ResourceServerWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.authorization.autoconfigure.servlet.OAuth2AuthorizationServerAutoConfiguration" },
		beforeName = {
				"org.springframework.ai.mcp.server.webmvc.autoconfigure.McpServerStreamableHttpWebMvcAutoConfiguration",
				"org.springframework.ai.mcp.server.webmvc.autoconfigure.McpServerStatelessWebMvcAutoConfiguration" })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({ McpServerStreamableHttpProperties.class, SecurityFilterChain.class })
@ConditionalOnProperty(name = PropertyBinder.CONDITION + "enabled", matchIfMissing = true)
@Conditional(McpServerStdioDisabledCondition.class)
@EnableConfigurationProperties({ McpServerProperties.class, McpServerStreamableHttpProperties.class,
		OAuth2ResourceServerProperties.class })
@Import({ PropertiesConfiguration.class, PolicyConfiguration.class, TokenConfiguration.class, ClientConfiguration.class,
		HandlerConfiguration.class, ExchangeConfiguration.class, SenderConstraintConfiguration.class,
		ApiKeyConfiguration.class, EndpointConfiguration.class, MetadataConfiguration.class,
		TransportConfiguration.class, DownstreamConfiguration.class, ActuatorConfiguration.class,
		FurtherEndpointsRegistrar.class })
public final class McpSecurityAutoConfiguration {

	@Bean
	CheckedProperties mcpSecurityCheckedProperties(McpSecurityProperties properties,
			OAuth2ResourceServerProperties boot, ObjectProvider<AuthorizationServerConnectionDetails> connections,
			Environment environment) {
		return new CheckedProperties(properties, boot, connections.orderedStream().toList(),
				environment.getProperty(CheckedProperties.PROTOCOL));
	}

}
