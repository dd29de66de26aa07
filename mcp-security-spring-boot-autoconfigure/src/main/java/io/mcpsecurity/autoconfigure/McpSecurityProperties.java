package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties below {@code mcp.security}. A name that is not among them stops the
 * start, because a misspelt security property would otherwise be no security.
 *
 * @param enabled Whether MCP endpoints are secured. When off, this starter does nothing.
 * @param resource The resource identifier of this server: the absolute URI, without
 * fragment, that clients use for its MCP endpoint and that access tokens must name as
 * their audience.
 * @param resourceName A name for people, shown in the metadata. Default: the name of the
 * MCP server.
 * @param authorizationServers The authorization servers whose access tokens are accepted.
 * Default: the one of spring.security.oauth2.resourceserver.jwt.
 * @param allowInsecureHttp Whether http is allowed for a resource or an issuer that is
 * not on this machine.
 * @param token What a token must be.
 * @param keys How the authorization servers' keys are fetched.
 * @param challenge What a challenge tells.
 * @param metadata What the protected resource metadata tells.
 * @param request What a request may be.
 */
@ConfigurationProperties(prefix = "mcp.security", ignoreUnknownFields = false)
public record McpSecurityProperties(@DefaultValue("true") boolean enabled, @Nullable String resource,
		@Nullable String resourceName, @DefaultValue List<AuthorizationServer> authorizationServers,
		@DefaultValue("false") boolean allowInsecureHttp, @DefaultValue Token token, @DefaultValue Keys keys,
		@DefaultValue Challenge challenge, @DefaultValue Metadata metadata, @DefaultValue Request request) {

	/**
	 * An authorization server. In configuration a plain string is its issuer.
	 *
	 * @param issuer Its issuer identifier, to the letter: the iss claim of its tokens.
	 * @param jwkSetUri Where its keys are. Default: as its metadata tells.
	 */
	public record AuthorizationServer(@Nullable String issuer, @Nullable String jwkSetUri) {

		/**
		 * Allows {@code authorization-servers: https://issuer.example}.
		 */
		public static AuthorizationServer valueOf(String issuer) {
			return new AuthorizationServer(issuer, null);
		}

	}

	/**
	 * What a token must be.
	 *
	 * @param clockSkew How far the clocks of this server and of an authorization server
	 * may differ when exp and nbf are checked.
	 */
	public record Token(@DefaultValue("60s") Duration clockSkew) {
	}

	/**
	 * How keys are fetched.
	 *
	 * @param connectTimeout Time to connect to an authorization server.
	 * @param readTimeout Time to wait for its answer.
	 * @param cacheTtl How long fetched keys serve. A withdrawn key stops working within
	 * this time.
	 * @param retryInterval The time in which keys are fetched at most twice, for all
	 * requests together.
	 * @param outageTolerance How long keys serve on, beyond cacheTtl, while their
	 * authorization server is down.
	 */
	public record Keys(@DefaultValue("2s") Duration connectTimeout, @DefaultValue("2s") Duration readTimeout,
			@DefaultValue("5m") Duration cacheTtl, @DefaultValue("10s") Duration retryInterval,
			@DefaultValue("1h") Duration outageTolerance) {
	}

	/**
	 * What a challenge tells.
	 *
	 * @param initialScopes The scopes that a client without a token is advised to ask
	 * for: "declared" for all that rules name, "none", or a list of scopes.
	 */
	public record Challenge(@DefaultValue("declared") List<String> initialScopes) {
	}

	/**
	 * What the protected resource metadata tells.
	 *
	 * @param url Where clients find the metadata, when a proxy serves it elsewhere than
	 * RFC 9728 derives from the resource.
	 * @param scopesSupported The scopes to advertise. Default: all that rules name.
	 */
	public record Metadata(@Nullable String url, @Nullable List<String> scopesSupported) {
	}

	/**
	 * What a request may be.
	 *
	 * @param maxSize The largest body.
	 * @param maxDepth How deep its JSON may nest.
	 */
	public record Request(@DefaultValue("4MB") DataSize maxSize, @DefaultValue("64") int maxDepth) {
	}

}
