package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.client.ClientPattern;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.Introspections;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.token.TokenProfile;
import io.mcpsecurity.transport.AllowedOrigins;
import io.mcpsecurity.transport.Origin;
import io.mcpsecurity.transport.ProtectedResource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.util.StringUtils;

/**
 * The properties after all checks that are possible at start. A missing or wrong value is
 * an {@link InvalidConfigurationPropertyValueException}, whose reason says what to do.
 */
final class CheckedProperties {

	private static final Log logger = LogFactory.getLog(CheckedProperties.class);

	private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

	private static final int HTTP_PORT = 80;

	private static final Duration MAX_DURATION = Duration.ofDays(24);

	private static final String RESOURCE = PropertyBinder.PREFIX + ".resource";

	private static final String SERVERS = PropertyBinder.PREFIX + ".authorization-servers";

	private static final String CONNECTIONS = "AuthorizationServerConnectionDetails";

	private static final String BOOT = "spring.security.oauth2.resourceserver.jwt";

	private final McpSecurityProperties properties;

	private final boolean stateless;

	private final URI resource;

	private final List<URI> aliases;

	private final List<AuthorizationServer> authorizationServers;

	private final List<ClientPattern> allowedClients;

	private final List<ClientPattern> deniedClients;

	private final IntrospectionProperties introspections;

	private final PolicyProperties policy;

	private final SensitiveNames sensitiveNames;

	private final Map<String, TokenProfile> profiles = new LinkedHashMap<>();

	private final Map<String, String> advertised = new HashMap<>();

	private final RateLimitSettings rateLimit;

	private final @Nullable AllowedOrigins allowedOrigins;

	private final Map<String, Endpoint> endpoints = new LinkedHashMap<>();

