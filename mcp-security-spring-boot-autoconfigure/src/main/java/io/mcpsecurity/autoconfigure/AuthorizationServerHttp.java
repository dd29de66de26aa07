package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.List;

import io.mcpsecurity.token.BoundedHttp;

import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.security.config.Customizer;
import org.springframework.web.client.RestClient;

/**
 * Creates clients for authorization servers with Spring Boot's HTTP client, its settings
 * and SSL bundle, and the application's customizers. The application's
 * {@code RestClient.Builder} is not used: its interceptors are those of other services,
 * and may send the caller's token.
 *
 * @param factory creates the HTTP client
 * @param settings settings of HTTP clients, except timeouts and redirects
 * @param customizers customize the clients
 */
record AuthorizationServerHttp(ClientHttpRequestFactoryBuilder<?> factory, HttpClientSettings settings,
		List<Customizer<RestClient.Builder>> customizers) {

	/**
	 * Create a client.
	 * @param connectTimeout timeout to connect
	 * @param readTimeout timeout from then to the end of the response
	 */
	BoundedHttp within(Duration connectTimeout, Duration readTimeout) {
		Duration timeout = connectTimeout.plus(readTimeout);
		RestClient.Builder client = RestClient.builder()
			.requestFactory(this.factory
				.build(this.settings.withTimeouts(connectTimeout, timeout).withRedirects(HttpRedirects.DONT_FOLLOW)));
		this.customizers.forEach((customizer) -> customizer.customize(client));
		return new BoundedHttp(client, timeout);
	}

}
