package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.handler.AccessDeclarations;
import io.mcpsecurity.handler.EndpointContents;
import io.mcpsecurity.handler.InvocationGuard;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.handler.McpGuardPostProcessor;
import io.mcpsecurity.handler.ObservedBeans;
import io.mcpsecurity.transport.ProtectedResource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.server.common.autoconfigure.annotations.McpServerAnnotationScannerAutoConfiguration.ServerMcpAnnotatedBeans;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;

/** The guard around the handlers of MCP servers, and their listings. */
@Configuration(proxyBeanMethods = false)
class HandlerConfiguration {

	@Bean
	static McpGuardPostProcessor mcpGuardPostProcessor(BeanFactory beans) {
		return new McpGuardPostProcessor(beans);
	}

	/** Replaces Spring AI's registry of annotated beans. */
	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	@ConditionalOnMissingBean(ServerMcpAnnotatedBeans.class)
	static ObservedBeans mcpObservedBeans() {
		return new ObservedBeans();
	}

	@Bean
	InvocationGuard mcpInvocationGuard(AccessPolicies policies, AccessDeclarations declarations,
			AuthorizationRules rules, ProtectedResource main, CheckedProperties checked, FurtherEndpoints further,
			ScopeCatalogue catalogue) {
		List<ProtectedResource> resources = Stream.concat(checked.names(main).stream(), further.resources().stream())
			.toList();
		return new InvocationGuard(policies, declarations.conditions(), rules,
				(identifier) -> resources.stream()
					.filter((resource) -> resource.identifier().toString().equals(identifier))
					.findFirst()
					.orElse(main)
					.metadataLocation(),
				catalogue::challenged);
	}

	@Bean
	ListingFilter mcpListingFilter(AccessPolicies policies, AuthorizationRules rules, ScopeCatalogue catalogue,
			@Qualifier("mcpServerJsonMapper") JsonMapper json) {
		return new ListingFilter(policies, rules, catalogue, json);
	}

	@Bean
	EndpointContents mcpEndpointContents(CheckedProperties checked, ConfigurableListableBeanFactory beans) {
		return FurtherServers.contents(checked, beans);
	}

	@Bean
	UnguardedTransports mcpUnguardedTransports(ListableBeanFactory beans, McpGuardPostProcessor guard,
			McpSecurityProperties properties) {
		return new UnguardedTransports(beans, guard::guards, properties.unguardedTransports());
	}

}
