package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.ScopeCheck;
import io.mcpsecurity.actuate.IntrospectionMetrics;
import io.mcpsecurity.actuate.KeyMetrics;
import io.mcpsecurity.actuate.McpSecurityEndpoint;
import io.mcpsecurity.actuate.SessionMetrics;
import io.mcpsecurity.actuate.TokenCacheMetrics;
import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.AuditEvents;
import io.mcpsecurity.audit.AuditRecorder;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.client.ClientDenials;
import io.mcpsecurity.client.LocalClientDenials;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.handler.EndpointContents;
import io.mcpsecurity.handler.InvocationGuard;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.handler.McpGuardPostProcessor;
import io.mcpsecurity.handler.ObservedBeans;
import io.mcpsecurity.handler.ScopeDeclarations;
import io.mcpsecurity.handler.SensitiveArguments;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.IssuerKeys;
import io.mcpsecurity.token.TokenExtensions;
import io.mcpsecurity.transport.AbsentMetadataFilter;
import io.mcpsecurity.transport.BearerChallenge;
import io.mcpsecurity.transport.BodyLimits;
import io.mcpsecurity.transport.McpDispatcher;
import io.mcpsecurity.transport.McpEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.ProtectedResourceMetadataFilter;
import io.mcpsecurity.transport.ResourceMetadata;
import io.mcpsecurity.transport.Sessions;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.modelcontextprotocol.server.McpAsyncServer;
import io.modelcontextprotocol.server.McpStatelessAsyncServer;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.server.common.autoconfigure.McpServerAutoConfiguration;
import org.springframework.ai.mcp.server.common.autoconfigure.McpServerStatelessAutoConfiguration;
import org.springframework.ai.mcp.server.common.autoconfigure.McpServerStdioDisabledCondition;
import org.springframework.ai.mcp.server.common.autoconfigure.annotations.McpServerAnnotationScannerAutoConfiguration.ServerMcpAnnotatedBeans;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerStreamableHttpProperties;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.web.server.ConditionalOnManagementPort;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletPath;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.env.Environment;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.config.Customizer;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;
import org.springframework.util.StringUtils;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.client.RestClient;
import org.springframework.web.servlet.function.ServerRequest;

/**
 * Auto-configuration that makes the WebMVC MCP server of Spring AI an OAuth 2.1 protected
 * resource. It adds one {@link SecurityFilterChain} for the MCP endpoint and the
 * metadata, after Spring Boot has decided about its own, so that the rest of an
 * application is secured exactly as without it. Every bean backs off for one of the
 * application's.
 */
@AutoConfiguration(afterName = {
		"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
		"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.OAuth2ResourceServerWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.authorization.autoconfigure.servlet.OAuth2AuthorizationServerAutoConfiguration" },
		beforeName = {
				"org.springframework.ai.mcp.server.webmvc.autoconfigure.McpServerStreamableHttpWebMvcAutoConfiguration",
				"org.springframework.ai.mcp.server.webmvc.autoconfigure.McpServerStatelessWebMvcAutoConfiguration" })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({ McpServerStreamableHttpProperties.class, SecurityFilterChain.class })
@ConditionalOnProperty(name = PropertyBinder.CONDITION + "enabled", matchIfMissing = true)
@Conditional(McpServerStdioDisabledCondition.class)
@Import({ PropertiesConfiguration.class, FurtherEndpointsRegistrar.class })
@EnableConfigurationProperties({ McpServerProperties.class, McpServerStreamableHttpProperties.class,
		OAuth2ResourceServerProperties.class })
public final class McpSecurityAutoConfiguration {

	static final String PROTOCOL = "spring.ai.mcp.server.protocol";

	/** Names that no bean of an application has. */
	static final String ENDPOINT_CHAIN = "io.mcpsecurity.endpointFilterChain";

	static final String METADATA_CHAIN = "io.mcpsecurity.metadataFilterChain";

