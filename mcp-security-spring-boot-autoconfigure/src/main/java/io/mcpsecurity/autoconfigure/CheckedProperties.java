package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.ConfiguredRule;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.client.ClientPattern;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.ProtocolRevisions;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.Introspections;
import io.mcpsecurity.transport.AllowedOrigins;
import io.mcpsecurity.transport.Origin;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.RequestStates;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.util.StringUtils;

/**
 * The properties after all checks that are possible at start. A missing or wrong value is
 * an {@link InvalidConfigurationPropertyValueException}, whose reason says what to do.
 */
final class CheckedProperties {

	static final String PROTOCOL = "spring.ai.mcp.server.protocol";

	private static final int HTTP_PORT = 80;

	private static final Duration MAX_DURATION = Duration.ofDays(24);

	private static final String RESOURCE = PropertyBinder.PREFIX + ".resource";

	private final UriCheck uris;

	private final boolean stateless;

	private final URI resource;

	private final List<URI> aliases;

	private final IssuerProperties issuers;

	private final @Nullable URI metadataUrl;

	private final List<ClientPattern> allowedClients;

	private final List<ClientPattern> deniedClients;

	private final IntrospectionProperties introspections;

	private final PolicyProperties policy;

	private final SensitiveNames sensitiveNames;

	private final RateLimitSettings rateLimit;

	private final SenderConstraintSettings senderConstraints;

	private final ApiKeySettings apiKeys;

	private final ProtocolRevisions revisions;

	private final List<byte[]> requestStateKeys;

	private final @Nullable AllowedOrigins allowedOrigins;

	private final Map<String, FurtherEndpoint> endpoints = new LinkedHashMap<>();

	private final DownstreamProperties downstream;

	CheckedProperties(McpSecurityProperties properties, OAuth2ResourceServerProperties boot,
			List<AuthorizationServerConnectionDetails> connections, @Nullable String protocol) {
		this.uris = new UriCheck(properties.allowInsecureHttp());
		checkProtocol(protocol);
		this.stateless = "STATELESS".equalsIgnoreCase(protocol);
		this.resource = checkResource(properties.resource());
		this.aliases = checkAliases(RESOURCE + "-aliases", this.resource, properties.resourceAliases());
		this.issuers = new IssuerProperties(properties, boot.getJwt(), connections, this.uris);
		this.metadataUrl = checkMetadata("mcp-security.metadata", properties.metadata());
		checkToken(properties.token());
		checkHttp(properties.http());
		checkVisibility(properties.policy());
		checkRequiredScopes(properties.policy());
		checkAudit(properties.audit());
		checkSessions(properties.sessions());
		this.revisions = checkRevisions(properties.protocolRevisions());
		checkDuration("mcp-security.request-state.lifetime", properties.requestState().lifetime());
		this.requestStateKeys = properties.requestState()
			.keys()
			.stream()
			.map((key) -> checkKey("mcp-security.request-state", key))
			.toList();
		this.allowedOrigins = checkOrigins(properties.http().allowedOrigins());
		checkDuration("mcp-security.clients.refresh-interval", properties.clients().refreshInterval());
		this.allowedClients = clients("mcp-security.clients.allow", properties.clients().allow());
		this.deniedClients = clients("mcp-security.clients.deny", properties.clients().deny());
		this.introspections = new IntrospectionProperties(properties, this.issuers.servers());
		this.policy = new PolicyProperties(properties, TokenProfiles.requestPrefix(this.issuers.profiles().values()));
		this.sensitiveNames = PolicyProperties.checked("mcp-security.audit.sensitive-names",
				properties.audit().sensitiveNames(), () -> new SensitiveNames(properties.audit().sensitiveNames()));
		this.rateLimit = new RateLimitSettings(properties.rateLimit());
		this.senderConstraints = new SenderConstraintSettings(properties.dpop(), properties.mutualTls());
		this.apiKeys = new ApiKeySettings(properties);
		properties.endpoints().forEach((name, endpoint) -> this.endpoints.put(name, checkEndpoint(name, endpoint)));
		this.downstream = new DownstreamProperties(properties.downstream(), this.uris,
				this.issuers.servers().stream().map(AuthorizationServer::issuer).filter(Objects::nonNull).toList(),
				identifiers());
	}

	/** All resource identifiers of this server. */
	private Set<String> identifiers() {
		return Stream
			.concat(Stream.concat(Stream.of(this.resource), this.aliases.stream()), this.endpoints.values()
				.stream()
				.flatMap((endpoint) -> Stream.concat(Stream.of(endpoint.resource()), endpoint.aliases().stream())))
			.map(URI::toString)
			.collect(Collectors.toUnmodifiableSet());
	}

	DownstreamProperties downstream() {
		return this.downstream;
	}

