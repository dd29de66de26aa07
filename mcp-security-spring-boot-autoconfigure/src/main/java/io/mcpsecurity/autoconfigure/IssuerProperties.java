package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.token.TokenProfile;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.util.StringUtils;

/**
 * The authorization servers of the configuration, checked. They are those of
 * {@link AuthorizationServerConnectionDetails}, otherwise those of
 * {@code mcp-security.authorization-servers}, otherwise that of Spring Boot's properties.
 */
final class IssuerProperties {

	private static final Log logger = LogFactory.getLog(IssuerProperties.class);

	private static final String SERVERS = PropertyBinder.PREFIX + ".authorization-servers";

	private static final String CONNECTIONS = "AuthorizationServerConnectionDetails";

	private static final String BOOT = "spring.security.oauth2.resourceserver.jwt";

	private final UriCheck uris;

	private final List<AuthorizationServer> servers;

	private final boolean fromBoot;

	private final Map<String, TokenProfile> profiles = new LinkedHashMap<>();

	IssuerProperties(McpSecurityProperties properties, OAuth2ResourceServerProperties.Jwt boot,
			List<AuthorizationServerConnectionDetails> connections, UriCheck uris) {
		this.uris = uris;
		List<AuthorizationServer> configured = properties.authorizationServers();
		this.fromBoot = connections.isEmpty() && configured.isEmpty() && StringUtils.hasText(boot.getIssuerUri());
		if (this.fromBoot) {
			this.servers = List.of(AuthorizationServer.of(boot.getIssuerUri(), boot.getJwkSetUri(), Provider.GENERIC,
					boot.getAudiences()));
			check(BOOT, BOOT + ".issuer-uri", this.servers.get(0));
			return;
		}
		this.servers = connections.isEmpty() ? List.copyOf(configured)
				: connections.stream()
					.map((connection) -> AuthorizationServer.of(connection.getIssuer(), connection.getJwkSetUri(),
							connection.getProvider(), List.of()))
					.toList();
		for (int i = 0; i < this.servers.size(); i++) {
			String property = (connections.isEmpty() ? SERVERS : CONNECTIONS) + "[" + i + "]";
			check(property, property + ".issuer", this.servers.get(i));
		}
		if (this.servers.isEmpty()) {
			if (!properties.startLocked()) {
				throw CheckedProperties.invalid(SERVERS, null,
						"It is not set, and neither is " + BOOT
								+ ".issuer-uri. Set one of them to the issuer identifier "
								+ "of your authorization server, for example https://login.example.com/realms/main. "
								+ "(With mcp-security.start-locked=true the application starts without one, and "
								+ "responds with 503 to every request.)");
			}
			logger.warn("No authorization server is configured: every request for an MCP endpoint gets 503");
		}
	}

	private void check(String property, String issuerProperty, AuthorizationServer server) {
		String issuer = server.issuer();
		if (!StringUtils.hasText(issuer)) {
			throw CheckedProperties.invalid(issuerProperty, null,
					"It is not set. Set it to the issuer identifier of the authorization server.");
		}
		if (server.advertisedAs() != null) {
			checkIssuer(property + ".advertised-as", server.advertisedAs());
		}
		if (server.advertisedAs() == null || server.jwkSetUri() == null) {
			checkIssuer(issuerProperty, issuer);
		}
		else {
			// Only a name: neither this server nor a client derives a location from it.
			UriCheck.parse(issuerProperty, issuer);
		}
		if (this.profiles.containsKey(issuer)) {
			throw CheckedProperties.invalid(issuerProperty, issuer, "An earlier entry has the same issuer.");
		}
		this.uris.checkOptional(property + ".jwk-set-uri", server.jwkSetUri());
		if (server.introspection() != null) {
			this.uris.checkOptional(property + ".introspection.uri", server.introspection().uri());
		}
		this.profiles.put(issuer, TokenProfiles.of(property, server));
	}

	private void checkIssuer(String property, String issuer) {
		if (this.uris.check(property, issuer).getRawQuery() != null) {
			throw CheckedProperties.invalid(property, issuer, "It has a query (RFC 8414 section 2 allows none).");
		}
	}

	/** The authorization servers, each with its issuer, no two with the same. */
	List<AuthorizationServer> servers() {
		return this.servers;
	}

	/** Whether the only authorization server is that of Spring Boot's properties. */
	boolean fromBoot() {
		return this.fromBoot;
	}

	/** The token profile of each authorization server, by its issuer. */
	Map<String, TokenProfile> profiles() {
		return this.profiles;
	}

	/**
	 * The issuer identifier in the metadata of protected resources.
	 * @param issuer the issuer identifier in tokens
	 */
	String advertised(String issuer) {
		return this.servers.stream()
			.filter((server) -> issuer.equals(server.issuer()))
			.map(AuthorizationServer::advertisedAs)
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(issuer);
	}

}
