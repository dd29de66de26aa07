package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.client.ClientPattern;
import io.mcpsecurity.token.Introspections;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.token.TokenProfile;
import io.mcpsecurity.transport.AllowedOrigins;
import io.mcpsecurity.transport.Origin;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.util.StringUtils;

/**
 * The properties after every check that can be made before a request comes. A value that
 * is missing or wrong is an {@link InvalidMcpSecurityPropertyException}.
 */
final class CheckedProperties {

	private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

	private static final int HTTP_PORT = 80;

	private static final Duration MAX_DURATION = Duration.ofDays(24);

	private static final String RESOURCE = "mcp.security.resource";

	private static final String SERVERS = "mcp.security.authorization-servers";

	private static final String CONNECTIONS = "AuthorizationServerConnectionDetails";

	private static final String BOOT = "spring.security.oauth2.resourceserver.jwt";

	private final McpSecurityProperties properties;

	private final boolean stateless;

	private final URI resource;

	private final List<AuthorizationServer> authorizationServers;

	private final List<ClientPattern> allowedClients;

	private final List<ClientPattern> deniedClients;

	private final IntrospectionProperties introspections;

	private final PolicyProperties policy;

	private final SensitiveNames sensitiveNames;

	private final Map<String, TokenProfile> profiles = new LinkedHashMap<>();

	private final RateLimitSettings rateLimit;

	private final @Nullable AllowedOrigins allowedOrigins;

	private final Map<String, Endpoint> endpoints = new LinkedHashMap<>();

	CheckedProperties(McpSecurityProperties properties, OAuth2ResourceServerProperties boot,
			List<AuthorizationServerConnectionDetails> connections, @Nullable String protocol) {
		this.properties = properties;
		checkProtocol(protocol);
		this.stateless = "STATELESS".equalsIgnoreCase(protocol);
		this.resource = checkResource(properties.resource());
		this.authorizationServers = checkServers(boot.getJwt(), connections);
		checkUri("mcp.security.metadata.url", properties.metadata().url());
		checkScopes("mcp.security.challenge.initial-scopes", properties.challenge().initialScopes());
		checkScopes("mcp.security.metadata.scopes-supported", properties.metadata().scopesSupported());
		checkNumbers();
		checkUnlisted();
		checkAudit(properties.audit());
		checkSession(properties.session());
		this.allowedOrigins = checkOrigins(properties.allowedOrigins());
		checkHosts(properties.allowedHosts());
		checkDuration("mcp.security.clients.refresh-interval", properties.clients().refreshInterval());
		this.allowedClients = clients("mcp.security.clients.allow", properties.clients().allow());
		this.deniedClients = clients("mcp.security.clients.deny", properties.clients().deny());
		this.introspections = new IntrospectionProperties(properties, this.authorizationServers);
		this.policy = new PolicyProperties(properties, TokenProfiles.requestPrefix(this.profiles.values()));
		this.sensitiveNames = PolicyProperties.checked("mcp.security.audit.sensitive-names",
				properties.audit().sensitiveNames(), () -> new SensitiveNames(properties.audit().sensitiveNames()));
		this.rateLimit = new RateLimitSettings(properties.rateLimit());
		properties.endpoints().forEach((name, endpoint) -> this.endpoints.put(name, checkEndpoint(name, endpoint)));
	}

	/**
	 * The further endpoints by name, no two with one resource identifier or path.
	 */
	Map<String, Endpoint> endpoints() {
		return this.endpoints;
	}

	PolicyProperties policy() {
		return this.policy;
	}

	SensitiveNames sensitiveNames() {
		return this.sensitiveNames;
	}

	RateLimitSettings rateLimit() {
		return this.rateLimit;
	}

	/**
	 * The web origins that may use the endpoints, or {@code null} for what each resource
	 * allows by itself.
	 */
	@Nullable AllowedOrigins allowedOrigins() {
		return this.allowedOrigins;
	}

	URI resource() {
		return this.resource;
	}

	/**
	 * The authorization servers, each with its issuer, no two with the same.
	 */
	List<AuthorizationServer> authorizationServers() {
		return this.authorizationServers;
	}

	/**
	 * What the tokens of each look like, by its issuer.
	 */
	Map<String, TokenProfile> profiles() {
		return this.profiles;
	}

	private static List<ClientPattern> clients(String property, List<String> clients) {
		return clients.stream()
			.map((client) -> PolicyProperties.checked(property, client, () -> ClientPattern.of(client)))
			.toList();
	}

