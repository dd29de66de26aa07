package io.mcpsecurity.authorizationserver;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.util.StringUtils;

/**
 * The properties with their defaults, after all checks at start. A missing or wrong value
 * is an {@link InvalidConfigurationPropertyValueException}, whose reason says what to do.
 */
final class AuthorizationServerModel {

	private static final Log logger = LogFactory.getLog(AuthorizationServerModel.class);

	private static final String MCP_SERVER = "mcp-security.";

	/** The characters of a scope (RFC 6749 section 3.3). */
	private static final Pattern SCOPE = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+");

	private static final Pattern ENCODED = Pattern.compile("\\{([^}]+)}.+");

	/** Encoders of Spring Security that resist guessing. */
	private static final Pattern REAL_ENCODER = Pattern.compile("(bcrypt|scrypt|pbkdf2|argon2)(@.+)?");

	private static final Set<String> GRANT_TYPES = Set.of(AuthorizationGrantType.AUTHORIZATION_CODE.getValue(),
			AuthorizationGrantType.REFRESH_TOKEN.getValue(), AuthorizationGrantType.CLIENT_CREDENTIALS.getValue(),
			AuthorizationGrantType.TOKEN_EXCHANGE.getValue());

	private static final Set<String> GRANTS_OF_PUBLIC_CLIENTS = Set
		.of(AuthorizationGrantType.AUTHORIZATION_CODE.getValue(), AuthorizationGrantType.REFRESH_TOKEN.getValue());

	private final AuthorizationServerProperties properties;

	private final URI issuer;

	private final String serverName;

	private final Map<String, Set<String>> scopesByResource = new LinkedHashMap<>();

	private final Map<String, Scope> scopes = new LinkedHashMap<>();

	private final Map<String, Set<String>> scopesByRole = new LinkedHashMap<>();

	private final Set<String> registrationScopes;

	private final RedirectUris redirectUris;

	private final TokenSettings tokenSettings;

	private final List<RegisteredClient> clients;

	private final List<UserDetails> users;

	AuthorizationServerModel(AuthorizationServerProperties properties, Environment environment) {
		this.properties = properties;
		this.issuer = issuer(properties.issuer());
		String firstName = addResources(McpServer.of(environment));
		this.serverName = StringUtils.hasText(properties.name()) ? properties.name() : firstName;
		properties.roles().forEach((role, scopes) -> this.scopesByRole.put(role, known("roles." + role, scopes)));
		this.registrationScopes = properties.registration().scopes().isEmpty() ? narrowestScopes()
				: known("registration.scopes", properties.registration().scopes());
		this.redirectUris = new RedirectUris(schemes(properties.registration().redirectSchemes()));
		positive("registration.unused-lifetime", properties.registration().unusedLifetime());
		if (properties.registration().maxClients() < 0) {
			throw invalid("registration.max-clients", properties.registration().maxClients(),
					"Set a number that is not negative.");
		}
		this.tokenSettings = TokenSettings.builder()
			.accessTokenTimeToLive(positive("tokens.access-token-lifetime", properties.tokens().accessTokenLifetime()))
			.refreshTokenTimeToLive(
					positive("tokens.refresh-token-lifetime", properties.tokens().refreshTokenLifetime()))
			.reuseRefreshTokens(false)
			.build();
		positive("keys.rotation", properties.keys().rotation());
		if (properties.keys().publishAhead().isNegative()
				|| properties.keys().publishAhead().compareTo(properties.keys().rotation()) >= 0) {
			throw invalid("keys.publish-ahead", properties.keys().publishAhead(),
					"Set a duration that is shorter than keys.rotation.");
		}
		positive("tokens.authorization-lifetime", properties.tokens().authorizationLifetime());
		List<String> plain = plainSecrets();
		this.clients = properties.clients()
			.entrySet()
			.stream()
			.map((entry) -> client(entry.getKey(), entry.getValue()))
			.toList();
		this.users = properties.users()
			.entrySet()
			.stream()
			.map((entry) -> user(entry.getKey(), entry.getValue()))
			.toList();
		if (!plain.isEmpty()) {
			logger.warn(
					"The secrets of %s are readable in the configuration, and anyone who can connect to this server can use them. They are accepted because the issuer %s is on a loopback address."
						.formatted(plain, this.issuer));
		}
	}

