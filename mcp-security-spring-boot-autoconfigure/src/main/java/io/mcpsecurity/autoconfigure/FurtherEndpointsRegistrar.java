package io.mcpsecurity.autoconfigure;

import java.util.Map;

import io.mcpsecurity.audit.RequestRecorder;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.session.Sessions;
import io.mcpsecurity.web.McpEndpoint;

import org.springframework.beans.factory.BeanRegistrar;
import org.springframework.beans.factory.BeanRegistry;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Registers a filter chain for each further MCP endpoint.
 */
class FurtherEndpointsRegistrar implements BeanRegistrar {

	@Override
	public void register(BeanRegistry registry, Environment environment) {
		Binder.get(environment)
			.bind("mcp.security.endpoints", Bindable.mapOf(String.class, McpSecurityProperties.Endpoint.class))
			.orElse(Map.of())
			.keySet()
			.forEach((name) -> registry.registerBean("mcpSecurityFilterChain-" + name, SecurityFilterChain.class,
					(bean) -> bean.order(McpSecurityAutoConfiguration.CHAIN_ORDER).supplier((beans) -> {
						McpEndpoint endpoint = beans.bean(FurtherEndpoints.class).get(name);
						McpEndpointFactory endpoints = beans.bean(McpEndpointFactory.class);
						return endpoint.filterChain(beans.bean(RequestRecorder.class),
								beans.bean(McpMessageReader.class),
								McpSecurityAutoConfiguration.maxSize(beans.bean(McpSecurityProperties.class)),
								endpoints.crossOrigin(endpoint.resource()),
								endpoints.sessions(endpoint.resource(), beans.bean(Sessions.class)),
								beans.bean(RequestLimits.class), null);
					})));
	}

}
