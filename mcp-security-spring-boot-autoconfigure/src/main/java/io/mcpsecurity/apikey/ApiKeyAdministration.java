package io.mcpsecurity.apikey;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.exchange.ApiKeyChange;
import io.mcpsecurity.exchange.ApiKeyChange.Kind;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Creates, rotates and revokes API keys while the server runs. Each change is an audit
 * event. Keys of the configuration cannot be changed.
 */
public final class ApiKeyAdministration {

	private static final int ID_BYTES = 8;

	private static final int SECRET_BYTES = 32;

	private final SecureRandom random = new SecureRandom();

	private final List<ApiKey> configured;

	private final @Nullable ApiKeyStore store;

	private final Duration maxValidity;

	private final Exchanges exchanges;

	private final Clock clock;

	/**
	 * Create.
	 * @param configured the keys of the configuration
	 * @param store the other keys, or {@code null} if none can be created
	 * @param maxValidity the maximum time for which a new key is valid
	 * @param exchanges records changes
	 * @param clock the current time
	 */
	public ApiKeyAdministration(Collection<ApiKey> configured, @Nullable ApiKeyStore store, Duration maxValidity,
			Exchanges exchanges, Clock clock) {
		this.configured = List.copyOf(configured);
		this.store = store;
		this.maxValidity = maxValidity;
		this.exchanges = exchanges;
		this.clock = clock;
	}

	/** All keys, those of the configuration first. */
	public List<ApiKey> all() {
		return Stream.concat(this.configured.stream(), (this.store != null) ? this.store.all().stream() : Stream.of())
			.toList();
	}

	/**
	 * Create a key.
	 * @param subject the subject of requests with the key
	 * @param client their client id
	 * @param scopes their scopes
	 * @param networks where the key is accepted from; empty for all
	 * @param validity the time for which it is valid, or {@code null} for the maximum
	 * @param principal who creates it, or {@code null} if that is unknown
	 * @throws IllegalArgumentException if a value is malformed, or no key can be created
	 */
	public NewKey create(String subject, String client, Set<String> scopes, List<String> networks,
			@Nullable Duration validity, @Nullable String principal) {
		NewKey created = generate(subject, client, scopes, networks, validity);
		store().add(created.key());
		record(Kind.CREATED, created.key(), null, principal);
		return created;
	}

	/**
	 * Create a key that replaces another one, which expires after an overlap.
	 * @param id the id of the other key
	 * @param overlap the time for which both are valid, at most; zero for none
	 * @param validity the time for which the new key is valid, or {@code null} for the
	 * maximum
	 * @param principal who rotates it, or {@code null} if that is unknown
	 * @return the new key, or {@code null} if there is no other key that has not expired
	 * @throws IllegalArgumentException if a value is malformed, or the other key is in
	 * the configuration
	 */
	public @Nullable NewKey rotate(String id, Duration overlap, @Nullable Duration validity,
			@Nullable String principal) {
		ApiKey other = store(id).find(id);
		if (overlap.isNegative() || overlap.compareTo(this.maxValidity) > 0) {
			throw new IllegalArgumentException(
					"the overlap is not between 0 and " + this.maxValidity.toSeconds() + "s");
		}
		Instant now = this.clock.instant();
		if (other == null || !now.isBefore(other.expiresAt())) {
			return null;
		}
		NewKey created = generate(other.subject(), other.client(), other.scopes(), other.networks(), validity);
		store().add(created.key());
		if (!store().expire(id, now.plus(overlap))) {
			// It was revoked meanwhile, and the revocation applies to its successor.
			store().remove(created.key().id());
			return null;
		}
		record(Kind.ROTATED, created.key(), id, principal);
		return created;
	}

	/**
	 * Revoke a key.
	 * @param id its id
	 * @param principal who revokes it, or {@code null} if that is unknown
	 * @return whether there was such a key
	 * @throws IllegalArgumentException if the key is in the configuration
	 */
	public boolean revoke(String id, @Nullable String principal) {
		ApiKey key = store(id).find(id);
		if (key == null || !store().remove(id)) {
			return false;
		}
		record(Kind.REVOKED, key, null, principal);
		return true;
	}

	private ApiKeyStore store(String id) {
		if (this.configured.stream().anyMatch((key) -> key.id().equals(id))) {
			throw new IllegalArgumentException("the key is in the configuration, and is changed there");
		}
		return store();
	}

	private ApiKeyStore store() {
		if (this.store == null) {
			throw new IllegalArgumentException("mcp-security.api-keys.store is none");
		}
		return this.store;
	}

	private NewKey generate(String subject, String client, Set<String> scopes, List<String> networks,
			@Nullable Duration validity) {
		Duration life = (validity != null) ? validity : this.maxValidity;
		if (life.isNegative() || life.isZero() || life.compareTo(this.maxValidity) > 0) {
			throw new IllegalArgumentException(
					"the validity is not between one second and " + this.maxValidity.toSeconds() + "s");
		}
		String id = HexFormat.of().formatHex(random(ID_BYTES));
		String text = ApiKey.PREFIX + id + "_"
				+ Base64.getUrlEncoder().withoutPadding().encodeToString(random(SECRET_BYTES));
		return new NewKey(
				new ApiKey(id, Sha256.of(text), subject, client, scopes, this.clock.instant().plus(life), networks),
				text);
	}

	private byte[] random(int length) {
		byte[] bytes = new byte[length];
		this.random.nextBytes(bytes);
		return bytes;
	}

	private void record(Kind kind, ApiKey key, @Nullable String replaced, @Nullable String principal) {
		this.exchanges.changed(new ApiKeyChange(kind, this.clock.instant(), principal, key.id(), replaced,
				key.subject(), key.client(), key.scopes(), key.expiresAt()));
	}

	/**
	 * A new key.
	 *
	 * @param key what is kept of it
	 * @param text the key itself, which is shown once
	 */
	public record NewKey(ApiKey key, String text) {

		/** Without the text. */
		@Override
		public String toString() {
			return this.key.toString();
		}

	}

}
