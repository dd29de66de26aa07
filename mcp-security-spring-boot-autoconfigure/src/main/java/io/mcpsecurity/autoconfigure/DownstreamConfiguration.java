package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.ScopeCheck;
import io.mcpsecurity.apikey.ApiKeys;
import io.mcpsecurity.downstream.InboundTokens;
import io.mcpsecurity.exchange.Exchanges;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.restclient.RestClientCustomizer;
import org.springframework.boot.restclient.RestTemplateCustomizer;
import org.springframework.boot.webclient.WebClientCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Clients of downstream services, and the refusal of Spring Boot's HTTP clients to send
 * the caller's token.
 */
@Configuration(proxyBeanMethods = false)
@Import(DownstreamRegistrar.class)
class DownstreamConfiguration {

	static final String CLIENTS = "mcpDownstreamClients";

	static final String REACTIVE_CLIENTS = "mcpDownstreamReactiveClients";

	private static final String PASSTHROUGH = PropertyBinder.CONDITION + "refuse-token-passthrough";

	@Bean(CLIENTS)
	DownstreamClients mcpDownstreamClients(CheckedProperties checked, AuthorizationServerHttp http, ScopeCheck scopes,
			InboundTokens inbound, Exchanges exchanges, ObjectProvider<RestClient.Builder> builders) {
		return new DownstreamClients(checked.downstream().services(), http, scopes, inbound, exchanges, builders);
	}

	@Bean
	InboundTokens mcpInboundTokens(ObjectProvider<Exchanges> exchanges) {
		return new InboundTokens(exchanges::getObject);
	}

	/** Not earlier, because the HTTP clients of other beans depend on the former. */
	@Bean
	SmartInitializingSingleton mcpInboundTokensRecognition(InboundTokens tokens, EndpointAuthentication authentication,
			ObjectProvider<ApiKeys> apiKeys) {
		ApiKeys keys = apiKeys.getIfAvailable();
		return () -> tokens.recognize((keys != null) ? (text) -> authentication.isKnown(text) || keys.isKnown(text)
				: authentication::isKnown);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebClient.class)
	static class ReactiveConfiguration {

		@Bean(REACTIVE_CLIENTS)
		DownstreamReactiveClients mcpDownstreamReactiveClients(DownstreamClients clients,
				ObjectProvider<ClientHttpConnectorBuilder<?>> connectors, ObjectProvider<WebClient.Builder> builders) {
			return new DownstreamReactiveClients(clients, connectors, builders);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RestClientCustomizer.class)
	@ConditionalOnBooleanProperty(name = PASSTHROUGH, matchIfMissing = true)
	static class RestClientPassthroughConfiguration {

		@Bean
		RestClientCustomizer mcpTokenPassthroughRestClientCustomizer(InboundTokens tokens) {
			return (client) -> client.requestInterceptor(tokens);
		}

		@Bean
		RestTemplateCustomizer mcpTokenPassthroughRestTemplateCustomizer(InboundTokens tokens) {
			return (client) -> client.getInterceptors().add(tokens);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebClientCustomizer.class)
	@ConditionalOnBooleanProperty(name = PASSTHROUGH, matchIfMissing = true)
	static class WebClientPassthroughConfiguration {

		@Bean
		WebClientCustomizer mcpTokenPassthroughWebClientCustomizer(InboundTokens tokens) {
			return (client) -> client.filter(new TokenPassthroughFilter(tokens));
		}

	}

}
