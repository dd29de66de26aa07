package io.mcpsecurity.autoconfigure;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.mcpsecurity.handler.DeclarationException;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.util.ClassUtils;

/**
 * Stops the start if the application has an MCP transport that is not guarded, unless it
 * is allowed.
 */
final class UnguardedTransports implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(UnguardedTransports.class);

	static final String ALLOWED = PropertyBinder.PREFIX + ".unguarded-transports";

	private static final boolean WEB_MVC = ClassUtils
		.isPresent("org.springframework.web.servlet.function.RouterFunction", null)
			&& ClassUtils.isPresent("org.springframework.boot.web.servlet.ServletRegistrationBean", null);

	private final ListableBeanFactory beans;

	private final Predicate<Object> guarded;

	private final List<String> allowed;

	/**
	 * Create the check.
	 * @param beans the application's beans
	 * @param guarded whether the server that uses a transport is guarded
	 * @param allowed the names of allowed transports
	 */
	UnguardedTransports(ListableBeanFactory beans, Predicate<Object> guarded, List<String> allowed) {
		this.beans = beans;
		this.guarded = guarded;
		this.allowed = allowed;
	}

	/**
	 * The classes of the MCP transports of an application, by the names of their beans.
	 * One that is no bean is found by the bean of its routes, or as a servlet, unless a
	 * bean has the same class.
	 */
	static Map<String, Class<?>> find(ListableBeanFactory beans) {
		Map<String, Class<?>> transports = new LinkedHashMap<>();
		Stream.of(McpServerTransportProviderBase.class, McpStatelessServerTransport.class)
			.forEach((type) -> beans.getBeansOfType(type)
				.forEach((name, transport) -> transports.put(name, transport.getClass())));
		if (WEB_MVC) {
			Collection<Class<?>> known = List.copyOf(transports.values());
			WebTransports.find(beans).forEach((name, type) -> {
				if (!known.contains(type)) {
					transports.put(name, type);
				}
			});
		}
		return transports;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Map<String, Class<?>> transports = find(this.beans);
		transports.values().removeAll(List.of(StreamableTransport.class, StatelessTransport.class));
		transports.forEach((name, type) -> {
			if (!this.allowed.contains(name)) {
				throw CheckedProperties.invalid(ALLOWED, this.allowed,
						"It does not contain '" + name + "', an MCP transport (" + type.getName()
								+ ") at which tokens and scopes are not checked. Remove it: this starter has its own "
								+ "transport, and mcp-security.endpoints configures further endpoints. "
								+ "Or add its name here.");
			}
		});
		checkOwn(StreamableTransport.class);
		checkOwn(StatelessTransport.class);
		for (String name : this.allowed) {
			if (!transports.containsKey(name)) {
				throw CheckedProperties.invalid(ALLOWED, name,
						"'" + name + "' is not the name of an MCP transport. Remove it.");
			}
			logger.warn("mcp-security.unguarded-transports: tokens and scopes are not checked at " + name);
		}
	}

	private void checkOwn(Class<?> type) {
		this.beans.getBeansOfType(type).forEach((name, transport) -> {
			if (!this.guarded.test(transport)) {
				throw new DeclarationException(
						"No MCP server that is guarded uses the transport '" + name
								+ "': its server is no bean, or was created too early",
						"declare the server as a bean of its own type (McpSyncServer, for example), and inject it into "
								+ "post-processors with @Lazy or as an ObjectProvider");
			}
		});
	}

}
