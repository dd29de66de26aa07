package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;
import org.springframework.web.servlet.mvc.Controller;

/**
 * Auto-configuration of an OAuth 2.1 authorization server for MCP clients, in the
 * application of an MCP server or in one of its own.
 */
@AutoConfiguration(beforeName = { "org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration",
		"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
		"org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.client.autoconfigure.servlet.OAuth2ClientWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.OAuth2ResourceServerWebSecurityAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.authorization.autoconfigure.servlet.OAuth2AuthorizationServerAutoConfiguration",
		"org.springframework.boot.security.oauth2.server.authorization.autoconfigure.servlet.OAuth2AuthorizationServerJwtAutoConfiguration" })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(name = AuthorizationServerProperties.PREFIX + ".enabled", matchIfMissing = true)
@EnableConfigurationProperties(AuthorizationServerProperties.class)
@Import({ OtherRequests.class, MemoryStorageConfiguration.class, JdbcStorageConfiguration.class,
		McpServerDenialsConfiguration.class, SigningKeysConfiguration.class, FederationConfiguration.class,
		AuthorizationServerChains.class, LoginController.class, ConsentController.class, ClientsController.class })
public final class McpAuthorizationServerAutoConfiguration {

	private static final Log logger = LogFactory.getLog(McpAuthorizationServerAutoConfiguration.class);

	private static final String USERS = "mcpAuthorizationServerUsers";

	@Bean
	AuthorizationServerModel mcpAuthorizationServerModel(AuthorizationServerProperties properties,
			Environment environment) {
		return new AuthorizationServerModel(properties, environment);
	}

	@Bean
	AuthorizationServerSettings authorizationServerSettings(AuthorizationServerModel model) {
		return AuthorizationServerSettings.builder().issuer(model.issuer()).build();
	}

	@Bean
	PageRequests mcpAuthorizationServerPageRequests() {
		return new PageRequests();
	}

	@Bean
	ResourceIndicators mcpAuthorizationServerResourceIndicators(AuthorizationServerModel model) {
		return new ResourceIndicators(model.resources());
	}

	@Bean
	Federation mcpAuthorizationServerFederation(AuthorizationServerProperties properties,
			AuthorizationServerModel model) {
		return new Federation(properties, model);
	}

	@Bean
	SignIn mcpAuthorizationServerSignIn(AuthorizationServerModel model, ObjectProvider<FederatedLogin> federation,
			BeanFactory beans) {
		boolean passwords = !model.users().isEmpty() || !beans.containsBean(USERS);
		return new SignIn(federation.getIfAvailable(), passwords);
	}

	@Bean
	GrantableScopes mcpAuthorizationServerGrantableScopes(AuthorizationServerModel model, Federation federation) {
		return new GrantableScopes(model, federation);
	}

	@Bean
	AccessTokenClaims mcpAuthorizationServerAccessTokenClaims(ResourceIndicators resources,
			AuthorizationServerModel model) {
		return new AccessTokenClaims(resources, model);
	}

	@Bean
	ClientRegistry registeredClientRepository(AuthorizationServerProperties properties, AuthorizationServerModel model,
			ClientStore store) {
		AuthorizationServerProperties.MetadataDocuments documents = properties.registration().metadataDocuments();
		return new ClientRegistry(properties.registration(), model.clients(), store,
				documents.enabled() ? new ClientMetadataDocuments(model, documents.hosts(), Clock.systemUTC()) : null,
				Clock.systemUTC());
	}

	@Bean
	CurrentAuthorizations authorizationService(AuthorizationStore store, ClientRegistry clients) {
		return new CurrentAuthorizations(store, clients, Clock.systemUTC());
	}

	@Bean
	ClientRevocation mcpAuthorizationServerClientRevocation(ClientRegistry clients,
			CurrentAuthorizations authorizations, ObjectProvider<RevokedClients> others) {
		return new ClientRevocation(clients, authorizations, others.orderedStream().toList());
	}

	@Bean
	OAuth2AuthorizationConsentService authorizationConsentService() {
		return new NoStoredConsents();
	}

	@Bean
	AuthorizationPrompts mcpAuthorizationServerPrompts(ClientRegistry clients, AuthorizationServerModel model,
			AuthorizationServerSettings endpoints) {
		return new AuthorizationPrompts(clients, model, endpoints.getAuthorizationEndpoint());
	}

	/** The users of the configuration, unless the application has others. */
	@Bean(USERS)
	@ConditionalOnMissingBean({ AuthenticationManager.class, AuthenticationProvider.class, UserDetailsService.class })
	InMemoryUserDetailsManager mcpAuthorizationServerUsers(AuthorizationServerModel model) {
		return new InMemoryUserDetailsManager(model.users());
	}

	/** Warns of configured users that cannot sign in. */
	@Bean
	SmartInitializingSingleton mcpAuthorizationServerUnusedUsers(AuthorizationServerModel model, BeanFactory beans) {
		return () -> {
			if (!model.users().isEmpty() && !beans.containsBean(USERS)) {
				logger.warn("The users of " + AuthorizationServerProperties.PREFIX
						+ ".users have no effect, because the application has an AuthenticationManager, "
						+ "an AuthenticationProvider or a UserDetailsService of its own.");
			}
		};
	}

	/** Requests for / that nothing else serves lead to the login page. */
	@Bean
	SimpleUrlHandlerMapping mcpAuthorizationServerRoot() {
		Controller redirect = (request, response) -> new ModelAndView("redirect:" + AuthorizationServerChains.LOGIN);
		return new SimpleUrlHandlerMapping(Map.of("/", redirect), Ordered.LOWEST_PRECEDENCE - 10);
	}

}