	static final String ABSENT_METADATA_CHAIN = "io.mcpsecurity.absentMetadataFilterChain";

	/** Before the chains of an application, which match other paths, or more. */
	static final int CHAIN_ORDER = Ordered.HIGHEST_PRECEDENCE + 10;

	@Bean
	CheckedProperties mcpSecurityCheckedProperties(McpSecurityProperties properties,
			OAuth2ResourceServerProperties boot, ObjectProvider<AuthorizationServerConnectionDetails> connections,
			Environment environment) {
		return new CheckedProperties(properties, boot, connections.orderedStream().toList(),
				environment.getProperty(PROTOCOL));
	}

	@Bean
	@ConditionalOnMissingBean
	ProtectedResource mcpProtectedResource(CheckedProperties properties, McpServerStreamableHttpProperties endpoint,
			ObjectProvider<DispatcherServletPath> servletPath, ServletContext servletContext) {
		return new ProtectedResource(properties.resource(), prefix(servletPath) + endpoint.getMcpEndpoint(),
				servletContext.getContextPath(), properties.metadataUrl());
	}

	private static String prefix(ObjectProvider<DispatcherServletPath> servletPath) {
		return servletPath.stream().findFirst().map(DispatcherServletPath::getPrefix).orElse("");
	}

	private static String resourceName(McpSecurityProperties properties, McpServerProperties server) {
		return StringUtils.hasText(properties.resourceName()) ? properties.resourceName() : server.getName();
	}

	/**
	 * What may be done with which scopes.
	 */
	@Configuration(proxyBeanMethods = false)
	static class AuthorizationConfiguration {

		@Bean
		@ConditionalOnMissingBean
		OfferedTargets mcpOfferedTargets() {
			return new OfferedTargets();
		}

		@Bean
		@ConditionalOnMissingBean
		ScopeDeclarations mcpScopeDeclarations(ConfigurableListableBeanFactory beans) {
			return ScopeDeclarations.find(beans);
		}

		@Bean
		@ConditionalOnMissingBean
		RuleBook mcpRuleBook(ScopeDeclarations declarations, CheckedProperties checked,
				McpSecurityProperties properties, OfferedTargets offered) {
			PolicyProperties policy = checked.policy();
			return PolicyProperties.ruleBook(PolicyProperties.RULES,
					() -> new RuleBook(policy.rules(), declarations.rules(), policy.conventions(),
							Access.valueOf(properties.policy().defaultAccess().name()), offered));
		}

		@Bean
		@ConditionalOnMissingBean
		AccessPolicy mcpAccessPolicy(RuleBook rules, CheckedProperties checked, McpSecurityProperties properties) {
			McpSecurityProperties.Policy policy = properties.policy();
			return new AccessPolicy(rules, checked.policy().hierarchy(), policy.enforcement(),
					policy.anonymousDiscovery(), policy.visibility())
				.requiring(policy.requiredScopes());
		}

		@Bean
		@ConditionalOnMissingBean
		ScopeCatalogue mcpScopeCatalogue(CheckedProperties checked) {
			return checked.policy().catalogue();
		}

		@Bean
		PolicyReport mcpPolicyReport(AccessPolicies policies, McpSecurityProperties properties,
				ScopeCatalogue catalogue, CheckedProperties checked) {
			return new PolicyReport(policies, properties, catalogue, checked.rateLimit().rules());
		}

		@Bean
		EndpointReport mcpEndpointReport(ProtectedResource resource, AccessPolicy policy, FurtherEndpoints further,
				FurtherServers servers, AuthorizationServers issuers) {
			return new EndpointReport(resource, policy, further, servers, issuers);
		}

		@Bean
		AccessPolicies mcpAccessPolicies(AccessPolicy main, FurtherEndpoints further) {
			return new AccessPolicies(main, further.policies());
		}

		/**
		 * Finds the policies late: they are made of what tools declare, and tools ask
		 * this.
		 */
		@Bean
		ScopeCheck mcpScopeCheck(ObjectProvider<AccessPolicies> policies) {
			return (caller, scope) -> policies.getObject().of(caller.resource()).holds(scope, caller.scopes());
		}