	List<ClientPattern> allowedClients() {
		return this.allowedClients;
	}

	List<ClientPattern> deniedClients() {
		return this.deniedClients;
	}

	Introspections introspections() {
		return this.introspections.create();
	}

	@Nullable URI metadataUrl() {
		String url = this.properties.metadata().url();
		return (url != null) ? URI.create(url) : null;
	}

	private static void checkProtocol(@Nullable String protocol) {
		if (!"STREAMABLE".equalsIgnoreCase(protocol) && !"STATELESS".equalsIgnoreCase(protocol)) {
			throw new InvalidMcpSecurityPropertyException(McpSecurityAutoConfiguration.PROTOCOL, protocol,
					"names a transport that this starter does not secure.",
					"Set " + McpSecurityAutoConfiguration.PROTOCOL + " to STREAMABLE or STATELESS.");
		}
	}

	private URI checkResource(@Nullable String value) {
		if (!StringUtils.hasText(value)) {
			throw new InvalidMcpSecurityPropertyException(RESOURCE, null,
					"is not set. Without it this server could not tell tokens that were issued for it from others.",
					"Set " + RESOURCE + " to the URL that clients use for the MCP endpoint, "
							+ "for example https://mcp.example.com/mcp.");
		}
		return checkUri(RESOURCE, value);
	}

	private Endpoint checkEndpoint(String name, McpSecurityProperties.Endpoint endpoint) {
		String property = "mcp.security.endpoints." + name;
		String path = endpoint.path();
		if (path == null || !path.matches("/[^{}*?\\\\]+")) {
			throw new InvalidMcpSecurityPropertyException(property + ".path", path,
					"is not a path that starts with / and has no pattern in it.",
					"Set it to the path at which the application serves this MCP endpoint.");
		}
		if (!StringUtils.hasText(endpoint.resource())) {
			throw new InvalidMcpSecurityPropertyException(property + ".resource", null, "is not set.",
					"Set it to the URL that clients use for this MCP endpoint.");
		}
		URI identifier = checkUri(property + ".resource", endpoint.resource());
		boolean taken = identifier.equals(this.resource) || this.endpoints.values()
			.stream()
			.anyMatch((other) -> other.resource().equals(identifier) || other.path().equals(path));
		if (taken) {
			throw invalid(property, endpoint.resource() + " at " + path,
					"has the resource identifier or the path of another endpoint.");
		}
		checkUri(property + ".metadata.url", endpoint.metadata().url());
		checkScopes(property + ".challenge.initial-scopes", endpoint.challenge().initialScopes());
		checkScopes(property + ".metadata.scopes-supported", endpoint.metadata().scopesSupported());
		String url = endpoint.metadata().url();
		return new Endpoint(path, identifier,
				StringUtils.hasText(endpoint.resourceName()) ? endpoint.resourceName() : name,
				PolicyProperties.rules(property + ".rules", endpoint.rules()), endpoint.challenge().initialScopes(),
				endpoint.metadata().scopesSupported(), (url != null) ? URI.create(url) : null, endpoint.offers(),
				(endpoint.protocol() != null) ? endpoint.protocol() == McpSecurityProperties.Endpoint.Protocol.STATELESS
						: this.stateless);
	}

