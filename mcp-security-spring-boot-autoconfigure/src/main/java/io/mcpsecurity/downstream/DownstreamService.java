package io.mcpsecurity.downstream;

import java.util.Map;

import io.mcpsecurity.ScopeCheck;
import io.mcpsecurity.exchange.Exchanges;

import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;

/**
 * A service behind this server: where it is, and what authenticates requests to it.
 *
 * @param name its configured name
 * @param destination where requests may be sent
 * @param credentials authenticate the requests
 * @param stepUp the scope of this server to request instead of a scope that the service
 * requires, by that scope
 * @param scopes tells which scopes a caller holds
 * @param inbound refuses requests with the caller's token
 * @param exchanges records the requests
 */
public record DownstreamService(String name, Destination destination, DownstreamCredentials credentials,
		Map<String, String> stepUp, ScopeCheck scopes, InboundTokens inbound, Exchanges exchanges) {

	/**
	 * Restrict a client to this service. The checks are made and the credentials added
	 * after all interceptors, so that none of them sees the credentials or changes the
	 * destination afterwards.
	 * @param factory sends requests; it must not follow redirects, and not keep cookies
	 */
	public ClientHttpRequestFactory restrict(ClientHttpRequestFactory factory) {
		return new DownstreamRequestFactory(this, factory);
	}

	/**
	 * Restrict a reactive client to this service, in the same way.
	 * @param connector sends requests; it must not follow redirects, and not keep cookies
	 */
	public ClientHttpConnector restrict(ClientHttpConnector connector) {
		return new DownstreamConnector(this, connector);
	}

}
