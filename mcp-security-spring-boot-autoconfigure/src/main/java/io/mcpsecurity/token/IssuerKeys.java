package io.mcpsecurity.token;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetBasedJWKSource;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The public keys of one authorization server, fetched when the first token needs them: a
 * server starts, and stays up, while its authorization server is down.
 * <p>
 * Keys are found through the issuer's metadata (RFC 8414 section 3, OpenID Connect
 * Discovery section 4), whose {@code issuer} must be the configured one to the letter
 * (RFC 8414 section 3.3), or at a configured JWK set URI. They are cached and refreshed
 * ahead of expiry; when the authorization server is down the last good ones serve on for
 * a while; unknown key ids make at most two fetches per interval for all callers together
 * (one for the refresh that is due, one for a key that is new).
 */
public final class IssuerKeys implements JWKSource<SecurityContext>, AutoCloseable {

	private static final Log logger = LogFactory.getLog(IssuerKeys.class);

	private static final int RESPONSE_LIMIT = 512 * 1024;

	private final String issuer;

	private final @Nullable String jwkSetUri;

	private final Settings settings;

	private final Clock clock;

	private final ReentrantLock discovery = new ReentrantLock();

	private volatile @Nullable JWKSetBasedJWKSource<SecurityContext> keys;

	private volatile Status status = Status.NOT_ASKED;

	private Instant nextDiscovery = Instant.MIN;

	/**
	 * Create the key source; nothing is fetched yet.
	 * @param issuer the issuer identifier
	 * @param jwkSetUri where the keys are, or {@code null} to find out from the issuer's
	 * metadata
	 * @param settings time-outs and intervals
	 * @param clock the clock for the interval between two tries of discovery
	 */
	public IssuerKeys(String issuer, @Nullable String jwkSetUri, Settings settings, Clock clock) {
		this.issuer = issuer;
		this.jwkSetUri = jwkSetUri;
		this.settings = settings;
		this.clock = clock;
	}