	private List<AuthorizationServer> checkServers(OAuth2ResourceServerProperties.Jwt boot,
			List<AuthorizationServerConnectionDetails> connections) {
		List<AuthorizationServer> servers = this.properties.authorizationServers();
		String property = SERVERS;
		if (!connections.isEmpty()) {
			servers = connections.stream()
				.map((connection) -> AuthorizationServer.of(connection.getIssuer(), connection.getJwkSetUri(),
						connection.getProvider()))
				.toList();
			property = CONNECTIONS;
		}
		else if (servers.isEmpty()) {
			if (!StringUtils.hasText(boot.getIssuerUri())) {
				throw new InvalidMcpSecurityPropertyException(SERVERS, null,
						"is not set, and neither is " + BOOT + ".issuer-uri. No token could be accepted.",
						"Set one of them to the issuer identifier of your authorization server, "
								+ "for example https://login.example.com/realms/main.");
			}
			servers = List.of(AuthorizationServer.of(boot.getIssuerUri(), boot.getJwkSetUri(), Provider.GENERIC));
			property = BOOT;
		}
		List<AuthorizationServer> checked = new ArrayList<>();
		Set<String> issuers = new HashSet<>();
		for (int i = 0; i < servers.size(); i++) {
			AuthorizationServer server = servers.get(i);
			String prefix = property.equals(BOOT) ? BOOT : property + "[" + i + "]";
			String issuerProperty = prefix + (property.equals(BOOT) ? ".issuer-uri" : ".issuer");
			String issuer = server.issuer();
			if (!StringUtils.hasText(issuer)) {
				throw new InvalidMcpSecurityPropertyException(issuerProperty, null, "is not set.",
						"Set it to the issuer identifier of the authorization server.");
			}
			if (checkUri(issuerProperty, issuer).getRawQuery() != null) {
				throw invalid(issuerProperty, issuer, "has a query (RFC 8414 section 2 allows none).");
			}
			if (!issuers.add(issuer)) {
				throw invalid(issuerProperty, issuer, "names an issuer that is in the list already.");
			}
			if (server.jwkSetUri() != null) {
				checkUri(prefix + ".jwk-set-uri", server.jwkSetUri());
			}
			if (server.introspection() != null) {
				checkUri(prefix + ".introspection.uri", server.introspection().uri());
			}
			this.profiles.put(issuer, TokenProfiles.of(prefix, server));
			checked.add(server);
		}
		return List.copyOf(checked);
	}

	private URI checkUri(String property, @Nullable String value) {
		if (value == null) {
			return URI.create("");
		}
		URI uri = parse(property, value);
		if (uri.getScheme() == null || uri.getRawAuthority() == null || uri.getHost() == null) {
			throw invalid(property, value, "is not an absolute URI with a host.");
		}
		if (uri.getRawFragment() != null) {
			throw invalid(property, value, "has a fragment, which such an identifier must not have.");
		}
		if (uri.getRawUserInfo() != null) {
			throw invalid(property, value, "has user information, which such an identifier must not have.");
		}
		boolean http = uri.getScheme().equals("http");
		if (!http && !uri.getScheme().equals("https")) {
			throw invalid(property, value, "is neither an https nor an http URI.");
		}
		if (http && !LOOPBACK.contains(uri.getHost()) && !this.properties.allowInsecureHttp()) {
			throw new InvalidMcpSecurityPropertyException(property, value,
					"uses http for another machine: tokens or keys could be read or replaced on the way.",
					"Use https, or set mcp.security.allow-insecure-http=true if you accept that.");
		}
		return uri;
	}

	private static URI parse(String property, String value) {
		try {
			return new URI(value);
		}
		catch (URISyntaxException ex) {
			throw invalid(property, value, "is not a URI: " + ex.getReason() + ".");
		}
	}

	private static void checkScopes(String property, List<String> scopes) {
		try {
			new ScopeRequirement(scopes, List.of());
		}
		catch (IllegalArgumentException ex) {
			throw invalid(property, scopes, "is not a list of scopes: " + ex.getMessage() + ".");
		}
	}

	private void checkNumbers() {
		McpSecurityProperties.Keys keys = this.properties.keys();
		checkDuration("mcp.security.keys.connect-timeout", keys.connectTimeout());
		checkDuration("mcp.security.keys.read-timeout", keys.readTimeout());
		checkDuration("mcp.security.keys.cache-ttl", keys.cacheTtl());
		checkDuration("mcp.security.keys.retry-interval", keys.retryInterval());
		checkDuration("mcp.security.keys.outage-tolerance", keys.outageTolerance());
		if (keys.retryInterval().compareTo(keys.cacheTtl()) >= 0) {
			throw invalid("mcp.security.keys.retry-interval", keys.retryInterval(),
					"must be shorter than mcp.security.keys.cache-ttl (" + keys.cacheTtl() + ").");
		}
		// A refresh that begins when half of the time is over ends before the keys do.
		if (keys.readTimeout().multipliedBy(3).compareTo(keys.cacheTtl()) > 0) {
			throw invalid("mcp.security.keys.read-timeout", keys.readTimeout(),
					"must be at most a third of mcp.security.keys.cache-ttl (" + keys.cacheTtl() + ").");
		}
		Duration skew = this.properties.token().clockSkew();
		if (skew.isNegative() || skew.compareTo(Duration.ofHours(1)) > 0) {
			throw invalid("mcp.security.token.clock-skew", skew, "is not between 0 and one hour.");
		}
		int cacheSize = this.properties.token().cache().maxSize();
		if (cacheSize < 1) {
			throw new InvalidMcpSecurityPropertyException("mcp.security.token.cache.max-size", cacheSize,
					"is not positive.",
					"Correct the value, or set mcp.security.token.cache.enabled=false to verify every token anew.");
		}
		long maxSize = this.properties.request().maxSize().toBytes();
		if (maxSize < 1 || maxSize > Integer.MAX_VALUE - 8) {
			throw invalid("mcp.security.request.max-size", this.properties.request().maxSize(),
					"is not between 1 byte and 2 GB.");
		}
		checkPositive("mcp.security.request.max-depth", this.properties.request().maxDepth());
		checkDuration("mcp.security.request.read-timeout", this.properties.request().readTimeout());
	}

