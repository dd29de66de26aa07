package io.mcpsecurity.autoconfigure;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.security.web.FilterChainProxy;

/**
 * The check of write access if the actuator has its own port, and therefore its own
 * context.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnClass(FilterChainProxy.class)
class McpManagementContextConfiguration {

	@Bean
	WriteAccessCheck mcpManagementWriteAccessCheck(ObjectProvider<PathMappedEndpoints> endpoints,
			ObjectProvider<FilterChainProxy> proxies, Environment environment) {
		return new WriteAccessCheck(endpoints, proxies, "", environment);
	}

}