	CheckedProperties(McpSecurityProperties properties, OAuth2ResourceServerProperties boot,
			List<AuthorizationServerConnectionDetails> connections, @Nullable String protocol) {
		this.properties = properties;
		checkProtocol(protocol);
		this.stateless = "STATELESS".equalsIgnoreCase(protocol);
		this.resource = checkResource(properties.resource());
		this.aliases = checkAliases(RESOURCE + "-aliases", this.resource, properties.resourceAliases());
		this.authorizationServers = checkServers(boot.getJwt(), connections);
		checkMetadata("mcp-security.metadata", properties.metadata());
		checkToken(properties.token());
		checkHttp(properties.http());
		checkVisibility(properties.policy());
		checkRequiredScopes(properties.policy());
		checkAudit(properties.audit());
		checkSessions(properties.sessions());
		this.allowedOrigins = checkOrigins(properties.http().allowedOrigins());
		checkDuration("mcp-security.clients.refresh-interval", properties.clients().refreshInterval());
		this.allowedClients = clients("mcp-security.clients.allow", properties.clients().allow());
		this.deniedClients = clients("mcp-security.clients.deny", properties.clients().deny());
		this.introspections = new IntrospectionProperties(properties, this.authorizationServers);
		this.policy = new PolicyProperties(properties, TokenProfiles.requestPrefix(this.profiles.values()));
		this.sensitiveNames = PolicyProperties.checked("mcp-security.audit.sensitive-names",
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

	/**
	 * What the metadata contain of an authorization server.
	 * @param issuer its issuer identifier
	 */
	String advertised(String issuer) {
		return this.advertised.getOrDefault(issuer, issuer);
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

	Introspections introspections(Supplier<BoundedHttp> http) {
		return this.introspections.create(http);
	}

	@Nullable URI metadataUrl() {
		return metadataUrl(this.properties.metadata());
	}

	private static @Nullable URI metadataUrl(McpSecurityProperties.Metadata metadata) {
		return (metadata.url() != null) ? URI.create(metadata.url()) : null;
	}

	private static void checkProtocol(@Nullable String protocol) {
		if (!"STREAMABLE".equalsIgnoreCase(protocol) && !"STATELESS".equalsIgnoreCase(protocol)) {
			throw invalid(McpSecurityAutoConfiguration.PROTOCOL, protocol,
					"This starter does not secure that transport. Set it to STREAMABLE or STATELESS.");
		}
	}

	private URI checkResource(@Nullable String value) {
		if (!StringUtils.hasText(value)) {
			throw invalid(RESOURCE, null,
					"It is not set. It is the audience that access tokens must have. Set it to the URL that clients use "
							+ "for the MCP endpoint, for example https://mcp.example.com/mcp.");
		}
		return checkUri(RESOURCE, value);
	}

	private List<URI> checkAliases(String property, URI resource, List<String> values) {
		List<URI> names = new ArrayList<>(List.of(resource));
		for (String value : values) {
			String name = property + "[" + (names.size() - 1) + "]";
			URI alias = checkUri(name, value);
			if (names.stream().anyMatch((other) -> new ProtectedResource(other, "", "", null).hasHostOf(alias))) {
				throw invalid(name, value, "Another resource identifier has the same host and port.");
			}
			names.add(alias);
		}
		return List.copyOf(names.subList(1, names.size()));
	}

	/**
	 * An endpoint by each of its other names.
	 * @param endpoint the endpoint by the first of its names
	 */
	List<ProtectedResource> aliases(ProtectedResource endpoint) {
		return this.endpoints.values()
			.stream()
			.filter((further) -> further.resource().equals(endpoint.identifier()))
			.findFirst()
			.map(Endpoint::aliases)
			.orElse(this.aliases)
			.stream()
			.map((alias) -> new ProtectedResource(alias, endpoint.endpoint(), endpoint.contextPath(), null))
			.toList();
	}

	private Endpoint checkEndpoint(String name, McpSecurityProperties.Endpoint endpoint) {
		String property = "mcp-security.endpoints." + name;
		String path = endpoint.path();
		if (path == null || !path.matches("/[^{}*?\\\\]+")) {
			throw invalid(property + ".path", path,
					"It is not a path that starts with / and contains no pattern. Set it to the path at which the "
							+ "application serves this MCP endpoint.");
		}
		if (!StringUtils.hasText(endpoint.resource())) {
			throw invalid(property + ".resource", null,
					"It is not set. Set it to the URL that clients use for this MCP endpoint.");
		}
		URI identifier = checkUri(property + ".resource", endpoint.resource());
		List<URI> aliases = checkAliases(property + ".resource-aliases", identifier, endpoint.resourceAliases());
		Set<URI> taken = new HashSet<>(this.aliases);
		taken.add(this.resource);
		this.endpoints.values().forEach((other) -> {
			taken.add(other.resource());
			taken.addAll(other.aliases());
		});
		if (taken.contains(identifier) || aliases.stream().anyMatch(taken::contains)
				|| this.endpoints.values().stream().anyMatch((other) -> other.path().equals(path))) {
			throw invalid(property, endpoint.resource() + " at " + path,
					"Another endpoint has the same resource identifier or path.");
		}
		McpSecurityProperties.Metadata metadata = endpoint.metadata();
		checkMetadata(property + ".metadata", metadata);
		checkScopes(property + ".policy.required-scopes", endpoint.policy().requiredScopes());
		return new Endpoint(path, identifier, aliases,
				StringUtils.hasText(endpoint.resourceName()) ? endpoint.resourceName() : name,
				PolicyProperties.rules(property + ".policy.rules", endpoint.policy().rules()),
				endpoint.policy().requiredScopes(), metadata, metadataUrl(metadata), endpoint.offers(),
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
						connection.getProvider(), List.of()))
				.toList();
			property = CONNECTIONS;
		}
		else if (servers.isEmpty()) {
			if (!StringUtils.hasText(boot.getIssuerUri())) {
				if (this.properties.startLocked()) {
					logger.warn("No authorization server is configured: every request for an MCP endpoint gets 503");
					return List.of();
				}
				throw invalid(SERVERS, null,
						"It is not set, and neither is " + BOOT
								+ ".issuer-uri. Set one of them to the issuer identifier "
								+ "of your authorization server, for example https://login.example.com/realms/main. "
								+ "(With mcp-security.start-locked=true the application starts without one, and "
								+ "responds with 503 to every request.)");
			}
			servers = List.of(AuthorizationServer.of(boot.getIssuerUri(), boot.getJwkSetUri(), Provider.GENERIC,
					boot.getAudiences()));
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
				throw invalid(issuerProperty, null,
						"It is not set. Set it to the issuer identifier of the authorization server.");
			}
			if (server.advertisedAs() != null) {
				checkIssuer(prefix + ".advertised-as", server.advertisedAs());
				this.advertised.put(issuer, server.advertisedAs());
			}
			if (server.advertisedAs() == null || server.jwkSetUri() == null) {
				checkIssuer(issuerProperty, issuer);
			}
			else {
				// Only a name, which neither this server nor a client looks up.
				parse(issuerProperty, issuer);
			}
			if (!issuers.add(issuer)) {
				throw invalid(issuerProperty, issuer, "An earlier entry has the same issuer.");
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

	private void checkIssuer(String property, String issuer) {
		if (checkUri(property, issuer).getRawQuery() != null) {
			throw invalid(property, issuer, "It has a query (RFC 8414 section 2 allows none).");
		}
	}

	private URI checkUri(String property, @Nullable String value) {
		if (value == null) {
			return URI.create("");
		}
		URI uri = parse(property, value);
		if (uri.getScheme() == null || uri.getRawAuthority() == null || uri.getHost() == null) {
			throw invalid(property, value, "It is not an absolute URI with a host.");
		}
		if (uri.getRawFragment() != null) {
			throw invalid(property, value, "It has a fragment, which such an identifier must not have.");
		}
		if (uri.getRawUserInfo() != null) {
			throw invalid(property, value, "It has user information, which such an identifier must not have.");
		}
		boolean http = uri.getScheme().equals("http");
		if (!http && !uri.getScheme().equals("https")) {
			throw invalid(property, value, "It is neither an https nor an http URI.");
		}
		if (http && !LOOPBACK.contains(uri.getHost()) && !this.properties.allowInsecureHttp()) {
			throw invalid(property, value,
					"It uses http for another machine: tokens or keys could be read or replaced in transit. "
							+ "Use https, or set mcp-security.allow-insecure-http=true to allow that.");
		}
		return uri;
	}

	private static URI parse(String property, String value) {
		try {
			return new URI(value);
		}
		catch (URISyntaxException ex) {
			throw invalid(property, value, "It is not a URI: " + ex.getReason() + ".");
		}
	}

	private static void checkScopes(String property, List<String> scopes) {
		try {
			new ScopeRequirement(scopes, List.of());
		}
		catch (IllegalArgumentException ex) {
			throw invalid(property, scopes, "It is not a list of scopes: " + ex.getMessage() + ".");
		}
	}

	private void checkMetadata(String property, McpSecurityProperties.Metadata metadata) {
		checkUri(property + ".url", metadata.url());
		checkScopes(property + ".challenge-scopes", metadata.challengeScopes());
		checkScopes(property + ".scopes-supported", metadata.scopesSupported());
	}

	private static void checkToken(McpSecurityProperties.Token token) {
		String prefix = "mcp-security.token.keys";
		McpSecurityProperties.Token.Keys keys = token.keys();
		checkDuration(prefix + ".connect-timeout", keys.connectTimeout());
		checkDuration(prefix + ".read-timeout", keys.readTimeout());
		checkDuration(prefix + ".cache-ttl", keys.cacheTtl());
		checkDuration(prefix + ".retry-interval", keys.retryInterval());
		checkDuration(prefix + ".outage-tolerance", keys.outageTolerance());
		if (keys.retryInterval().compareTo(keys.cacheTtl()) >= 0) {
			throw invalid(prefix + ".retry-interval", keys.retryInterval(),
					"It must be shorter than " + prefix + ".cache-ttl (" + keys.cacheTtl() + ").");
		}
		// A refresh that begins when half of the time is over ends before the keys do.
		if (keys.readTimeout().multipliedBy(3).compareTo(keys.cacheTtl()) > 0) {
			throw invalid(prefix + ".read-timeout", keys.readTimeout(),
					"It must be at most a third of " + prefix + ".cache-ttl (" + keys.cacheTtl() + ").");
		}
		Duration skew = token.clockSkew();
		if (skew.isNegative() || skew.compareTo(Duration.ofHours(1)) > 0) {
			throw invalid("mcp-security.token.clock-skew", skew, "It is not between 0 and one hour.");
		}
		if (token.cache().maxSize() < 0) {
			throw invalid("mcp-security.token.cache.max-size", token.cache().maxSize(),
					"It is negative. Set it to 0 to verify tokens with every request.");
		}
	}

	private static void checkHttp(McpSecurityProperties.Http http) {
		long maxSize = http.maxBodySize().toBytes();
		if (maxSize < 1 || maxSize > Integer.MAX_VALUE - 8) {
			throw invalid("mcp-security.http.max-body-size", http.maxBodySize(), "It is not between 1 byte and 2 GB.");
		}
		checkPositive("mcp-security.http.max-json-depth", http.maxJsonDepth());
		checkDuration("mcp-security.http.body-timeout", http.bodyTimeout());
		checkHosts(http.allowedHosts());
	}

	/**
	 * What is listed to everybody cannot be hidden.
	 */
	private static void checkVisibility(McpSecurityProperties.Policy policy) {
		if (policy.visibility() == AccessPolicy.Visibility.NEED_TO_KNOW && policy.anonymousDiscovery()) {
			throw invalid("mcp-security.policy.visibility", "need-to-know",
					"mcp-security.policy.anonymous-discovery=true lists what would be hidden. Set"
							+ " mcp-security.policy.visibility=step-up, or mcp-security.policy.anonymous-discovery=false.");
		}
	}

	private static void checkRequiredScopes(McpSecurityProperties.Policy policy) {
		checkScopes("mcp-security.policy.required-scopes", policy.requiredScopes());
		if (policy.anonymousDiscovery() && !policy.requiredScopes().isEmpty()) {
			throw invalid("mcp-security.policy.required-scopes", policy.requiredScopes(),
					"mcp-security.policy.anonymous-discovery=true allows requests without a token, which have no scopes. "
							+ "Remove one of the two.");
		}
	}

	private static void checkAudit(McpSecurityProperties.Audit audit) {
		if (!audit.enabled() && audit.onFailure() == AuditTrail.OnFailure.DENY) {
			throw invalid("mcp-security.audit.on-failure", "deny",
					"There are no audit events, because mcp-security.audit.enabled is false. Set that to true, or "
							+ "on-failure to allow.");
		}
		checkPositive("mcp-security.audit.queue-capacity", audit.queueCapacity());
		checkPositive("mcp-security.audit.repository-capacity", audit.repositoryCapacity());
		checkDuration("mcp-security.audit.block-timeout", audit.blockTimeout());
		checkDuration("mcp-security.audit.drain-timeout", audit.drainTimeout());
	}

	private static void checkSessions(McpSecurityProperties.Sessions sessions) {
		checkPositive("mcp-security.sessions.max", sessions.max());
		checkPositive("mcp-security.sessions.max-per-caller", sessions.maxPerCaller());
		if (sessions.maxPerCaller() > sessions.max()) {
			throw invalid("mcp-security.sessions.max-per-caller", sessions.maxPerCaller(),
					"It is more than mcp-security.sessions.max (" + sessions.max() + ").");
		}
		checkDuration("mcp-security.sessions.idle-timeout", sessions.idleTimeout());
		checkDuration("mcp-security.sessions.check-interval", sessions.checkInterval());
	}

	private static @Nullable AllowedOrigins checkOrigins(@Nullable List<String> origins) {
		try {
			return (origins != null) ? AllowedOrigins.of(origins) : null;
		}
		catch (IllegalArgumentException ex) {
			throw invalid("mcp-security.http.allowed-origins", origins, "It is not a list of origins: "
					+ ex.getMessage() + ". An origin consists of scheme, host and port, as in the header Origin: "
					+ "https://app.example.com or http://localhost:6274. The only wildcard is that for all extensions of a browser: chrome-extension://*.");
		}
	}

	private static void checkHosts(List<String> hosts) {
		for (String host : hosts) {
			if (Origin.parse("http://" + host).filter((origin) -> origin.port() == HTTP_PORT).isEmpty()
					|| host.endsWith(":" + HTTP_PORT)) {
				throw invalid("mcp-security.http.allowed-hosts", host,
						"It is not a name or an address (of IPv6 in brackets) without a port.");
			}
		}
	}

	static void checkPositive(String property, int value) {
		if (value < 1) {
			throw invalid(property, value, "It is not positive.");
		}
	}

	/**
	 * Timeouts are in whole milliseconds, some of them as an int, and zero would mean no
	 * timeout.
	 */
	static void checkDuration(String property, Duration value) {
		if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(MAX_DURATION) > 0) {
			throw invalid(property, value, "It is not between one millisecond and " + MAX_DURATION.toDays() + " days.");
		}
	}

	/**
	 * A value that stops the start. Spring Boot's failure analyzer prints the value that
	 * is set, and where: a secret must not be named by its property.
	 * @param property the name of the property
	 * @param value its value, or {@code null} if it is not set
	 * @param reason what is wrong, and what to do, in sentences
	 */
	static InvalidConfigurationPropertyValueException invalid(String property, @Nullable Object value, String reason) {
		return new InvalidConfigurationPropertyValueException(property, value, reason);
	}

	/**
	 * A further MCP endpoint.
	 */
	record Endpoint(String path, URI resource, List<URI> aliases, String name, List<ConfiguredRule> rules,
			List<String> requiredScopes, McpSecurityProperties.Metadata metadata, @Nullable URI metadataUrl,
			McpSecurityProperties.Endpoint.Offers offers, boolean stateless) {
	}

}
