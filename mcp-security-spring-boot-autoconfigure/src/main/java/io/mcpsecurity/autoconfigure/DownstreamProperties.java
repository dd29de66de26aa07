package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.Downstream;
import io.mcpsecurity.downstream.Destination;
import io.mcpsecurity.downstream.DownstreamCredentials;
import io.mcpsecurity.downstream.DownstreamTokens;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.IssuerMetadata;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The downstream services of the configuration, checked. No exception contains a secret.
 */
final class DownstreamProperties {

	static final String DOWNSTREAM = PropertyBinder.PREFIX + ".downstream";

	private final Map<String, Service> services = new LinkedHashMap<>();

	private final UriCheck uris;

	private final List<String> issuers;

	private final Set<String> ownResources;

	/**
	 * Check the services.
	 * @param services the services by name
	 * @param uris checks URIs
	 * @param issuers the issuers whose tokens this server accepts
	 * @param ownResources the resource identifiers of this server
	 */
	DownstreamProperties(Map<String, Downstream> services, UriCheck uris, List<String> issuers,
			Set<String> ownResources) {
		this.uris = uris;
		this.issuers = issuers;
		this.ownResources = ownResources;
		services.forEach((name, service) -> this.services.put(name, check(name, service)));
	}

	/** The services by name. */
	Map<String, Service> services() {
		return this.services;
	}

	private Service check(String name, Downstream service) {
		String property = DOWNSTREAM + "." + name;
		URI base = this.uris.check(property + ".base-url", required(property + ".base-url", service.baseUrl(),
				"the URL below which requests may be sent, for example https://orders.example.com/api"));
		if (base.getRawQuery() != null) {
			throw CheckedProperties.invalid(property + ".base-url", base, "It has a query.");
		}
		CheckedProperties.checkDuration(property + ".connect-timeout", service.connectTimeout());
		CheckedProperties.checkDuration(property + ".read-timeout", service.readTimeout());
		CheckedProperties.checkDuration(property + ".token-timeout", service.tokenTimeout());
		CheckedProperties.checkDuration(property + ".max-lifetime", service.maxLifetime());
		CheckedProperties.checkPositive(property + ".cache-size", service.cacheSize());
		CheckedProperties.checkPositive(property + ".max-concurrent", service.maxConcurrent());
		service.stepUp()
			.values()
			.forEach((scope) -> PolicyProperties.checked(property + ".step-up", scope,
					() -> new InsufficientScopeException(scope)));
		service.scopes().forEach((scope) -> PolicyProperties.checkScope(property + ".scopes", scope));
		if (service.grant() == null) {
			throw CheckedProperties.invalid(property + ".grant", null,
					"It is not set. Set it to token-exchange, jwt-bearer, client-credentials or api-key.");
		}
		return new Service(service, base, switch (service.grant()) {
			case API_KEY -> apiKey(property, service);
			case TOKEN_EXCHANGE -> tokens(property, name, service, DownstreamTokens.Grant.TOKEN_EXCHANGE);
			case JWT_BEARER -> tokens(property, name, service, DownstreamTokens.Grant.JWT_BEARER);
			case CLIENT_CREDENTIALS -> tokens(property, name, service, DownstreamTokens.Grant.CLIENT_CREDENTIALS);
		});
	}

	private static String required(String property, @Nullable String value, String what) {
		if (!StringUtils.hasText(value)) {
			throw CheckedProperties.invalid(property, null, "It is not set. Set it to " + what + ".");
		}
		return value;
	}

	private static Credentials apiKey(String property, Downstream service) {
		String key = service.apiKey();
		// Not by the name of the key: Spring Boot would print its value.
		if (!StringUtils.hasText(key) || !key.chars().allMatch((c) -> c > ' ' && c < 127 || c == ' ')) {
			throw CheckedProperties.invalid(property, null,
					"Its .api-key is not set, or has characters that a header cannot contain. Set it to the key.");
		}
		if (!service.apiKeyHeader().matches("[A-Za-z0-9-]+")) {
			throw CheckedProperties.invalid(property + ".api-key-header", service.apiKeyHeader(),
					"It is not the name of a header.");
		}
		return (http, exchanges) -> new DownstreamCredentials.ApiKey(service.apiKeyHeader(), key);
	}

