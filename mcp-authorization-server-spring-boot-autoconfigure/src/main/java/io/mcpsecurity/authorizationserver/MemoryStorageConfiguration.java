package io.mcpsecurity.authorizationserver;

import java.nio.file.Path;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Everything in memory, except for the keys if there is a file. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = AuthorizationServerProperties.PREFIX + ".storage", havingValue = "memory",
		matchIfMissing = true)
class MemoryStorageConfiguration {

	@Bean
	ClientStore mcpAuthorizationServerClientStore() {
		return new MemoryClientStore();
	}

	@Bean
	AuthorizationStore mcpAuthorizationServerAuthorizationStore() {
		return new MemoryAuthorizationStore();
	}

	@Bean
	SigningKeyStore mcpAuthorizationServerSigningKeyStore(AuthorizationServerProperties properties) {
		if (!properties.encryptionKeys().isEmpty()) {
			throw AuthorizationServerModel.invalid("encryption-keys", "(hidden)",
					"Nothing is encrypted in memory. Set mcp-authorization-server.storage=jdbc, or remove the keys.");
		}
		String file = properties.keys().file();
		return (file != null) ? new SigningKeyFile(Path.of(file)) : SigningKeyStore.NONE;
	}

}
