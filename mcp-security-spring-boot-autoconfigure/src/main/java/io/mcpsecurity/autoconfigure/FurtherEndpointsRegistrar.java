package io.mcpsecurity.autoconfigure;

import java.util.List;

import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.transport.McpDispatcher;
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

/** Registers a filter chain and an MCP server for each further MCP endpoint. */
class FurtherEndpointsRegistrar implements BeanRegistrar {

	private static final List<Class<?>> MAIN_SERVERS = List.of(McpSyncServer.class, McpAsyncServer.class,
			McpStatelessSyncServer.class, McpStatelessAsyncServer.class);

	@Override
	public void register(BeanRegistry registry, Environment environment) {
		PropertyBinder.endpoints((ConfigurableEnvironment) environment).keySet().forEach((name) -> {
			registry.registerBean(FurtherServers.BEAN_PREFIX + name, Object.class,
					(bean) -> bean.notAutowirable().supplier((beans) -> {
						// The main server creates the specifications of all servers.
						MAIN_SERVERS.forEach((type) -> beans.beanProvider(type).stream().findAny());
						return beans.bean(FurtherServers.class).build(name);
					}));
			registry.registerBean(EndpointConfiguration.CHAIN + "-" + name, SecurityFilterChain.class,
					(bean) -> bean.order(EndpointConfiguration.CHAIN_ORDER).supplier((beans) -> chain(beans, name)));
		});
	}

	private static SecurityFilterChain chain(BeanRegistry.SupplierContext beans, String name) {
		McpEndpointFactory factory = beans.bean(McpEndpointFactory.class);
		ListingFilter listings = beans.bean(ListingFilter.class);
		McpDispatcher dispatcher = beans.bean(FurtherServers.class).dispatcher(name);
		return McpEndpoint.filterChain(beans.bean(FurtherEndpoints.class)
			.names(name)
			.stream()
			.map((definition) -> factory.endpoint(definition, listings, dispatcher))
			.toList(), beans.bean(McpEndpoint.Common.class));
	}

}
