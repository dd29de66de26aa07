package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Stops the start where the application has an MCP transport that nothing here guards,
 * unless the operator allows it.
 */
final class UnguardedTransports implements SmartInitializingSingleton {

	static final String ALLOWED = "mcp.security.unguarded-transports";

	private final ListableBeanFactory beans;

	private final List<String> allowed;

	UnguardedTransports(ListableBeanFactory beans, List<String> allowed) {
		this.beans = beans;
		this.allowed = allowed;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Map<String, Object> transports = new LinkedHashMap<>(
				this.beans.getBeansOfType(McpServerTransportProviderBase.class));
		transports.putAll(this.beans.getBeansOfType(McpStatelessServerTransport.class));
		transports.forEach((name, transport) -> {
			boolean own = transport instanceof StreamableTransport || transport instanceof StatelessTransport;
			if (!own && !this.allowed.contains(name)) {
				throw new InvalidMcpSecurityPropertyException(ALLOWED, this.allowed,
						"does not name '" + name + "', an MCP transport (" + transport.getClass().getName()
								+ ") at which nothing checks tokens and scopes.",
						"Remove the bean: this starter brings the transport, and further endpoints are configured by "
								+ "mcp.security.endpoints; or add its name to " + ALLOWED + ".");
			}
		});
		for (String name : this.allowed) {
			if (!transports.containsKey(name)) {
				throw new InvalidMcpSecurityPropertyException(ALLOWED, name, "is not the name of an MCP transport.",
						"Remove it.");
			}
		}
	}

}