	String issuer() {
		return this.issuer.toString();
	}

	String serverName() {
		return this.serverName;
	}

	String administratorRole() {
		return this.properties.administratorRole();
	}

	/** The identifiers of the resources. */
	Set<String> resources() {
		return this.scopesByResource.keySet();
	}

	/** All scopes, the narrowest of each resource first. */
	Collection<Scope> scopes() {
		return this.scopes.values();
	}

	/** The names of {@link #scopes()}. */
	Set<String> scopeNames() {
		return this.scopes.keySet();
	}

	/**
	 * The scopes of resources.
	 * @param resources identifiers, of which unknown ones have no scopes
	 */
	Set<String> scopesOf(Collection<String> resources) {
		return resources.stream()
			.flatMap((resource) -> this.scopesByResource.getOrDefault(resource, Set.of()).stream())
			.collect(Collectors.toCollection(LinkedHashSet::new));
	}

	/** Whether users can have a role. */
	boolean hasRole(String role) {
		return this.scopesByRole.containsKey(role) || role.equals(administratorRole());
	}

	/** The scopes that a user with a role may grant. */
	Set<String> scopesOfRole(String role) {
		return this.scopesByRole.getOrDefault(role, Set.of());
	}

	/** The scopes of a client that registered itself. */
	Set<String> registrationScopes() {
		return this.registrationScopes;
	}

	RedirectUris redirectUris() {
		return this.redirectUris;
	}

	TokenSettings tokenSettings() {
		return this.tokenSettings;
	}

	List<RegisteredClient> clients() {
		return this.clients;
	}

	List<UserDetails> users() {
		return this.users;
	}

	private static URI issuer(@Nullable String value) {
		URI issuer = uri("issuer", value);
		if (issuer.getRawQuery() != null || issuer.getRawFragment() != null || issuer.getRawUserInfo() != null) {
			throw invalid("issuer", value, "Set a URL without user, query and fragment (RFC 8414 section 2).");
		}
		if (!"https".equals(issuer.getScheme())
				&& !("http".equals(issuer.getScheme()) && RedirectUris.isLoopback(issuer))) {
			throw invalid("issuer", value, "Set a URL with https, or with http on a loopback address.");
		}
		return issuer;
	}

	/** Adds the resources, and returns the name of the first one. */
	private String addResources(McpServer server) {
		List<AuthorizationServerProperties.Resource> configured = this.properties.resources();
		if (configured.isEmpty()) {
			configured = List.of(new AuthorizationServerProperties.Resource(null, null, List.of()));
		}
		String firstName = null;
		for (int i = 0; i < configured.size(); i++) {
			AuthorizationServerProperties.Resource resource = configured.get(i);
			String property = "resources[" + i + "].";
			String identifier = StringUtils.hasText(resource.identifier()) ? resource.identifier() : server.resource();
			URI uri = uri(property + "identifier", identifier);
			if (uri.getRawFragment() != null) {
				throw invalid(property + "identifier", identifier,
						"Set a URI without a fragment (RFC 8707 section 2).");
			}
			boolean own = uri.toString().equals(server.resource());
			List<AuthorizationServerProperties.Resource.Scope> scopes = (resource.scopes().isEmpty() && own)
					? server.scopes() : resource.scopes();
			Set<String> names = new LinkedHashSet<>();
			for (int j = 0; j < scopes.size(); j++) {
				Scope scope = scope(property + "scopes[" + j + "].name", scopes.get(j), own ? server : McpServer.NONE);
				names.add(scope.name());
				if (!scope.equals(this.scopes.computeIfAbsent(scope.name(), (name) -> scope))) {
					throw invalid(property + "scopes[" + j + "].name", scope.name(),
							"Another resource has this scope with another description. Describe it in the same way.");
				}
			}
			if (names.isEmpty()) {
				throw invalid(property + "scopes", "",
						"Set the scopes of the resource" + (own ? ", here or in mcp-security.scopes." : "."));
			}
			if (this.scopesByResource.put(uri.toString(), names) != null) {
				throw invalid(property + "identifier", identifier, "Another resource has it. Remove one of them.");
			}
			if (firstName == null) {
				firstName = StringUtils.hasText(resource.name()) ? resource.name()
						: (own && server.name() != null) ? server.name() : uri.toString();
			}
		}
		return String.valueOf(firstName);
	}

