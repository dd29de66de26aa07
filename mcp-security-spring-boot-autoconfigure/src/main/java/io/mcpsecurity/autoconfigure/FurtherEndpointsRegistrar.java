package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.function.Function;

import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.transport.McpEndpoint;
import io.modelcontextprotocol.server.McpAsyncServer;
import io.modelcontextprotocol.server.McpStatelessAsyncServer;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;

import org.springframework.beans.factory.BeanRegistrar;
import org.springframework.beans.factory.BeanRegistry;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Registers a filter chain and an MCP server for each further MCP endpoint.
 */
class FurtherEndpointsRegistrar implements BeanRegistrar {

	private static final List<Class<?>> MAIN_SERVERS = List.of(McpSyncServer.class, McpAsyncServer.class,
			McpStatelessSyncServer.class, McpStatelessAsyncServer.class);

	@Override
	public void register(BeanRegistry registry, Environment environment) {
		PropertyBinder.endpoints((ConfigurableEnvironment) environment).keySet().forEach((name) -> {
			registry.registerBean("mcpServer-" + name, Object.class,
					(bean) -> bean.notAutowirable().supplier((beans) -> {
						// What these take is there when the main server is.
						MAIN_SERVERS.forEach((type) -> beans.beanProvider(type).stream().findAny());
						return beans.bean(FurtherServers.class).build(name);
					}));
			registry.registerBean(McpSecurityAutoConfiguration.ENDPOINT_CHAIN + "-" + name, SecurityFilterChain.class,
					(bean) -> bean.order(McpSecurityAutoConfiguration.CHAIN_ORDER)
						.supplier((beans) -> chain(beans, name)));
		});
	}

	private static SecurityFilterChain chain(BeanRegistry.SupplierContext beans, String name) {
		FurtherEndpoints further = beans.bean(FurtherEndpoints.class);
		Function<EndpointDefinition, McpEndpoint> endpoint = (definition) -> beans.bean(McpEndpointFactory.class)
			.endpoint(definition, beans.bean(ListingFilter.class), beans.bean(FurtherServers.class).dispatcher(name));
		return endpoint.apply(further.get(name))
			.filterChain(beans.bean(McpEndpoint.Common.class), further.aliases(name).stream().map(endpoint).toList());
	}

}
