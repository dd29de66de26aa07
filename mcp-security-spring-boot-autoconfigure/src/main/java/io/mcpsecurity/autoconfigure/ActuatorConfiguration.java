package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.util.List;

import io.mcpsecurity.actuate.IntrospectionMetrics;
import io.mcpsecurity.actuate.KeyMetrics;
import io.mcpsecurity.actuate.McpSecurityEndpoint;
import io.mcpsecurity.actuate.SessionMetrics;
import io.mcpsecurity.actuate.TokenCacheMetrics;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.Sessions;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.web.server.ConditionalOnManagementPort;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletPath;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.util.StringUtils;

/**
 * The parts for Spring Boot's actuator, for Micrometer and for health endpoints, each if
 * its library is present.
 */
@Configuration(proxyBeanMethods = false)
class ActuatorConfiguration {

	/** Secrets are never shown, whatever {@code management.endpoint.*.show-values} is. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SanitizingFunction.class)
	static class SanitizingConfiguration {

		@Bean
		SanitizingFunction mcpSecuritySanitizingFunction() {
			return (data) -> SecretProperties.contain(data.getKey()) ? data.withSanitizedValue() : data;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnAvailableEndpoint(McpSecurityEndpoint.class)
	static class McpSecurityEndpointConfiguration {

		@Bean
		McpSecurityEndpoint mcpSecurityEndpoint(ProtectedResource resource, AccessPolicy policy,
				FurtherEndpoints further, AuthorizationServers servers, ScopeCatalogue catalogue,
				McpSecurityProperties properties, ClientAccess clients) {
			McpSecurityProperties.Policy configured = properties.policy();
			String hierarchy = configured.scopeHierarchy();
			return new McpSecurityEndpoint(resource, policy, further.protectedEndpoints(), servers, catalogue,
					McpSecurityEndpoint.Modes.of(configured.enforcement(), configured.visibility(),
							configured.anonymousDiscovery(), configured.defaultAccess()),
					(hierarchy != null) ? hierarchy.lines().map(String::trim).filter(StringUtils::hasText).toList()
							: List.of(),
					clients);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(PathMappedEndpoints.class)
	static class WriteAccessConfiguration {

		@Bean
		@ConditionalOnManagementPort(ManagementPortType.SAME)
		WriteAccessCheck mcpWriteAccessCheck(ObjectProvider<PathMappedEndpoints> endpoints,
				ObjectProvider<FilterChainProxy> proxies, ObjectProvider<DispatcherServletPath> servletPath,
				Environment environment) {
			return new WriteAccessCheck(endpoints, proxies, EndpointConfiguration.prefix(servletPath), environment);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetricsConfiguration {

		@Bean
		IntrospectionMetrics mcpIntrospectionMetrics(AuthorizationServers servers) {
			return new IntrospectionMetrics(servers.introspections().all());
		}

		@Bean
		KeyMetrics mcpKeyMetrics(AuthorizationServers servers) {
			return new KeyMetrics(servers);
		}

		@Bean
		TokenCacheMetrics mcpTokenCacheMetrics(EndpointAuthentication authentication) {
			return new TokenCacheMetrics(authentication.caches());
		}

		@Bean
		SessionMetrics mcpSessionMetrics(Sessions sessions) {
			return new SessionMetrics(sessions);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HealthIndicator.class)
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = "mcpSecurityHealthIndicator")
		@ConditionalOnEnabledHealthIndicator("mcp-security")
		HealthIndicator mcpSecurityHealthIndicator(AuthorizationServers servers) {
			return new AuthorizationServersHealthIndicator(servers, Clock.systemUTC());
		}

	}

}
