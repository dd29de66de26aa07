package io.mcpsecurity.authorizationserver;

import io.mcpsecurity.client.ClientDenials;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Denies revoked clients at the MCP server in the same application, which accepts their
 * access tokens otherwise until they expire. If the MCP server stores its denials in a
 * database, all of its instances deny them.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(ClientDenials.class)
class McpServerDenialsConfiguration {

	@Bean
	RevokedClients mcpAuthorizationServerRevokedClients(ObjectProvider<ClientDenials> denials,
			AuthorizationServerModel model) {
		// Client ids are unique at their authorization server only.
		String prefix = model.issuer() + " ";
		return new RevokedClients() {

			@Override
			public void add(String clientId) {
				denials.ifAvailable((store) -> store.add(prefix + clientId));
			}

			@Override
			public void remove(String clientId) {
				denials.ifAvailable((store) -> store.remove(prefix + clientId));
			}

		};
	}

}