	private static Scope scope(String property, AuthorizationServerProperties.Resource.Scope scope, McpServer server) {
		String name = scope.name();
		if (name == null || !SCOPE.matcher(name).matches()) {
			throw invalid(property, name, "Set a scope of visible ASCII characters (RFC 6749 section 3.3).");
		}
		String description = StringUtils.hasText(scope.description()) ? scope.description()
				: server.scopes()
					.stream()
					.filter((other) -> name.equals(other.name()) && StringUtils.hasText(other.description()))
					.map((other) -> String.valueOf(other.description()))
					.findFirst()
					.orElse(name);
		return new Scope(name, description, scope.dangerous());
	}

	private Set<String> narrowestScopes() {
		Set<String> safe = this.scopes.values()
			.stream()
			.filter((scope) -> !scope.dangerous())
			.map(Scope::name)
			.collect(Collectors.toSet());
		return this.scopesByResource.values()
			.stream()
			.map((scopes) -> scopes.iterator().next())
			.filter(safe::contains)
			.collect(Collectors.toCollection(LinkedHashSet::new));
	}

	private Set<String> known(String property, List<String> scopes) {
		for (String scope : scopes) {
			if (!this.scopes.containsKey(scope)) {
				throw invalid(property, scope, "No resource has this scope. Set some of " + this.scopes.keySet() + ".");
			}
		}
		return new LinkedHashSet<>(scopes);
	}

	private static Set<String> schemes(List<String> schemes) {
		for (String scheme : schemes) {
			if (!RedirectUris.isPrivateUseScheme(scheme)) {
				throw invalid("registration.redirect-schemes", scheme,
						"Set a private-use scheme (RFC 8252 section 7.1) in lower case, without a colon. "
								+ "https, and http on a loopback address, are always allowed.");
			}
		}
		return Set.copyOf(schemes);
	}

	/**
	 * Check secrets and passwords.
	 * @return the owners of those that are readable in the configuration
	 */
	private List<String> plainSecrets() {
		List<String> plain = new ArrayList<>();
		this.properties.users().forEach((name, user) -> {
			if (isPlain("users." + name + ".password", user.password())) {
				plain.add("user '" + name + "'");
			}
		});
		this.properties.clients().forEach((id, client) -> {
			if (client.secret() != null && isPlain("clients." + id + ".secret", client.secret())) {
				plain.add("client '" + id + "'");
			}
		});
		return plain;
	}

	private boolean isPlain(String property, @Nullable String secret) {
		var encoded = ENCODED.matcher((secret != null) ? secret : "");
		if (!encoded.matches()) {
			throw invalid(property, "(hidden)",
					"Set an encoded value with the prefix of its encoder, such as {bcrypt}. On a loopback address, {noop} is accepted.");
		}
		if (REAL_ENCODER.matcher(encoded.group(1)).matches()) {
			return false;
		}
		if (!RedirectUris.isLoopback(this.issuer)) {
			throw invalid(property, "(hidden)",
					"Only bcrypt, scrypt, pbkdf2 and argon2 are allowed while the issuer is not on a loopback address. "
							+ "Encode the value, for example with PasswordEncoderFactories.createDelegatingPasswordEncoder().");
		}
		return true;
	}

