package io.mcpsecurity.autoconfigure;

import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.handler.AccessDeclarations;
import io.mcpsecurity.handler.DeclarationException;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/** Checks the MCP servers of an application without secured endpoints. */
final class UnsecuredServers implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(UnsecuredServers.class);

	static final String REMEDY = "MCP Security secures servlet applications only: use "
			+ "spring-ai-starter-mcp-server-webmvc";

	private static final String ENABLED = "spring.ai.mcp.server.enabled";

	private static final String STDIO = "spring.ai.mcp.server.stdio";

	private final ListableBeanFactory beans;

	private final ConfigurableEnvironment environment;

	UnsecuredServers(ListableBeanFactory beans, ConfigurableEnvironment environment) {
		this.beans = beans;
		this.environment = environment;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Map<String, Class<?>> transports = UnguardedTransports.find(this.beans);
		transports.values().removeIf(StdioServerTransportProvider.class::isAssignableFrom);
		boolean enabled = this.environment.getProperty(PropertyBinder.CONDITION + "enabled", Boolean.class, true);
		if (!enabled && !transports.isEmpty()) {
			logger.warn("mcp-security.enabled=false: no MCP endpoint of this application is secured, and "
					+ "@RequiresScope has no effect");
		}
		else if (!transports.isEmpty()) {
			transports.keySet().removeAll(PropertyBinder.bind(this.environment).unguardedTransports());
			transports.forEach(this::refuse);
		}
		reportCallers();
	}

	private void refuse(String name, Class<?> transport) {
		String reason = "The application has the MCP transport '%s' (%s), at which tokens and scopes are not checked. "
			.formatted(name, transport.getName());
		String allow = "Or add '" + name + "' to mcp-security.unguarded-transports.";
		if (!this.environment.getProperty(ENABLED, Boolean.class, true)) {
			throw CheckedProperties.invalid(ENABLED, false, reason + "Set " + ENABLED
					+ "=true and let Spring AI build the server, of beans that are specifications. " + allow);
		}
		if (this.environment.getProperty(STDIO, Boolean.class, false)) {
			throw CheckedProperties.invalid(STDIO, true, reason + "Remove the transport. " + allow);
		}
		String type = this.environment.getProperty(UnsecuredServerAutoConfiguration.WEB_TYPE);
		if (type != null) {
			throw CheckedProperties.invalid(UnsecuredServerAutoConfiguration.WEB_TYPE, type,
					reason + "Set it to servlet, or remove the transport. " + allow);
		}
		throw new DeclarationException(reason.trim(), REMEDY + ". " + allow);
	}

	/** Log the tools that fail because there is no caller. */
	private void reportCallers() {
		TreeSet<String> methods = new TreeSet<>();
		for (String name : this.beans.getBeanDefinitionNames()) {
			Class<?> type = this.beans.getType(name, false);
			if (type != null && !type.getName().startsWith("org.springframework.")) {
				Stream.of(ReflectionUtils.getUniqueDeclaredMethods(ClassUtils.getUserClass(type)))
					.filter((method) -> method.isAnnotationPresent(McpTool.class))
					.filter((method) -> Stream.of(method.getParameterTypes()).anyMatch(McpCaller.class::equals))
					.map(AccessDeclarations::describe)
					.forEach(methods::add);
			}
		}
		if (!methods.isEmpty()) {
			logger.warn("Without secured endpoints there is no McpCaller, and calls of the following methods, which "
					+ "have it as a parameter, fail (McpCaller.current() is empty instead): " + methods);
		}
	}

}
