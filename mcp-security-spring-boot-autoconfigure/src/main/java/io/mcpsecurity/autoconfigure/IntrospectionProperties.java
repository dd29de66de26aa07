package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.Token.RevocationCheck;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.ClientAuthentication;
import io.mcpsecurity.token.Introspections;
import io.mcpsecurity.token.TokenIntrospection;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * The introspection endpoints of the configuration, checked. No exception contains a
 * secret.
 */
final class IntrospectionProperties {

	private static final String SERVERS = PropertyBinder.PREFIX + ".authorization-servers";

	private static final String INTROSPECTION = PropertyBinder.PREFIX + ".token.introspection";

	/**
	 * The number of consecutive failures after which an endpoint is not called for
	 * {@link #RETRY_INTERVAL}. A single failure must not reject the tokens of all
	 * callers.
	 */
	private static final int FAILURE_THRESHOLD = 5;

	private static final Duration RETRY_INTERVAL = Duration.ofSeconds(10);

	private final Map<String, ClientAuthentication> authentications = new LinkedHashMap<>();

	private final Map<String, URI> endpoints = new LinkedHashMap<>();

	private final TokenIntrospection.Settings settings;

	private final boolean forJwts;

	private @Nullable String opaqueIssuer;

	IntrospectionProperties(McpSecurityProperties properties, List<AuthorizationServer> servers) {
		this.settings = settings(properties.token().introspection());
		this.forJwts = properties.token().revocationCheck() == RevocationCheck.INTROSPECT;
		for (int i = 0; i < servers.size(); i++) {
			AuthorizationServer server = servers.get(i);
			String property = SERVERS + "[" + i + "].introspection";
			if (server.introspection() != null) {
				add(property, server, server.introspection());
			}
			else if (this.forJwts) {
				throw CheckedProperties.invalid(property + ".uri", null,
						"It is not set, but mcp-security.token.revocation-check=introspect needs it for the tokens of "
								+ server.issuer() + ". Set " + property
								+ ".uri, .client-id and .client-secret or .private-key.");
			}
		}
	}

	private static TokenIntrospection.Settings settings(McpSecurityProperties.Token.Introspection values) {
		CheckedProperties.checkDuration(INTROSPECTION + ".cache-ttl", values.cacheTtl());
		CheckedProperties.checkPositive(INTROSPECTION + ".cache-size", values.cacheSize());
		CheckedProperties.checkDuration(INTROSPECTION + ".connect-timeout", values.connectTimeout());
		CheckedProperties.checkDuration(INTROSPECTION + ".read-timeout", values.readTimeout());
		CheckedProperties.checkPositive(INTROSPECTION + ".max-concurrent", values.maxConcurrent());
		return new TokenIntrospection.Settings(values.readTimeout(), values.cacheTtl(), values.cacheSize(),
				FAILURE_THRESHOLD, RETRY_INTERVAL, values.maxConcurrent());
	}

	private void add(String property, AuthorizationServer server, AuthorizationServer.IntrospectionEndpoint endpoint) {
		String issuer = server.issuer();
		Assert.state(issuer != null, "Issuers are checked before");
		if (!StringUtils.hasText(endpoint.uri())) {
			throw CheckedProperties.invalid(property + ".uri", null,
					"It is not set. Set it to the authorization server's introspection_endpoint.");
		}
		this.endpoints.put(issuer, URI.create(endpoint.uri()));
		this.authentications.put(issuer, ClientAuthenticationSettings.of(endpoint).create(property, issuer));
		if (endpoint.opaqueTokens()) {
			if (this.opaqueIssuer != null) {
				throw CheckedProperties.invalid(property + ".opaque-tokens", true,
						"Tokens that are not JWTs would be ambiguous: they belong to " + this.opaqueIssuer
								+ " already. Set it to false for all authorization servers but one.");
			}
			this.opaqueIssuer = issuer;
		}
	}

	Introspections create(Supplier<BoundedHttp> http) {
		if (this.endpoints.isEmpty()) {
			return Introspections.NONE;
		}
		BoundedHttp client = http.get();
		Map<String, TokenIntrospection> introspections = new LinkedHashMap<>();
		this.endpoints.forEach((issuer, endpoint) -> introspections.put(issuer,
				new TokenIntrospection(issuer, endpoint, authentication(issuer), client, this.settings)));
		return new Introspections(introspections, this.opaqueIssuer, this.forJwts);
	}

	private ClientAuthentication authentication(String issuer) {
		ClientAuthentication authentication = this.authentications.get(issuer);
		Assert.state(authentication != null, "Each endpoint has one");
		return authentication;
	}

}