	private Credentials tokens(String property, String name, Downstream service, DownstreamTokens.Grant grant) {
		boolean ofCaller = grant != DownstreamTokens.Grant.CLIENT_CREDENTIALS;
		this.uris.checkOptional(property + ".issuer", service.issuer());
		String issuer = issuer(service, ofCaller);
		if (issuer == null ? (ofCaller || service.tokenUri() == null) : ofCaller && !this.issuers.contains(issuer)) {
			throw CheckedProperties.invalid(property + ".issuer", service.issuer(),
					"It is not one of the authorization servers whose tokens this server accepts: " + this.issuers
							+ ". Set it to the one whose callers' tokens are exchanged.");
		}
		if (grant == DownstreamTokens.Grant.TOKEN_EXCHANGE && service.resource() == null && service.audience() == null
				&& service.scopes().isEmpty()) {
			throw CheckedProperties.invalid(property, null,
					"It requests any token, because none of .resource, .audience and .scopes is set. Set one of them.");
		}
		if (service.actor() != Downstream.Actor.NONE && grant != DownstreamTokens.Grant.TOKEN_EXCHANGE) {
			throw CheckedProperties.invalid(property + ".actor", service.actor(),
					"Only the grant token-exchange has an actor.");
		}
		URI tokenUri = this.uris.checkOptional(property + ".token-uri", service.tokenUri());
		String resource = service.resource();
		if (resource != null) {
			this.uris.check(property + ".resource", resource);
		}
		String server = (issuer != null) ? issuer : String.valueOf(tokenUri);
		return (http, exchanges) -> {
			BoundedHttp bounded = http.within(service.connectTimeout(), service.tokenTimeout());
			Supplier<URI> uri = (tokenUri != null) ? () -> tokenUri : discovered(server, bounded);
			return new DownstreamTokens(new DownstreamTokens.Settings(name, grant, issuer, uri,
					ClientAuthenticationSettings.of(service).create(property, server), resource, service.audience(),
					service.scopes(), service.actor() == Downstream.Actor.CLIENT_CREDENTIALS, service.parameters(),
					this.ownResources, service.maxLifetime(), service.cacheSize(), service.maxConcurrent()), bounded,
					exchanges);
		};
	}

	/** The issuer, which is unknown if any server can have the token endpoint. */
	private @Nullable String issuer(Downstream service, boolean ofCaller) {
		boolean only = this.issuers.size() == 1 && (ofCaller || service.tokenUri() == null);
		return (service.issuer() == null && only) ? this.issuers.get(0) : service.issuer();
	}

	/**
	 * The token endpoint in an issuer's metadata, which is fetched when it is needed,
	 * without a lock that others would wait for.
	 */
	private static Supplier<URI> discovered(String issuer, BoundedHttp http) {
		AtomicReference<@Nullable URI> known = new AtomicReference<>();
		return () -> {
			URI uri = known.get();
			if (uri == null) {
				uri = tokenEndpoint(new IssuerMetadata(issuer, http));
				known.set(uri);
			}
			return uri;
		};
	}

	private static URI tokenEndpoint(IssuerMetadata metadata) {
		try {
			return new URI(metadata.find("token_endpoint"));
		}
		catch (URISyntaxException ex) {
			throw new UncheckedIOException(new IOException("The token_endpoint is not a URI", ex));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Creates the credentials for a service. */
	@FunctionalInterface
	interface Credentials {

		/**
		 * Create them.
		 * @param http calls token endpoints
		 * @param exchanges records token requests
		 */
		DownstreamCredentials create(AuthorizationServerHttp http, Exchanges exchanges);

	}

	/**
	 * A service.
	 *
	 * @param properties its properties
	 * @param baseUrl its base URL
	 * @param credentials its credentials
	 */
	record Service(Downstream properties, URI baseUrl, Credentials credentials) {

		Destination destination() {
			return new Destination(this.baseUrl);
		}

	}

}
