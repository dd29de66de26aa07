package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.IssuerKeys;
import io.mcpsecurity.token.TokenExtensions;
import io.mcpsecurity.transport.ProtectedResource;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.env.Environment;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.config.Customizer;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.client.RestClient;

/** The authorization servers, and the verification of their tokens. */
@Configuration(proxyBeanMethods = false)
class TokenConfiguration {

	@Bean
	TokenExtensions mcpTokenExtensions(ConfigurableListableBeanFactory beans, CheckedProperties checked,
			OAuth2ResourceServerProperties boot, Environment environment,
			ObjectProvider<OAuth2TokenValidator<Jwt>> validators,
			ObjectProvider<Converter<Jwt, ? extends AbstractAuthenticationToken>> converter) {
		return new ResourceServerBeans(beans, checked.issuers(), boot, environment).extensions(validators, converter);
	}

	@Bean
	AuthorizationServerHttp mcpAuthorizationServerHttp(ObjectProvider<ClientHttpRequestFactoryBuilder<?>> factories,
			ObjectProvider<HttpClientSettings> settings, ObjectProvider<Customizer<RestClient.Builder>> customizers) {
		return new AuthorizationServerHttp(factories.getIfAvailable(() -> ClientHttpRequestFactoryBuilder.detect()),
				settings.getIfAvailable(HttpClientSettings::defaults), customizers.orderedStream().toList());
	}

	@Bean
	AuthorizationServers mcpAuthorizationServers(CheckedProperties checked, McpSecurityProperties properties,
			TokenExtensions extensions, AuthorizationServerHttp http) {
		McpSecurityProperties.Token.Keys keys = properties.token().keys();
		McpSecurityProperties.Token.Introspection introspection = properties.token().introspection();
		BoundedHttp keysHttp = http.within(keys.connectTimeout(), keys.readTimeout());
		IssuerKeys.Settings settings = new IssuerKeys.Settings(keys.cacheTtl(), keys.retryInterval(),
				keys.outageTolerance());
		IssuerProperties issuers = checked.issuers();
		return new AuthorizationServers(
				issuers.servers()
					.stream()
					.map((server) -> new IssuerKeys(server.issuer(), server.jwkSetUri(), keysHttp, settings))
					.toList(),
				issuers.profiles(),
				checked.introspections(() -> http.within(introspection.connectTimeout(), introspection.readTimeout())),
				extensions);
	}

	@Bean
	EndpointAuthentication mcpEndpointAuthentication(AuthorizationServers servers, ScopeCatalogue catalogue,
			CheckedProperties checked, McpSecurityProperties properties, McpServerProperties server) {
		return new EndpointAuthentication(servers, catalogue, checked, properties.token(),
				properties.resourceNameOr(server.getName()));
	}

	/**
	 * Verifies tokens. It is not an {@code AuthenticationManager} bean, because Spring
	 * Security would use that for the whole application.
	 */
	@Bean
	@ConditionalOnMissingBean(name = "mcpAuthenticationManagerResolver")
	AuthenticationManagerResolver<HttpServletRequest> mcpAuthenticationManagerResolver(
			EndpointAuthentication authentication, CheckedProperties checked, ProtectedResource resource) {
		return authentication.resolver(checked.names(resource));
	}

}