	private RegisteredClient client(String id, AuthorizationServerProperties.Client client) {
		String property = "clients." + id + ".";
		List<String> grantTypes = client.grantTypes();
		if (grantTypes.isEmpty()) {
			grantTypes = client.redirectUris().isEmpty()
					? List.of(AuthorizationGrantType.CLIENT_CREDENTIALS.getValue(),
							AuthorizationGrantType.TOKEN_EXCHANGE.getValue())
					: List.of(AuthorizationGrantType.AUTHORIZATION_CODE.getValue(),
							AuthorizationGrantType.REFRESH_TOKEN.getValue());
		}
		boolean users = grantTypes.contains(AuthorizationGrantType.AUTHORIZATION_CODE.getValue());
		for (String grantType : grantTypes) {
			if (!GRANT_TYPES.contains(grantType)) {
				throw invalid(property + "grant-types", grantType, "Set some of " + GRANT_TYPES + ".");
			}
		}
		if (client.secret() == null && !GRANTS_OF_PUBLIC_CLIENTS.containsAll(grantTypes)) {
			throw invalid(property + "secret", "",
					"Set a secret, or only the grant types " + GRANTS_OF_PUBLIC_CLIENTS + " and redirect-uris.");
		}
		if (users == client.redirectUris().isEmpty()) {
			throw invalid(property + "redirect-uris", client.redirectUris(),
					"Set redirect URIs for a client with the grant type authorization_code, and for no other.");
		}
		for (String redirectUri : client.redirectUris()) {
			if (!this.redirectUris.isAcceptable(redirectUri)) {
				throw invalid(property + "redirect-uris", redirectUri, RedirectUris.RULE
						+ " Private-use schemes are those of mcp-authorization-server.registration.redirect-schemes.");
			}
		}
		Set<String> scopes = client.scopes().isEmpty() ? scopeNames() : known(property + "scopes", client.scopes());
		RegisteredClient.Builder builder = RegisteredClient.withId(id)
			.clientId(id)
			.clientName(StringUtils.hasText(client.name()) ? client.name() : id)
			.redirectUris((uris) -> uris.addAll(client.redirectUris()))
			.scopes((all) -> all.addAll(scopes))
			.clientSettings(ClientSettings.builder().requireProofKey(true).requireAuthorizationConsent(true).build())
			.tokenSettings(this.tokenSettings);
		grantTypes.forEach((type) -> builder.authorizationGrantType(new AuthorizationGrantType(type)));
		if (client.secret() != null) {
			builder.clientSecret(client.secret())
				.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
				.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_POST);
		}
		else {
			builder.clientAuthenticationMethod(ClientAuthenticationMethod.NONE);
		}
		return builder.build();
	}

	private UserDetails user(String name, AuthorizationServerProperties.User user) {
		for (String role : user.roles()) {
			if (!hasRole(role)) {
				throw invalid("users." + name + ".roles", role,
						"Set roles of mcp-authorization-server.roles, or the administrator-role.");
			}
		}
		return User.withUsername(name)
			.password(String.valueOf(user.password()))
			.roles(user.roles().toArray(String[]::new))
			.build();
	}

	private static Duration positive(String property, Duration value) {
		if (value.isZero() || value.isNegative()) {
			throw invalid(property, value, "Set a duration that is longer than zero.");
		}
		return value;
	}

	private static URI uri(String property, @Nullable String value) {
		try {
			URI uri = new URI((value != null) ? value : "");
			if (uri.isAbsolute() && uri.getHost() != null) {
				return uri;
			}
		}
		catch (URISyntaxException ex) {
			// The same as an empty one.
		}
		throw invalid(property, value, "Set an absolute URL with a host.");
	}

	static InvalidConfigurationPropertyValueException invalid(String property, @Nullable Object value, String reason) {
		return new InvalidConfigurationPropertyValueException(AuthorizationServerProperties.PREFIX + "." + property,
				value, reason);
	}

	/**
	 * The MCP server in the same application, if there is one.
	 *
	 * @param resource its resource identifier, or {@code null}
	 * @param name its name, or {@code null}
	 * @param scopes its scopes
	 */
	private record McpServer(@Nullable String resource, @Nullable String name,
			List<AuthorizationServerProperties.Resource.Scope> scopes) {

		static final McpServer NONE = new McpServer(null, null, List.of());

		static McpServer of(Environment environment) {
			List<AuthorizationServerProperties.Resource.Scope> scopes = Binder.get(environment)
				.bind(MCP_SERVER + "scopes", Bindable.listOf(AuthorizationServerProperties.Resource.Scope.class))
				.orElse(List.of());
			return new McpServer(environment.getProperty(MCP_SERVER + "resource"),
					environment.getProperty(MCP_SERVER + "resource-name"), scopes);
		}

	}

}
