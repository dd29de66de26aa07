package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.util.List;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.ApiKeyHeader;
import io.mcpsecurity.transport.BodyLimits;
import io.mcpsecurity.transport.McpDispatcher;
import io.mcpsecurity.transport.McpEndpoint;
import io.mcpsecurity.transport.ModernRequests;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.RequestStates;
import io.mcpsecurity.transport.SenderConstraints;
import io.mcpsecurity.transport.Sessions;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerStreamableHttpProperties;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletPath;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.servlet.function.ServerRequest;

/**
 * The MCP endpoint that Spring AI configures, with its filter chain, and what it has in
 * common with further endpoints.
 */
@Configuration(proxyBeanMethods = false)
class EndpointConfiguration {

	/** A bean name that does not collide with names of the application. */
	static final String CHAIN = "io.mcpsecurity.endpointFilterChain";

	/** Precedes the application's chains, which match other or more paths. */
	static final int CHAIN_ORDER = Ordered.HIGHEST_PRECEDENCE + 10;

	@Bean
	ProtectedResource mcpProtectedResource(CheckedProperties checked, McpServerStreamableHttpProperties endpoint,
			ObjectProvider<DispatcherServletPath> servletPath, ServletContext servletContext) {
		return new ProtectedResource(checked.resource(), prefix(servletPath) + endpoint.getMcpEndpoint(),
				servletContext.getContextPath(), checked.metadataUrl());
	}

	static String prefix(ObjectProvider<DispatcherServletPath> servletPath) {
		return servletPath.stream().findFirst().map(DispatcherServletPath::getPrefix).orElse("");
	}

	@Bean
	McpEndpointFactory mcpEndpointFactory(AuthorizationServers servers, ScopeCatalogue catalogue,
			CheckedProperties checked, McpSecurityProperties properties, SenderConstraints constraints) {
		return new McpEndpointFactory(servers, catalogue, checked, properties, constraints);
	}

	@Bean
	McpEndpoint.Common mcpEndpointParts(Exchanges exchanges, ClientAccess clients, AuthorizationRules rules,
			McpSecurityProperties properties, RequestLimits limits,
			ObjectProvider<McpTransportContextExtractor<HttpServletRequest>> servletExtractors,
			ObjectProvider<McpTransportContextExtractor<ServerRequest>> functionalExtractors,
			SenderConstraints constraints, ModernRequests modern, ObjectProvider<ApiKeyHeader> apiKeys,
			ListableBeanFactory beans) {
		McpSecurityProperties.Http http = properties.http();
		BodyLimits bodies = new BodyLimits(Math.toIntExact(http.maxBodySize().toBytes()), http.bodyTimeout());
		return new McpEndpoint.Common(exchanges, clients, rules, new McpMessageReader(http.maxJsonDepth()), bodies,
				limits,
				ApplicationContexts.of(servletExtractors.getIfUnique(), functionalExtractors.getIfUnique(),
						beans.getBeanNamesForType(McpTransportContextExtractor.class)),
				constraints, modern, apiKeys.getIfAvailable());
	}

	@Bean
	ModernRequests mcpModernRequests(CheckedProperties checked, @Qualifier("mcpServerJsonMapper") JsonMapper json,
			Sessions sessions, McpSecurityProperties properties) {
		return new ModernRequests(checked.revisions(), json, sessions,
				new RequestStates(checked.requestStateKeys(), properties.requestState().lifetime(), Clock.systemUTC()));
	}

	@Bean(CHAIN)
	@Order(CHAIN_ORDER)
	SecurityFilterChain mcpSecurityFilterChain(ProtectedResource main, AccessPolicy policy,
			McpEndpointFactory endpoints, McpEndpoint.Common common, ListingFilter listings, McpDispatcher dispatcher,
			CheckedProperties checked, McpSecurityProperties properties,
			@Qualifier("mcpAuthenticationManagerResolver") AuthenticationManagerResolver<HttpServletRequest> authentication) {
		List<String> challengeScopes = properties.metadata().challengeScopes();
		return McpEndpoint.filterChain(checked.names(main)
			.stream()
			.map((name) -> new EndpointDefinition(name, policy, authentication,
					endpoints.challenge(name, policy, challengeScopes)))
			.map((definition) -> endpoints.endpoint(definition, listings, dispatcher))
			.toList(), common);
	}

	@Bean
	FurtherEndpoints mcpFurtherEndpoints(CheckedProperties checked, ProtectedResource main, RuleBook ruleBook,
			AccessPolicy policy, EndpointAuthentication authentication, McpEndpointFactory endpoints) {
		return new FurtherEndpoints(checked, main, ruleBook, policy, authentication, endpoints);
	}

	@Bean
	EndpointChainsCheck mcpEndpointChainsCheck(ProtectedResource main, FurtherEndpoints further,
			ObjectProvider<FilterChainProxy> proxies, ServletContext servletContext, ListableBeanFactory beans) {
		return new EndpointChainsCheck(main, further, proxies, servletContext, beans);
	}

	@Bean
	EndpointReport mcpEndpointReport(ProtectedResource main, AccessPolicy policy, FurtherEndpoints further,
			FurtherServers servers, AuthorizationServers issuers, ObjectProvider<ApiKeyHeader> apiKeys) {
		return new EndpointReport(main, policy, further, servers, issuers, apiKeys.getIfAvailable());
	}

}
