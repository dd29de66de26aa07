package io.mcpsecurity.autoconfigure;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Creates the reactive clients of the downstream services, in the same way as the others.
 *
 * @param clients the others
 * @param connectors creates HTTP clients
 * @param builders the application's builders
 */
record DownstreamReactiveClients(DownstreamClients clients, ObjectProvider<ClientHttpConnectorBuilder<?>> connectors,
		ObjectProvider<WebClient.Builder> builders) {

	/** The client of a service. */
	WebClient webClient(String name) {
		WebClient.Builder builder = this.builders.getIfAvailable(WebClient::builder);
		ClientHttpConnectorBuilder<?> connector = this.connectors.getIfAvailable(ClientHttpConnectorBuilder::detect);
		return builder.baseUrl(this.clients.baseUrl(name))
			.filters((filters) -> filters.removeIf(TokenPassthroughFilter.class::isInstance))
			.clientConnector(this.clients.service(name).restrict(connector.build(this.clients.settings(name))))
			.build();
	}

}
