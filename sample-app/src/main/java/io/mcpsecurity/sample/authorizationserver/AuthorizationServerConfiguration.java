package io.mcpsecurity.sample.authorizationserver;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.util.List;
import java.util.UUID;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import io.mcpsecurity.autoconfigure.McpSecurityProperties;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.config.annotation.web.configuration.OAuth2AuthorizationServerConfiguration;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

/**
 * Users, clients, keys and authorizations. All of them are in memory and are created at
 * each start.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnAuthorizationServer
@EnableConfigurationProperties(AuthorizationServerProperties.class)
class AuthorizationServerConfiguration {

	@Bean
	AuthorizationServerSettings authorizationServerSettings(AuthorizationServerProperties properties,
			Environment environment) {
		String issuer = properties.issuer();
		return AuthorizationServerSettings.builder()
			.issuer((issuer != null) ? issuer
					: environment.resolveRequiredPlaceholders("http://localhost:${server.port:8080}"))
			.build();
	}

	@Bean
	TokenSettings tokenSettings(AuthorizationServerProperties properties) {
		return TokenSettings.builder()
			.accessTokenTimeToLive(properties.accessTokenTimeToLive())
			.reuseRefreshTokens(false)
			.build();
	}

	@Bean
	ResourceIndicators resourceIndicators(Environment environment) {
		return new ResourceIndicators(List.of(environment.getRequiredProperty("mcp-security.resource")));
	}

	@Bean
	AccessTokenClaims accessTokenClaims(ResourceIndicators resources) {
		return new AccessTokenClaims(resources);
	}

	@Bean
	ClientRegistry clientRegistry(AuthorizationServerProperties properties, TokenSettings tokens) {
		return new ClientRegistry(properties.maxSelfRegisteredClients(),
				KnownClients.create(PasswordEncoderFactories.createDelegatingPasswordEncoder(), tokens));
	}

	@Bean
	OAuth2AuthorizationService authorizationService(ClientRegistry clients) {
		return new CurrentAuthorizations(clients, Clock.systemUTC());
	}

	@Bean
	OAuth2AuthorizationConsentService authorizationConsentService() {
		return new NoStoredConsents();
	}

	@Bean
	AuthorizationPrompts authorizationPrompts(ClientRegistry clients, McpSecurityProperties properties,
			AuthorizationServerSettings endpoints) {
		return new AuthorizationPrompts(clients, properties, endpoints.getAuthorizationEndpoint());
	}

	/** The passwords are easy to guess and are for trying the sample only. */
	@Bean
	InMemoryUserDetailsManager userDetailsManager() {
		PasswordEncoder encoder = PasswordEncoderFactories.createDelegatingPasswordEncoder();
		return new InMemoryUserDetailsManager(user("alice", encoder, GrantableScopes.ANALYST),
				user("bob", encoder, GrantableScopes.ADMIN), user("carol", encoder));
	}

	@Bean
	JWKSource<SecurityContext> jwkSource() throws NoSuchAlgorithmException {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
		generator.initialize(2048);
		KeyPair keys = generator.generateKeyPair();
		return new ImmutableJWKSet<>(new JWKSet(
				new RSAKey.Builder((RSAPublicKey) keys.getPublic()).privateKey((RSAPrivateKey) keys.getPrivate())
					.keyUse(KeyUse.SIGNATURE)
					.algorithm(JWSAlgorithm.RS256)
					.keyID(UUID.randomUUID().toString())
					.build()));
	}

	/** Used by the registration endpoint, which also accepts an initial access token. */
	@Bean
	JwtDecoder jwtDecoder(JWKSource<SecurityContext> keys) {
		return OAuth2AuthorizationServerConfiguration.jwtDecoder(keys);
	}

	private static UserDetails user(String name, PasswordEncoder encoder, String... roles) {
		return User.withUsername(name).password(encoder.encode(name)).roles(roles).build();
	}

}
