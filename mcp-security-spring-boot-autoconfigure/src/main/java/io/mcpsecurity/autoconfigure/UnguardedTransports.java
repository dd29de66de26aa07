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

	static final String ALLOWED = PropertyBinder.PREFIX + ".unguarded-transports";

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
				throw CheckedProperties.invalid(ALLOWED, this.allowed, "It does not contain '" + name
						+ "', an MCP transport (" + transport.getClass().getName()
						+ ") at which tokens and scopes are not checked. Remove the bean: this starter has its own "
						+ "transport, and mcp-security.endpoints configures further endpoints. "
						+ "Or add its name here.");
			}
		});
		for (String name : this.allowed) {
			if (!transports.containsKey(name)) {
				throw CheckedProperties.invalid(ALLOWED, name,
						"'" + name + "' is not the name of an MCP transport. Remove it.");
			}
		}
	}

}
