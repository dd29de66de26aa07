package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.mcpsecurity.ScopeCheck;
import io.mcpsecurity.downstream.DownstreamService;
import io.mcpsecurity.downstream.InboundTokens;
import io.mcpsecurity.exchange.Exchanges;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpCookieHandling;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.web.client.RestClient;

/**
 * Creates the clients of the downstream services, with the application's builder. Their
 * restrictions apply after what the application has added to it.
 */
final class DownstreamClients {

	private final Map<String, DownstreamProperties.Service> properties;

	private final Map<String, DownstreamService> services = new LinkedHashMap<>();

	private final AuthorizationServerHttp http;

	private final ObjectProvider<RestClient.Builder> builders;

	DownstreamClients(Map<String, DownstreamProperties.Service> properties, AuthorizationServerHttp http,
			ScopeCheck scopes, InboundTokens inbound, Exchanges exchanges,
			ObjectProvider<RestClient.Builder> builders) {
		this.properties = properties;
		this.http = http;
		this.builders = builders;
		properties.forEach((name, service) -> this.services.put(name,
				new DownstreamService(name, service.destination(), service.credentials().create(http, exchanges),
						service.properties().stepUp(), scopes, inbound, exchanges)));
	}

	/** The client of a service. */
	RestClient restClient(String name) {
		RestClient.Builder builder = this.builders.getIfAvailable(RestClient::builder);
		return builder.baseUrl(baseUrl(name))
			// Checks the same, without the name of the service.
			.requestInterceptors((interceptors) -> interceptors.removeIf(InboundTokens.class::isInstance))
			.requestFactory(service(name).restrict(this.http.factory().build(settings(name))))
			.build();
	}

	DownstreamService service(String name) {
		return Objects.requireNonNull(this.services.get(name));
	}

	String baseUrl(String name) {
		return Objects.requireNonNull(this.properties.get(name)).baseUrl().toString();
	}

	/**
	 * The settings of the HTTP client of a service. A cookie would be sent for other
	 * callers, too.
	 */
	HttpClientSettings settings(String name) {
		McpSecurityProperties.Downstream service = Objects.requireNonNull(this.properties.get(name)).properties();
		return this.http.settings()
			.withTimeouts(service.connectTimeout(), service.readTimeout())
			.withRedirects(HttpRedirects.DONT_FOLLOW)
			.withCookieHandling(HttpCookieHandling.DISABLE);
	}

}
