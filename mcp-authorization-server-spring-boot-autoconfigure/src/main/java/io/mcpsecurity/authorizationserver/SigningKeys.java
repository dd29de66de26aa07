package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.UUID;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The keys that sign access tokens. A key is published before it signs, so that resource
 * servers know it, and stays published until the tokens that it signed have expired.
 */
final class SigningKeys implements JWKSource<SecurityContext> {

	private static final Log logger = LogFactory.getLog(SigningKeys.class);

	private static final int RSA_BITS = 2048;

	/** For clocks that differ. */
	private static final Duration TOLERANCE = Duration.ofMinutes(5);

	/** How often the store is read and, after a failure, written again. */
	static final Duration REFRESH_INTERVAL = Duration.ofMinutes(1);

	private static final Comparator<JWK> BY_AGE = Comparator.comparing(JWK::getIssueTime);

	private final SigningKeyStore store;

	private final AuthorizationServerProperties.Keys settings;

	private final Duration tokenLifetime;

	private final Clock clock;

	/** The oldest first. */
	private List<JWK> keys;

	private Instant nextRead;

	/** When the keys may change again, after the store has failed. */
	private Instant nextAttempt = Instant.MIN;

	/**
	 * Read the keys, or create the first one.
	 * @param tokenLifetime how long a token is valid that a key signed
	 * @throws IOException if the store cannot be read or written, or contains other keys
	 */
	SigningKeys(SigningKeyStore store, AuthorizationServerProperties.Keys settings, Duration tokenLifetime, Clock clock)
			throws IOException {
		this.store = store;
		this.settings = settings;
		this.tokenLifetime = tokenLifetime;
		this.clock = clock;
		Instant now = clock.instant();
		this.keys = byAge(store.read(List.of()));
		if (this.keys.isEmpty()) {
			this.keys = byAge(store.write(List.of(), List.of(create(now))));
		}
		this.nextRead = now.plus(REFRESH_INTERVAL);
	}

	@Override
	public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) {
		return selector.select(new JWKSet(current()));
	}

	/** The key that signs now, of those that fit the token. */
	JWK select(List<JWK> fitting) {
		Instant now = this.clock.instant();
		JWK selected = null;
		for (JWK key : fitting.stream().sorted(BY_AGE).toList()) {
			if (selected == null || !signsFrom(key).isAfter(now)) {
				selected = key;
			}
		}
		if (selected == null) {
			throw new IllegalStateException("No key fits the token");
		}
		return selected;
	}

	private synchronized List<JWK> current() {
		Instant now = this.clock.instant();
		if (now.isBefore(this.nextAttempt)) {
			return this.keys;
		}
		try {
			if (!now.isBefore(this.nextRead)) {
				this.nextRead = now.plus(REFRESH_INTERVAL);
				this.keys = byAge(this.store.read(this.keys));
			}
			List<JWK> next = next(now);
			if (!next.equals(this.keys)) {
				this.keys = byAge(this.store.write(this.keys, next));
			}
		}
		catch (IOException ex) {
			this.nextAttempt = now.plus(REFRESH_INTERVAL);
			logger.error("The keys cannot be read from or written to " + this.store
					+ ", so the present ones stay in use: " + ex.getClass().getSimpleName());
		}
		return this.keys;
	}

	private List<JWK> next(Instant now) {
		List<JWK> next = new ArrayList<>(this.keys);
		// A key that has a successor which has signed for longer than a token is valid.
		while (next.size() > 1 && signsFrom(next.get(1)).plus(this.tokenLifetime).plus(TOLERANCE).isBefore(now)) {
			next.remove(0);
		}
		if (next.isEmpty()
				|| !now.isBefore(next.get(next.size() - 1).getIssueTime().toInstant().plus(this.settings.rotation()))) {
			next.add(create(now));
		}
		return next;
	}

	private static List<JWK> byAge(List<JWK> keys) {
		return keys.stream().sorted(BY_AGE).toList();
	}

	private Instant signsFrom(JWK key) {
		return key.getIssueTime().toInstant().plus(this.settings.publishAhead());
	}

	private static JWK create(Instant now) {
		try {
			return new RSAKeyGenerator(RSA_BITS).keyUse(KeyUse.SIGNATURE)
				.algorithm(JWSAlgorithm.RS256)
				.keyID(UUID.randomUUID().toString())
				.issueTime(Date.from(now))
				.generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
