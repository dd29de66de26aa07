package io.mcpsecurity.token;

import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.util.JSONObjectUtils;
import io.mcpsecurity.token.BoundedHttp.Response;
import io.mcpsecurity.token.BoundedHttp.TooLargeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * Fetches what an authorization server publishes: its metadata (RFC 8414 section 3,
 * OpenID Connect Discovery section 4), whose {@code issuer} must be exactly the
 * configured one (RFC 8414 section 3.3), and its JWK set (RFC 7517 section 5).
 * <p>
 * For use by one thread.
 */
final class KeyDocuments {

	private static final Log logger = LogFactory.getLog(KeyDocuments.class);

	private static final int LIMIT = 512 * 1024;

	private static final int MAX_REDIRECTS = 5;

	private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

	private static final HttpHeaders ACCEPT = new HttpHeaders();

	static {
		// RFC 7517 section 8.5.2 has a type of its own for JWK sets; few servers send it.
		ACCEPT.set(HttpHeaders.ACCEPT, "application/jwk-set+json, application/json, */*;q=0.1");
	}

	private final String issuer;

	private final boolean discovers;

	private final BoundedHttp http;

	private @Nullable String jwkSetUri;

	/** The reasons for ignoring keys, which are logged when they change. */
	private Set<String> ignored = Set.of();

	/**
	 * Create the documents; nothing is fetched yet.
	 * @param issuer the issuer identifier
	 * @param jwkSetUri the location of the keys, or {@code null} for that in the issuer's
	 * metadata
	 * @param http fetches them
	 */
	KeyDocuments(String issuer, @Nullable String jwkSetUri, BoundedHttp http) {
		this.issuer = issuer;
		this.jwkSetUri = jwkSetUri;
		this.discovers = jwkSetUri == null;
		this.http = http;
	}

	/**
	 * Fetch the keys.
	 * @throws JWKSetUnavailableException if they are not available
	 */
	JWKSet keys() throws JWKSetUnavailableException {
		String location = (this.jwkSetUri != null) ? this.jwkSetUri : discover();
		try {
			JWKSet keys = parse(get(location));
			this.jwkSetUri = location;
			return keys;
		}
		catch (IOException | ParseException ex) {
			if (this.discovers) {
				// They may have moved.
				this.jwkSetUri = null;
			}
			throw new JWKSetUnavailableException("No usable keys at " + location + ": " + ex.getMessage(), ex);
		}
	}

	/**
	 * A key that cannot be used (of an unknown kind or curve, or without a member that it
	 * needs) is ignored (RFC 7517 section 5), so that the others stay usable.
	 */
	private JWKSet parse(String document) throws ParseException {
		// Null where the document is the JSON null.
		@Nullable Map<String, Object> set = JSONObjectUtils.parse(document);
		if (set == null || !(set.get("keys") instanceof List<?> members)) {
			throw new ParseException("it is not a JWK set", 0);
		}
		List<JWK> keys = new ArrayList<>();
		Set<String> reasons = new LinkedHashSet<>();
		for (Object member : members) {
			try {
				// This omits keys of unknown types.
				List<JWK> key = JWKSet.parse(Map.of("keys", List.of(member))).getKeys();
				if (key.isEmpty()) {
					reasons.add("Unsupported key type");
				}
				keys.addAll(key);
			}
			catch (ParseException | RuntimeException ex) {
				reasons.add(TokenError.safe(ex.getMessage()));
			}
		}
		if (keys.isEmpty() && !reasons.isEmpty()) {
			throw new ParseException(String.join(", ", reasons), 0);
		}
		if (!reasons.equals(this.ignored) && !reasons.isEmpty()) {
			logger.warn("Keys of issuer %s are ignored, because they cannot be used: %s".formatted(this.issuer,
					String.join(", ", reasons)));
		}
		this.ignored = reasons;
		return new JWKSet(keys);
	}

	private String discover() throws JWKSetUnavailableException {
		List<String> tried = new ArrayList<>();
		for (String location : metadataLocations()) {
			try {
				// Null where the document is the JSON null.
				@Nullable Map<String, Object> metadata = JSONObjectUtils.parse(get(location));
				if (metadata == null || !this.issuer.equals(metadata.get("issuer"))) {
					tried.add(location + " names another issuer");
				}
				else if (metadata.get("jwks_uri") instanceof String uri) {
					if (uri.startsWith("https:") || !this.issuer.startsWith("https:")) {
						return uri;
					}
					tried.add(location + " names a jwks_uri without TLS");
				}
				else {
					tried.add(location + " has no jwks_uri");
				}
			}
			catch (UnusableResponseException ex) {
				tried.add(location + ": " + ex.getMessage());
			}
			catch (ParseException ex) {
				tried.add(location + " is not a JSON object");
			}
			catch (IOException ex) {
				// The other locations are at the same server.
				tried.add(location + ": " + ex.getMessage());
				break;
			}
		}
		throw new JWKSetUnavailableException("No usable metadata of issuer " + this.issuer + " " + tried);
	}

	private List<String> metadataLocations() {
		URI uri = URI.create(this.issuer);
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		String origin = this.issuer.substring(0, this.issuer.length() - path.length());
		String inserted = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
		return Stream
			.of(origin + inserted + "/.well-known/openid-configuration",
					origin + "/.well-known/oauth-authorization-server" + inserted,
					origin + "/.well-known/openid-configuration" + inserted)
			.distinct()
			.toList();
	}

	private String get(String location) throws IOException {
		try {
			URI uri = URI.create(location);
			Response response = this.http.send(HttpMethod.GET, uri, ACCEPT, null, LIMIT);
			for (int i = 0; i < MAX_REDIRECTS && response.location() != null
					&& REDIRECTS.contains(response.status()); i++) {
				URI target = uri.resolve(response.location());
				if ("https".equals(uri.getScheme()) && !"https".equals(target.getScheme())) {
					throw new UnusableResponseException("a redirect to a location without TLS");
				}
				uri = target;
				response = this.http.send(HttpMethod.GET, uri, ACCEPT, null, LIMIT);
			}
			if (response.status() != 200) {
				throw new UnusableResponseException("status " + response.status());
			}
			return response.body();
		}
		catch (TooLargeException ex) {
			throw new UnusableResponseException(String.valueOf(ex.getMessage()));
		}
		catch (IllegalArgumentException ex) {
			throw new IOException("not a URL", ex);
		}
	}

	/** There is a response, and it is of no use. */
	private static final class UnusableResponseException extends IOException {

		private static final long serialVersionUID = 1L;

		UnusableResponseException(String message) {
			super(message);
		}

	}

}