		/**
		 * Runs before the first request can come.
		 */
		@Bean
		SmartInitializingSingleton mcpScopeDeclarationsCheck(AccessPolicy policy,
				ObjectProvider<ServerMcpAnnotatedBeans> annotated) {
			return () -> annotated
				.ifAvailable((found) -> ScopeDeclarations.check(found.getAllAnnotatedBeans(), policy.rules()));
		}

		@Bean
		AuthorizationRules mcpAuthorizationRules(ConfigurableListableBeanFactory beans,
				ObjectProvider<Map<String, AuthorizationManager<McpInvocation>>> rules, FurtherEndpoints further) {
			return new AuthorizationRules(InvocationRules.find(beans, rules), further::name);
		}

		@Bean
		@ConditionalOnMissingBean
		InvocationGuard mcpInvocationGuard(AccessPolicies policies, ScopeDeclarations declarations,
				AuthorizationRules rules, ProtectedResource resource, CheckedProperties checked,
				FurtherEndpoints further, ScopeCatalogue catalogue) {
			return new InvocationGuard(policies, declarations.conditions(), rules,
					(identifier) -> checked.aliases(resource)
						.stream()
						.filter((alias) -> alias.identifier().toString().equals(identifier))
						.map(ProtectedResource::metadataLocation)
						.findFirst()
						.or(() -> further.metadataLocation(identifier))
						.orElseGet(resource::metadataLocation),
					catalogue::challenged);
		}

		/**
		 * Takes the place of Spring AI's own registry of annotated beans.
		 */
		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		@ConditionalOnMissingBean(ServerMcpAnnotatedBeans.class)
		static ObservedBeans mcpObservedBeans() {
			return new ObservedBeans();
		}

		@Bean
		@ConditionalOnMissingBean
		ListingFilter mcpListingFilter(AccessPolicies policies, AuthorizationRules rules, ScopeCatalogue catalogue,
				@Qualifier("mcpServerJsonMapper") JsonMapper json) {
			return new ListingFilter(policies, rules, catalogue, json);
		}

		@Bean
		@ConditionalOnMissingBean
		static McpGuardPostProcessor mcpGuardPostProcessor(BeanFactory beans) {
			return new McpGuardPostProcessor(beans);
		}

	}

	/**
	 * What events say about the arguments of a call.
	 */
	@Configuration(proxyBeanMethods = false)
	static class AuditArgumentsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		SensitiveArguments mcpSensitiveArguments() {
			return new SensitiveArguments();
		}

		/**
		 * Runs before the first request can come, and after everything that is offered at
		 * the start has been looked at.
		 */
		@Bean
		SmartInitializingSingleton mcpSensitiveArgumentsCheck(SensitiveArguments arguments,
				ConfigurableListableBeanFactory beans) {
			return () -> arguments.check(beans);
		}

