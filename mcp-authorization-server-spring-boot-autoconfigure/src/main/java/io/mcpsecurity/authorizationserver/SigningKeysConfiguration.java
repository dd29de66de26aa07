package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.time.Clock;

import com.nimbusds.jose.jwk.source.JWKSource;
import io.mcpsecurity.authorizationserver.AuthorizationServerProperties.Storage;

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;

/** The keys, unless the application has others. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnMissingBean(JWKSource.class)
class SigningKeysConfiguration {

	@Bean
	SigningKeys jwkSource(AuthorizationServerProperties properties, AuthorizationServerModel model,
			SigningKeyStore store) {
		try {
			return new SigningKeys(store, properties.keys(), model.tokenSettings().getAccessTokenTimeToLive(),
					Clock.systemUTC());
		}
		catch (IOException ex) {
			if (properties.storage() == Storage.JDBC) {
				throw AuthorizationServerModel.invalid("encryption-keys", "(hidden)",
						"The keys in " + store + " cannot be used: " + ex.getMessage()
								+ ". Set the encryption keys that the other instances have.");
			}
			throw AuthorizationServerModel.invalid("keys.file", properties.keys().file(),
					"The file cannot be used: " + ex.getMessage()
							+ ". Set a file that only this application can read, in a directory that it can write to.");
		}
	}

	@Bean
	@ConditionalOnMissingBean
	NimbusJwtEncoder jwtEncoder(SigningKeys keys) {
		NimbusJwtEncoder encoder = new NimbusJwtEncoder(keys);
		encoder.setJwkSelector(keys::select);
		return encoder;
	}

}
