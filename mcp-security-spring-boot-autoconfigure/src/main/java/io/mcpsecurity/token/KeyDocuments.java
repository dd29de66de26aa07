package io.mcpsecurity.token;

import java.io.IOException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.util.JSONObjectUtils;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Fetches what an authorization server publishes: its metadata (RFC 8414 section 3,
 * OpenID Connect Discovery section 4), whose {@code issuer} must be exactly the
 * configured one (RFC 8414 section 3.3), and its JWK set (RFC 7517 section 5).
 * <p>
 * For use by one thread.
 */
final class KeyDocuments {

	private static final Log logger = LogFactory.getLog(KeyDocuments.class);

	private final String issuer;

	private final boolean discovers;

	private final IssuerMetadata metadata;

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
		this.metadata = new IssuerMetadata(issuer, http);
	}

	/**
	 * Fetch the keys.
	 * @throws JWKSetUnavailableException if they are not available
	 */
	JWKSet keys() throws JWKSetUnavailableException {
		String location = (this.jwkSetUri != null) ? this.jwkSetUri : discover();
		try {
			JWKSet keys = parse(this.metadata.get(location));
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
		try {
			return this.metadata.find("jwks_uri");
		}
		catch (IOException ex) {
			throw new JWKSetUnavailableException(ex.getMessage(), ex);
		}
	}

}