		@Bean
		@ConditionalOnMissingBean
		ArgumentSummaries mcpArgumentSummaries(McpSecurityProperties properties, CheckedProperties checked,
				SensitiveArguments sensitive) {
			return new ArgumentSummaries(properties.audit().arguments(), checked.sensitiveNames(), sensitive);
		}

	}

	/**
	 * Who makes a request.
	 */
	@Configuration(proxyBeanMethods = false)
	static class TokenConfiguration {

		@Bean
		TokenExtensions mcpTokenExtensions(ConfigurableListableBeanFactory beans, CheckedProperties checked,
				McpSecurityProperties properties, OAuth2ResourceServerProperties boot, Environment environment,
				ObjectProvider<OAuth2TokenValidator<Jwt>> validators,
				ObjectProvider<Converter<Jwt, ? extends AbstractAuthenticationToken>> converter) {
			return new ResourceServerBeans(beans, checked.authorizationServers(), properties, boot, environment)
				.extensions(validators, converter);
		}

		@Bean
		AuthorizationServerHttp mcpAuthorizationServerHttp(ObjectProvider<ClientHttpRequestFactoryBuilder<?>> factories,
				ObjectProvider<HttpClientSettings> settings,
				ObjectProvider<Customizer<RestClient.Builder>> customizers) {
			return new AuthorizationServerHttp(factories.getIfAvailable(() -> ClientHttpRequestFactoryBuilder.detect()),
					settings.getIfAvailable(HttpClientSettings::defaults), customizers.orderedStream().toList());
		}

		@Bean
		@ConditionalOnMissingBean
		AuthorizationServers mcpAuthorizationServers(CheckedProperties checked, McpSecurityProperties properties,
				TokenExtensions extensions, AuthorizationServerHttp http) {
			McpSecurityProperties.Token.Keys keys = properties.token().keys();
			McpSecurityProperties.Token.Introspection introspection = properties.token().introspection();
			BoundedHttp keysHttp = http.within(keys.connectTimeout(), keys.readTimeout());
			IssuerKeys.Settings settings = new IssuerKeys.Settings(keys.cacheTtl(), keys.retryInterval(),
					keys.outageTolerance());
			return new AuthorizationServers(
					checked.authorizationServers()
						.stream()
						.map((server) -> new IssuerKeys(server.issuer(), server.jwkSetUri(), keysHttp, settings))
						.toList(),
					checked.profiles(),
					checked
						.introspections(() -> http.within(introspection.connectTimeout(), introspection.readTimeout())),
					extensions);
		}

		/**
		 * What verifies tokens. One of the application's must set the {@code McpCaller}
		 * as the details of its authentications. (Not an {@code AuthenticationManager}
		 * bean: Spring Security would take that for the whole application's.)
		 */
		@Bean
		@ConditionalOnMissingBean(name = "mcpAuthenticationManagerResolver")
		AuthenticationManagerResolver<HttpServletRequest> mcpAuthenticationManagerResolver(ProtectedResource resource,
				McpEndpointFactory endpoints, McpSecurityProperties properties, McpServerProperties server) {
			return endpoints.authenticationByName(resource, resourceName(properties, server));
		}

		@Bean
		McpEndpointFactory mcpEndpointFactory(AuthorizationServers servers, ScopeCatalogue catalogue,
				CheckedProperties checked, McpSecurityProperties properties) {
			return new McpEndpointFactory(servers, catalogue, checked, properties);
		}

	}

	/**
	 * Which clients may come at all.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(ClientDenialsConfiguration.class)
	static class ClientConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ClientAccess mcpClientAccess(CheckedProperties checked, ObjectProvider<ClientDenials> denials,
				McpSecurityProperties properties) {
			ClientDenials store = denials.getIfAvailable(() -> {
				throw CheckedProperties.invalid(ClientDenialsConfiguration.STORE, properties.clients().store(),
						"It needs spring-jdbc. Add spring-boot-starter-jdbc to the application.");
			});
			if (properties.clients().store() == McpSecurityProperties.Clients.Store.JDBC
					&& store instanceof LocalClientDenials) {
				throw CheckedProperties.invalid(ClientDenialsConfiguration.STORE, "jdbc",
						"It was not set when the application was compiled ahead of time. Set it there as well.");
			}
			return new ClientAccess(checked.allowedClients(), checked.deniedClients(), store,
					properties.clients().refreshInterval());
		}

		@Bean
		SmartInitializingSingleton mcpClientAccessRead(ClientAccess clients) {
			return clients::read;
		}

	}

	/**
	 * The HTTP face.
	 */
	@Configuration(proxyBeanMethods = false)
	static class WebConfiguration {

		@Bean
		@ConditionalOnMissingBean
		BearerChallenge mcpBearerChallenge(ProtectedResource resource, AccessPolicy policy,
				McpEndpointFactory endpoints, McpSecurityProperties properties) {
			return endpoints.challenge(resource, policy, properties.metadata().challengeScopes());
		}

		@Bean
		@ConditionalOnMissingBean
		McpMessageReader mcpMessageReader(McpSecurityProperties properties) {
			return new McpMessageReader(properties.http().maxJsonDepth());
		}

		@Bean(ENDPOINT_CHAIN)
		@Order(CHAIN_ORDER)
		SecurityFilterChain mcpSecurityFilterChain(ProtectedResource resource, AccessPolicy policy,
				BearerChallenge challenge, McpEndpointFactory endpoints, McpEndpoint.Common common,
				ListingFilter listings, McpDispatcher dispatcher, CheckedProperties checked,
				McpSecurityProperties properties,
				@Qualifier("mcpAuthenticationManagerResolver") AuthenticationManagerResolver<HttpServletRequest> authentication) {
			List<McpEndpoint> aliases = checked.aliases(resource)
				.stream()
				.map((alias) -> new EndpointDefinition(alias, policy, authentication,
						endpoints.challenge(alias, policy, properties.metadata().challengeScopes())))
				.map((alias) -> endpoints.endpoint(alias, listings, dispatcher))
				.toList();
			return endpoints
				.endpoint(new EndpointDefinition(resource, policy, authentication, challenge), listings, dispatcher)
				.filterChain(common, aliases);
		}

		@Bean(METADATA_CHAIN)
		@Order(CHAIN_ORDER)
		SecurityFilterChain mcpMetadataFilterChain(ProtectedResource resource, AccessPolicy policy,
				McpEndpointFactory endpoints, FurtherEndpoints further, CheckedProperties checked,
				McpSecurityProperties properties, McpServerProperties server) {
			List<ProtectedResource> names = new ArrayList<>(List.of(resource));
			names.addAll(checked.aliases(resource));
			List<ResourceMetadata> metadata = new ArrayList<>();
			names.forEach((name) -> metadata.add(endpoints.metadata(name, resourceName(properties, server), policy,
					properties.metadata().scopesSupported())));
			metadata.addAll(further.metadata());
			return new ProtectedResourceMetadataFilter(metadata).filterChain();
		}

		@Bean
		EndpointChainsCheck mcpEndpointChainsCheck(ProtectedResource resource, FurtherEndpoints further,
				ObjectProvider<FilterChainProxy> proxies, ServletContext servletContext, ListableBeanFactory beans) {
			return new EndpointChainsCheck(resource, further, proxies, servletContext, beans);
		}

		/**
		 * Before the chains of an application: Spring Security accepts none after one for
		 * any request. Those that are for these paths are preferred all the same.
		 */
		@Bean(ABSENT_METADATA_CHAIN)
		@Order(CHAIN_ORDER)
		SecurityFilterChain mcpAbsentMetadataFilterChain(ProtectedResource resource, FurtherEndpoints further,
				AuthorizationServers servers, CheckedProperties checked, ListableBeanFactory beans) {
			List<URI> names = new ArrayList<>(List.of(resource.identifier()));
			checked.aliases(resource).forEach((alias) -> names.add(alias.identifier()));
			further.metadata().forEach((metadata) -> names.add(metadata.resource().identifier()));
			return AbsentMetadataFilter.chain(names,
					servers.issuers()
						.stream()
						.flatMap((issuer) -> Stream.of(issuer, checked.advertised(issuer)))
						.toList(),
					SingletonSupplier.of(() -> chainsForCertainRequests(beans)));
		}

		private static List<SecurityFilterChain> chainsForCertainRequests(ListableBeanFactory beans) {
			Map<String, SecurityFilterChain> chains = new LinkedHashMap<>(
					beans.getBeansOfType(SecurityFilterChain.class));
			chains.remove(ABSENT_METADATA_CHAIN);
			return chains.values()
				.stream()
				.filter((chain) -> !(chain instanceof DefaultSecurityFilterChain known
						&& known.getRequestMatcher() instanceof AnyRequestMatcher))
				.toList();
		}

		/**
		 * Containers call filters where there is a servlet, and there is none outside the
		 * path of Spring MVC's, which the well-known path is (RFC 9728 section 3).
		 */
		@Bean
		@ConditionalOnProperty("spring.mvc.servlet.path")
		ServletRegistrationBean<HttpServlet> mcpMetadataServlet() {
			ServletRegistrationBean<HttpServlet> servlet = new ServletRegistrationBean<>(new HttpServlet() {
			}, ProtectedResource.WELL_KNOWN, ProtectedResource.WELL_KNOWN + "/*");
			servlet.setName("mcpMetadata");
			return servlet;
		}

		@Bean
		McpEndpoint.Common mcpEndpointParts(Exchanges exchanges, ClientAccess clients, AuthorizationRules rules,
				McpMessageReader reader, McpSecurityProperties properties, RequestLimits limits,
				ObjectProvider<McpTransportContextExtractor<HttpServletRequest>> servletExtractors,
				ObjectProvider<McpTransportContextExtractor<ServerRequest>> functionalExtractors,
				ListableBeanFactory beans) {
			McpSecurityProperties.Http http = properties.http();
			BodyLimits bodies = new BodyLimits(Math.toIntExact(http.maxBodySize().toBytes()), http.bodyTimeout());
			return new McpEndpoint.Common(exchanges, clients, rules, reader, bodies, limits,
					ApplicationContexts.of(servletExtractors.getIfUnique(), functionalExtractors.getIfUnique(),
							beans.getBeanNamesForType(McpTransportContextExtractor.class)));
		}

		@Bean
		Exchanges mcpExchanges(ObjectProvider<AuditTrail> trail, ArgumentSummaries arguments,
				ObjectProvider<ExchangeObserver> observers) {
			AuditTrail audit = trail.getIfAvailable();
			return new Exchanges(
					(audit != null) ? new AuditRecorder(audit, new AuditEvents(arguments)) : ExchangeAudit.NONE,
					observers.orderedStream().toList(), Clock.systemUTC());
		}

		@Bean
		FurtherEndpoints mcpFurtherEndpoints(CheckedProperties checked, ProtectedResource main, RuleBook rules,
				AccessPolicy policy, McpEndpointFactory endpoints) {
			return new FurtherEndpoints(checked, main, rules, policy, endpoints);
		}

	}

	/**
	 * Sessions.
	 */
	@Configuration(proxyBeanMethods = false)
	static class SessionConfiguration {

		@Bean
		Sessions mcpSessions(ClientAccess clients, McpSecurityProperties properties) {
			McpSecurityProperties.Sessions bounds = properties.sessions();
			int maxAnonymous = properties.policy().anonymousDiscovery() ? bounds.max() / 4 : 0;
			return new Sessions(
					new Sessions.Bounds(bounds.max(), maxAnonymous, bounds.maxPerCaller(), bounds.idleTimeout()),
					(caller) -> clients.decide(caller) == ClientAccess.Verdict.DENIED);
		}

		@Bean
		SessionLifecycle mcpSessionLifecycle(Sessions sessions, McpSecurityProperties properties,
				McpServerStreamableHttpProperties http) {
			return new SessionLifecycle(sessions, properties.sessions().checkInterval(), http.getKeepAliveInterval());
		}

	}

	/**
	 * What there is of MCP servers besides the one that Spring AI makes.
	 */
	@Configuration(proxyBeanMethods = false)
	static class ServerConfiguration {

		@Bean
		EndpointContents mcpEndpointContents(CheckedProperties checked, ConfigurableListableBeanFactory beans) {
			return FurtherServers.contents(checked, beans);
		}

		@Bean
		FurtherServers mcpFurtherServers(CheckedProperties checked, McpServerProperties properties,
				McpServerStreamableHttpProperties http, EndpointContents contents, Sessions sessions,
				@Qualifier("mcpServerJsonMapper") JsonMapper json) {
			return new FurtherServers(checked, properties, http, contents, sessions, json);
		}

		@Bean
		UnguardedTransports mcpUnguardedTransports(ListableBeanFactory beans, McpGuardPostProcessor guard,
				McpSecurityProperties properties) {
			return new UnguardedTransports(beans, guard::guards, properties.unguardedTransports());
		}

		/**
		 * An MCP server that does not exist would not be one that is asked for: nothing
		 * depends on it.
		 */
		@Bean
		static LazyInitializationExcludeFilter mcpServersAreNotLazy() {
			return (name, definition, type) -> name.startsWith("mcpServer-")
					|| McpSyncServer.class.isAssignableFrom(type) || McpAsyncServer.class.isAssignableFrom(type)
					|| McpStatelessSyncServer.class.isAssignableFrom(type)
					|| McpStatelessAsyncServer.class.isAssignableFrom(type)
					|| SessionLifecycle.class.isAssignableFrom(type);
		}

	}

	/**
	 * The transport of a server with sessions, in place of Spring AI's. (A class of its
	 * own, as the one below: Spring AI's conditions are for classes and have no effect on
	 * a bean method.)
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(McpServerAutoConfiguration.EnabledStreamableServerCondition.class)
	static class StreamableTransportConfiguration {

		@Bean
		@Primary
		StreamableTransport mcpStreamableTransport(@Qualifier("mcpServerJsonMapper") JsonMapper json, Sessions sessions,
				McpServerStreamableHttpProperties properties) {
			return new StreamableTransport(json, sessions, properties.isDisallowDelete());
		}

	}

	/**
	 * The transport of a server without sessions, in place of Spring AI's.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(McpServerStatelessAutoConfiguration.EnabledStatelessServerCondition.class)
	static class StatelessTransportConfiguration {

		@Bean
		@Primary
		StatelessTransport mcpStatelessTransport(@Qualifier("mcpServerJsonMapper") JsonMapper json) {
			return new StatelessTransport(json);
		}

	}

	/**
	 * What actuator does not show of the configuration, not even to those who may see
	 * values.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SanitizingFunction.class)
	static class SanitizingConfiguration {

		@Bean
		SanitizingFunction mcpSecuritySanitizingFunction() {
			return (data) -> IntrospectionProperties.isSecret(data.getKey()) ? data.withSanitizedValue() : data;
		}

	}

	/**
	 * What actuator shows of the policy.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnAvailableEndpoint(McpSecurityEndpoint.class)
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnMissingBean
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

		@Bean
		@ConditionalOnManagementPort(ManagementPortType.SAME)
		WriteAccessCheck mcpWriteAccessCheck(ObjectProvider<PathMappedEndpoints> endpoints,
				ObjectProvider<FilterChainProxy> proxies, ObjectProvider<DispatcherServletPath> servletPath,
				Environment environment) {
			return new WriteAccessCheck(endpoints, proxies, prefix(servletPath), environment);
		}

	}

	/**
	 * What is measured.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetricsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		IntrospectionMetrics mcpIntrospectionMetrics(AuthorizationServers servers) {
			return new IntrospectionMetrics(servers.introspections().all());
		}

		/**
		 * After everything that makes a cache.
		 */
		@Bean
		@ConditionalOnMissingBean
		@DependsOn({ "mcpAuthenticationManagerResolver", "mcpFurtherEndpoints" })
		TokenCacheMetrics mcpTokenCacheMetrics(McpEndpointFactory endpoints) {
			return new TokenCacheMetrics(endpoints.tokenCaches());
		}

		@Bean
		@ConditionalOnMissingBean
		SessionMetrics mcpSessionMetrics(Sessions sessions) {
			return new SessionMetrics(sessions);
		}

		@Bean
		@ConditionalOnMissingBean
		KeyMetrics mcpKeyMetrics(AuthorizationServers servers) {
			return new KeyMetrics(servers);
		}

	}

	/**
	 * What actuator shows of the authorization servers.
	 */
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