	@Override
	public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) throws KeySourceException {
		try {
			List<JWK> selected = select(source(), selector, context);
			if (this.status != Status.AVAILABLE) {
				this.status = Status.AVAILABLE;
			}
			return selected;
		}
		catch (JWKSetUnavailableException ex) {
			unavailable(ex);
			throw ex;
		}
	}

	private static List<JWK> select(JWKSetBasedJWKSource<SecurityContext> source, JWKSelector selector,
			@Nullable SecurityContext context) throws KeySourceException {
		try {
			return source.get(selector, context);
		}
		catch (RateLimitReachedException ex) {
			// The keys were asked for a moment ago. If there are any that serve, this one
			// is not among them: an unknown key (the token is bad), not an outage.
			return selector.select(serving(source, context));
		}
	}

	private static JWKSet serving(JWKSetBasedJWKSource<SecurityContext> source, @Nullable SecurityContext context)
			throws KeySourceException {
		try {
			return source.getJWKSetSource()
				.getJWKSet(JWKSetCacheRefreshEvaluator.noRefresh(), System.currentTimeMillis(), context);
		}
		catch (RateLimitReachedException ex) {
			throw new JWKSetUnavailableException("The authorization server could not be reached", ex);
		}
	}

	private JWKSetBasedJWKSource<SecurityContext> source() throws KeySourceException {
		JWKSetBasedJWKSource<SecurityContext> source = this.keys;
		if (source != null) {
			return source;
		}
		this.discovery.lock();
		try {
			if (this.keys == null) {
				if (this.clock.instant().isBefore(this.nextDiscovery)) {
					throw new JWKSetUnavailableException("The authorization server could not be reached");
				}
				this.nextDiscovery = this.clock.instant().plus(this.settings.retryInterval());
				this.keys = create(retriever());
			}
			return this.keys;
		}
		finally {
			this.discovery.unlock();
		}
	}

	private DefaultResourceRetriever retriever() {
		return new DefaultResourceRetriever(millis(this.settings.connectTimeout()), millis(this.settings.readTimeout()),
				RESPONSE_LIMIT);
	}

	private JWKSetBasedJWKSource<SecurityContext> create(DefaultResourceRetriever retriever) throws KeySourceException {
		JWKSource<SecurityContext> source = JWKSourceBuilder
			.<SecurityContext>create(url((this.jwkSetUri != null) ? this.jwkSetUri : discover(retriever)), retriever)
			.cache(this.settings.cacheTtl().toMillis(), this.settings.readTimeout().multipliedBy(2).toMillis())
			.refreshAheadCache(this.settings.cacheTtl().dividedBy(10).toMillis(), false)
			.rateLimited(this.settings.retryInterval().toMillis())
			// Counted from the last good fetch.
			.outageTolerant(this.settings.cacheTtl().plus(this.settings.outageTolerance()).toMillis())
			.build();
		return (JWKSetBasedJWKSource<SecurityContext>) source;
	}

	private String discover(DefaultResourceRetriever retriever) throws KeySourceException {
		List<String> tried = new ArrayList<>();
		for (String location : metadataLocations()) {
			try {
				// Null where the document is the JSON null.
				@Nullable Map<String, Object> metadata = JSONObjectUtils
					.parse(retriever.retrieveResource(url(location)).getContent());
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
			catch (IOException ex) {
				tried.add(location + ": " + ex.getMessage());
			}
			catch (ParseException ex) {
				tried.add(location + " is not a JSON object");
			}
		}
		throw new JWKSetUnavailableException("No usable metadata of issuer " + this.issuer + " " + tried);
	}

	private List<String> metadataLocations() {
		URI uri = URI.create(this.issuer);
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		String origin = this.issuer.substring(0, this.issuer.length() - path.length());
		String inserted = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
		return List
			.of(origin + inserted + "/.well-known/openid-configuration",
					origin + "/.well-known/oauth-authorization-server" + inserted,
					origin + "/.well-known/openid-configuration" + inserted)
			.stream()
			.distinct()
			.toList();
	}

	private static URL url(String location) throws KeySourceException {
		try {
			return URI.create(location).toURL();
		}
		catch (MalformedURLException | IllegalArgumentException ex) {
			throw new JWKSetUnavailableException("Not a URL: " + location, ex);
		}
	}

	/**
	 * Stop refreshing.
	 */
	@Override
	public void close() throws IOException {
		JWKSetBasedJWKSource<SecurityContext> source = this.keys;
		if (source != null) {
			source.close();
		}
	}

	private void unavailable(JWKSetUnavailableException ex) {
		if (this.status != Status.UNAVAILABLE) {
			this.status = Status.UNAVAILABLE;
			// Once per outage: a line per request would let anyone fill the log.
			logger.warn("The keys of issuer %s are not available, tokens cannot be checked: %s".formatted(this.issuer,
					ex.getMessage()));
		}
	}

	private static int millis(Duration duration) {
		return Math.toIntExact(duration.toMillis());
	}

	/**
	 * The issuer identifier.
	 */
	public String issuer() {
		return this.issuer;
	}

	/**
	 * How the last attempt to get keys went.
	 */
	public Status status() {
		return this.status;
	}

	/**
	 * Try to get keys now, unless that was tried a moment ago.
	 * @return how it went
	 */
	public Status probe() {
		try {
			get(new JWKSelector(new JWKMatcher.Builder().build()), null);
		}
		catch (KeySourceException ex) {
			logger.trace("Probe failed", ex);
		}
		return this.status;
	}

	/**
	 * Time-outs and intervals, all positive.
	 *
	 * @param connectTimeout time to connect
	 * @param readTimeout time to read
	 * @param cacheTtl how long fetched keys serve before they are fetched again: a key
	 * that is withdrawn stops working within this time
	 * @param retryInterval the time in which keys are fetched at most twice, and metadata
	 * at most once, also after a failure
	 * @param outageTolerance how long keys serve beyond {@code cacheTtl} while the
	 * authorization server is down
	 */
	public record Settings(Duration connectTimeout, Duration readTimeout, Duration cacheTtl, Duration retryInterval,
			Duration outageTolerance) {
	}

	/**
	 * How the last attempt to get keys went.
	 */
	public enum Status {

		/** No token has needed keys yet. */
		NOT_ASKED,

		/** Keys are there. */
		AVAILABLE,

		/** Keys could not be had. */
		UNAVAILABLE

	}

}
