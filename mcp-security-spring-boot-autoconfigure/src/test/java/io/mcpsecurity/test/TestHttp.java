package io.mcpsecurity.test;

import java.net.http.HttpClient;
import java.time.Duration;

import io.mcpsecurity.token.BoundedHttp;

import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/**
 * HTTP clients for authorization servers.
 */
public final class TestHttp {

	private TestHttp() {
	}

	/**
	 * The default client of a server, with a timeout for connecting and for the response.
	 */
	public static BoundedHttp within(Duration timeout) {
		JdkClientHttpRequestFactory factory = new JdkClientHttpRequestFactory(
				HttpClient.newBuilder().connectTimeout(timeout).build());
		factory.setReadTimeout(timeout);
		return new BoundedHttp(RestClient.builder().requestFactory(factory), timeout);
	}

}
