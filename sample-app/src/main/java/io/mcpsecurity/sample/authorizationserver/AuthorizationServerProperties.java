package io.mcpsecurity.sample.authorizationserver;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of the authorization server in the same process.
 *
 * @param enabled whether this application is its own authorization server
 * @param issuer the issuer identifier (RFC 8414 section 2); by default
 * {@code http://localhost} with the port of the server
 * @param accessTokenTimeToLive how long an access token is valid
 * @param maxSelfRegisteredClients the maximum number of clients that can register
 * themselves until the next start
 */
@ConfigurationProperties("sample.authorization-server")
record AuthorizationServerProperties(@DefaultValue("true") boolean enabled, @Nullable String issuer,
		@DefaultValue("5m") Duration accessTokenTimeToLive, @DefaultValue("1000") int maxSelfRegisteredClients) {

}