	/**
	 * What everybody can list cannot be hidden.
	 */
	private void checkUnlisted() {
		boolean all = this.properties.listings() == McpSecurityProperties.Listings.ALL;
		boolean anybody = this.properties.discovery() == McpSecurityProperties.Discovery.PUBLIC;
		if (this.properties.unlisted() == McpSecurityProperties.Unlisted.HIDE && (all || anybody)) {
			throw new InvalidMcpSecurityPropertyException("mcp.security.unlisted", "hide",
					"would hide what " + (all ? "mcp.security.listings=all" : "mcp.security.discovery=public")
							+ " shows.",
					"Set mcp.security.unlisted=challenge, or mcp.security."
							+ (all ? "listings=filtered" : "discovery=authenticated") + ".");
		}
	}

	private static void checkAudit(McpSecurityProperties.Audit audit) {
		checkPositive("mcp.security.audit.queue-capacity", audit.queueCapacity());
		checkPositive("mcp.security.audit.batch-size", audit.batchSize());
		checkPositive("mcp.security.audit.repository-capacity", audit.repositoryCapacity());
		checkDuration("mcp.security.audit.block-timeout", audit.blockTimeout());
		checkDuration("mcp.security.audit.drain-timeout", audit.drainTimeout());
	}

	private static void checkSession(McpSecurityProperties.Session session) {
		checkPositive("mcp.security.session.max", session.max());
		checkPositive("mcp.security.session.max-per-caller", session.maxPerCaller());
		if (session.maxPerCaller() > session.max()) {
			throw invalid("mcp.security.session.max-per-caller", session.maxPerCaller(),
					"is more than mcp.security.session.max (" + session.max() + ").");
		}
		checkDuration("mcp.security.session.idle-timeout", session.idleTimeout());
		checkDuration("mcp.security.session.check-interval", session.checkInterval());
	}

	private static @Nullable AllowedOrigins checkOrigins(@Nullable List<String> origins) {
		try {
			return (origins != null) ? AllowedOrigins.of(origins) : null;
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidMcpSecurityPropertyException("mcp.security.allowed-origins", origins,
					"is not a list of origins: " + ex.getMessage() + ".",
					"Write each as a browser does, scheme and host and port and nothing else: "
							+ "https://app.example.com or http://localhost:6274. There are no wildcards.");
		}
	}

	private static void checkHosts(List<String> hosts) {
		for (String host : hosts) {
			if (Origin.parse("http://" + host).filter((origin) -> origin.port() == HTTP_PORT).isEmpty()
					|| host.endsWith(":" + HTTP_PORT)) {
				throw invalid("mcp.security.allowed-hosts", host,
						"is not a name or an address (of IPv6 in brackets) without a port.");
			}
		}
	}

	static void checkPositive(String property, int value) {
		if (value < 1) {
			throw invalid(property, value, "is not positive.");
		}
	}

	/**
	 * Time-outs count in whole milliseconds, some of them as an int, and zero would be
	 * "for ever".
	 */
	static void checkDuration(String property, Duration value) {
		if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(MAX_DURATION) > 0) {
			throw invalid(property, value, "is not between one millisecond and " + MAX_DURATION.toDays() + " days.");
		}
	}

	static InvalidMcpSecurityPropertyException invalid(String property, Object value, String reason) {
		return new InvalidMcpSecurityPropertyException(property, value, reason,
				"Correct the value of " + property + ".");
	}

	/**
	 * A further MCP endpoint.
	 */
	record Endpoint(String path, URI resource, String name, List<ConfiguredRule> rules, List<String> initialScopes,
			List<String> scopesSupported, @Nullable URI metadataUrl, McpSecurityProperties.Endpoint.Offers offers,
			boolean stateless) {
	}

}
