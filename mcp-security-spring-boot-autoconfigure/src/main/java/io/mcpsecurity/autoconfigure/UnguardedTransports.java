package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import io.mcpsecurity.handler.DeclarationException;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.web.servlet.ServletRegistrationBean;

/**
 * Stops the start where the application has an MCP transport that nothing here guards,
 * unless the operator allows it.
 */
final class UnguardedTransports implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(UnguardedTransports.class);

	static final String ALLOWED = PropertyBinder.PREFIX + ".unguarded-transports";

	private final ListableBeanFactory beans;

	private final Predicate<Object> guarded;

	private final List<String> allowed;

	/**
	 * Create the check.
	 * @param beans the application's beans
	 * @param guarded whether the server that uses a transport is guarded
	 * @param allowed the names of transports that the operator allows
	 */
	UnguardedTransports(ListableBeanFactory beans, Predicate<Object> guarded, List<String> allowed) {
		this.beans = beans;
		this.guarded = guarded;
		this.allowed = allowed;
	}

	/**
	 * The MCP transports among the beans of an application.
	 */
	static Map<String, Object> find(ListableBeanFactory beans) {
		Map<String, Object> transports = new LinkedHashMap<>(
				beans.getBeansOfType(McpServerTransportProviderBase.class));
		transports.putAll(beans.getBeansOfType(McpStatelessServerTransport.class));
		return transports;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Map<String, Object> transports = find(this.beans);
		this.beans.getBeansOfType(ServletRegistrationBean.class).forEach((name, registration) -> {
			Object servlet = registration.getServlet();
			if (servlet instanceof McpServerTransportProviderBase && !transports.containsValue(servlet)) {
				transports.put(name, servlet);
			}
		});
		transports.forEach((name, transport) -> {
			boolean own = transport instanceof StreamableTransport || transport instanceof StatelessTransport;
			if (!own && !this.allowed.contains(name)) {
				throw CheckedProperties.invalid(ALLOWED, this.allowed, "It does not contain '" + name
						+ "', an MCP transport (" + transport.getClass().getName()
						+ ") at which tokens and scopes are not checked. Remove the bean: this starter has its own "
						+ "transport, and mcp-security.endpoints configures further endpoints. "
						+ "Or add its name here.");
			}
			if (own && !this.guarded.test(transport)) {
				throw new DeclarationException(
						"No MCP server that is guarded uses the transport '" + name
								+ "': its server is no bean, or was created too early",
						"declare the server as a bean of its own type (McpSyncServer, for example), and inject it into "
								+ "post-processors with @Lazy or as an ObjectProvider");
			}
		});
		for (String name : this.allowed) {
			if (!transports.containsKey(name)) {
				throw CheckedProperties.invalid(ALLOWED, name,
						"'" + name + "' is not the name of an MCP transport. Remove it.");
			}
			logger.warn("mcp-security.unguarded-transports: tokens and scopes are not checked at " + name);
		}
	}

}