	/** The further endpoints by name, no two with one resource identifier or path. */
	Map<String, FurtherEndpoint> endpoints() {
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

	SenderConstraintSettings senderConstraints() {
		return this.senderConstraints;
	}

	ApiKeySettings apiKeys() {
		return this.apiKeys;
	}

	/** The accepted web origins, or {@code null} for the default of each resource. */
	@Nullable AllowedOrigins allowedOrigins() {
		return this.allowedOrigins;
	}

	URI resource() {
		return this.resource;
	}

	/** The authorization servers. */
	IssuerProperties issuers() {
		return this.issuers;
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
		return this.metadataUrl;
	}

	private static void checkProtocol(@Nullable String protocol) {
		if (!"STREAMABLE".equalsIgnoreCase(protocol) && !"STATELESS".equalsIgnoreCase(protocol)) {
			throw invalid(PROTOCOL, protocol,
					"This starter does not secure that transport. Set it to STREAMABLE or STATELESS.");
		}
	}

	private static ProtocolRevisions checkRevisions(List<String> revisions) {
		String legacy = McpRevision.V2025_11_25.text();
		String modern = McpRevision.V2026_07_28.text();
		if (!Set.of(legacy, modern).containsAll(revisions)) {
			throw invalid("mcp-security.protocol-revisions", revisions, "The revisions are " + legacy
					+ ", which includes the earlier ones, and " + modern + ". In YAML, enclose them in quotes.");
		}
		return new ProtocolRevisions(revisions.isEmpty() || revisions.contains(legacy),
				revisions.isEmpty() || revisions.contains(modern));
	}

	/**
	 * The value is secret, so the exception contains neither it nor the property that has
	 * it, but the group of that property.
	 */
	static byte[] checkKey(String group, String value) {
		try {
			byte[] key = Base64.getDecoder().decode(value.trim());
			if (key.length == RequestStates.KEY_LENGTH) {
				return key;
			}
		}
		catch (IllegalArgumentException ex) {
			// It is not Base64.
		}
		throw invalid(group, null, "One of its keys is not " + RequestStates.KEY_LENGTH
				+ " bytes in Base64, as \"openssl rand -base64 32\" prints them.");
	}

	private URI checkResource(@Nullable String value) {
		if (!StringUtils.hasText(value)) {
			throw invalid(RESOURCE, null,
					"It is not set. It is the audience that access tokens must have. Set it to the URL that clients use "
							+ "for the MCP endpoint, for example https://mcp.example.com/mcp.");
		}
		return this.uris.check(RESOURCE, value);
	}

	private List<URI> checkAliases(String property, URI resource, List<String> values) {
		List<URI> names = new ArrayList<>(List.of(resource));
		for (String value : values) {
			String name = property + "[" + (names.size() - 1) + "]";
			URI alias = this.uris.check(name, value);
			if (names.stream().anyMatch((other) -> ProtectedResource.haveSameHost(alias, other))) {
				throw invalid(name, value, "Another resource identifier has the same host and port.");
			}
			names.add(alias);
		}
		return List.copyOf(names.subList(1, names.size()));
	}

	/** The other resource identifiers of the endpoint that Spring AI configures. */
	List<URI> aliases() {
		return this.aliases;
	}

	/**
	 * An endpoint under each of its names.
	 * @param endpoint the endpoint under the first of its names
	 */
	List<ProtectedResource> names(ProtectedResource endpoint) {
		List<URI> others = this.endpoints.values()
			.stream()
			.filter((further) -> further.resource().equals(endpoint.identifier()))
			.findFirst()
			.map(FurtherEndpoint::aliases)
			.orElse(this.aliases);
		return Stream
			.concat(Stream.of(endpoint), others.stream()
				.map((alias) -> new ProtectedResource(alias, endpoint.endpoint(), endpoint.contextPath(), null)))
			.toList();
	}

	private FurtherEndpoint checkEndpoint(String name, McpSecurityProperties.Endpoint endpoint) {
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
		URI identifier = this.uris.check(property + ".resource", endpoint.resource());
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
		URI metadataUrl = checkMetadata(property + ".metadata", metadata);
		checkScopes(property + ".policy.required-scopes", endpoint.policy().requiredScopes());
		return new FurtherEndpoint(path, identifier, aliases,
				StringUtils.hasText(endpoint.resourceName()) ? endpoint.resourceName() : name,
				PolicyProperties.rules(property + ".policy.rules", endpoint.policy().rules()),
				endpoint.policy().requiredScopes(), metadata, metadataUrl, endpoint.offers(),
				(endpoint.protocol() != null) ? endpoint.protocol() == McpSecurityProperties.Endpoint.Protocol.STATELESS
						: this.stateless);
	}

	private static void checkScopes(String property, List<String> scopes) {
		try {
			new ScopeRequirement(scopes, List.of());
		}
		catch (IllegalArgumentException ex) {
			throw invalid(property, scopes, "It is not a list of scopes: " + ex.getMessage() + ".");
		}
	}

	private @Nullable URI checkMetadata(String property, McpSecurityProperties.Metadata metadata) {
		checkScopes(property + ".challenge-scopes", metadata.challengeScopes());
		checkScopes(property + ".scopes-supported", metadata.scopesSupported());
		return this.uris.checkOptional(property + ".url", metadata.url());
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

	/** Targets that are listed without a token cannot be hidden. */
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
	 * The revisions of MCP that the endpoints support.
	 */
	ProtocolRevisions revisions() {
		return this.revisions;
	}

	List<byte[]> requestStateKeys() {
		return this.requestStateKeys;
	}

	/** A further MCP endpoint. */
	record FurtherEndpoint(String path, URI resource, List<URI> aliases, String name, List<ConfiguredRule> rules,
			List<String> requiredScopes, McpSecurityProperties.Metadata metadata, @Nullable URI metadataUrl,
			McpSecurityProperties.Endpoint.Offers offers, boolean stateless) {
	}

}
