package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.AbsentMetadataFilter;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.ProtectedResourceMetadataFilter;
import io.mcpsecurity.transport.ResourceMetadata;
import jakarta.servlet.http.HttpServlet;

import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;
import org.springframework.util.function.SingletonSupplier;

/**
 * The filter chains for the well-known paths: the metadata of protected resources, and
 * the absent metadata of authorization servers.
 */
@Configuration(proxyBeanMethods = false)
class MetadataConfiguration {

	static final String CHAIN = "io.mcpsecurity.metadataFilterChain";

	static final String ABSENT_CHAIN = "io.mcpsecurity.absentMetadataFilterChain";

	@Bean(CHAIN)
	@Order(EndpointConfiguration.CHAIN_ORDER)
	SecurityFilterChain mcpMetadataFilterChain(ProtectedResource main, AccessPolicy policy,
			McpEndpointFactory endpoints, FurtherEndpoints further, CheckedProperties checked,
			McpSecurityProperties properties, McpServerProperties server) {
		Stream<ResourceMetadata> metadata = checked.names(main)
			.stream()
			.map((name) -> endpoints.metadata(name, properties.resourceNameOr(server.getName()), policy,
					properties.metadata().scopesSupported()));
		return new ProtectedResourceMetadataFilter(Stream.concat(metadata, further.metadata().stream()).toList())
			.filterChain();
	}

	/**
	 * Containers call filters only where there is a servlet, and outside the path of
	 * Spring MVC's servlet, where the well-known path is (RFC 9728 section 3), there is
	 * none.
	 */
	@Bean
	@ConditionalOnProperty("spring.mvc.servlet.path")
	ServletRegistrationBean<HttpServlet> mcpMetadataServlet() {
		ServletRegistrationBean<HttpServlet> servlet = new ServletRegistrationBean<>(new HttpServlet() {
		}, ProtectedResource.WELL_KNOWN, ProtectedResource.WELL_KNOWN + "/*");
		servlet.setName("mcpMetadata");
		return servlet;
	}

	/**
	 * Precedes the application's chains, because Spring Security accepts none after a
	 * chain for any request. Chains of the application that match these paths
	 * specifically are preferred nevertheless.
	 */
	@Bean(ABSENT_CHAIN)
	@Order(EndpointConfiguration.CHAIN_ORDER)
	SecurityFilterChain mcpAbsentMetadataFilterChain(ProtectedResource main, FurtherEndpoints further,
			AuthorizationServers servers, CheckedProperties checked, ListableBeanFactory beans) {
		List<URI> names = Stream.concat(checked.names(main).stream(), further.resources().stream())
			.map(ProtectedResource::identifier)
			.toList();
		return AbsentMetadataFilter.chain(names,
				servers.issuers()
					.stream()
					.flatMap((issuer) -> Stream.of(issuer, checked.issuers().advertised(issuer)))
					.toList(),
				SingletonSupplier.of(() -> chainsForCertainRequests(beans)));
	}

	private static List<SecurityFilterChain> chainsForCertainRequests(ListableBeanFactory beans) {
		Map<String, SecurityFilterChain> chains = new LinkedHashMap<>(beans.getBeansOfType(SecurityFilterChain.class));
		chains.remove(ABSENT_CHAIN);
		return chains.values()
			.stream()
			.filter((chain) -> !(chain instanceof DefaultSecurityFilterChain known
					&& known.getRequestMatcher() instanceof AnyRequestMatcher))
			.toList();
	}

}
