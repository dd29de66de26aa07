package io.mcpsecurity.apikey;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

import org.springframework.security.util.matcher.InetAddressMatchers;

/**
 * An API key: whom it authenticates, and until when. The key itself is
 * {@code mcpk_<id>_<secret>}, with 256 random bits in base64url as its secret, and is not
 * kept. Its prefix lets secret scanners find it.
 *
 * @param id identifies the key, and is not secret
 * @param hash the hash of the whole key. The secret is random and long, so that a slow
 * hash or a salt would not make it harder to guess.
 * @param subject the subject of requests with the key
 * @param client their client id
 * @param scopes their scopes
 * @param expiresAt the time from which the key is not accepted
 * @param networks addresses, and networks in CIDR notation, from which the key is
 * accepted; empty for all
 */
public record ApiKey(String id, Sha256 hash, String subject, String client, Set<String> scopes, Instant expiresAt,
		List<String> networks) {

	/** The beginning of every key. */
	static final String PREFIX = "mcpk_";

	private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");

	private static final Pattern KEY = Pattern.compile(PREFIX + "(" + ID + ")_[A-Za-z0-9_-]{43}");

	private static final int MAX_TEXT = 500;

	/** The maximum length of all scopes, or all networks, of a key. */
	private static final int MAX_LENGTH = 2000;

	/**
	 * Create a key.
	 * @throws IllegalArgumentException if a value is malformed, with a message in the
	 * form "the ... is ..."
	 */
	public ApiKey {
		scopes = Set.copyOf(scopes);
		networks = List.copyOf(networks);
		check(ID.matcher(id).matches(), "the id is not 1 to 64 letters, digits and hyphens");
		check(isText(subject), "the subject is empty, too long, or contains control characters");
		check(isText(client), "the client id is empty, too long, or contains control characters");
		check(String.join(" ", scopes).length() <= MAX_LENGTH, "the list of scopes is too long");
		check(String.join(" ", networks).length() <= MAX_LENGTH, "the list of networks is too long");
		new ScopeRequirement(List.copyOf(scopes), List.of());
		networks.forEach(ApiKey::network);
	}

	/** The same key, with an earlier end. */
	ApiKey until(Instant time) {
		return time.isBefore(this.expiresAt)
				? new ApiKey(this.id, this.hash, this.subject, this.client, this.scopes, time, this.networks) : this;
	}

	/** The id in the text of a key, or {@code null} if the text is malformed. */
	static @Nullable String id(String text) {
		Matcher key = KEY.matcher(text);
		return key.matches() ? key.group(1) : null;
	}

	/** Whether the key is accepted from an address, which can be any text. */
	boolean isAcceptedFrom(@Nullable String address) {
		return this.networks.isEmpty()
				|| (address != null && this.networks.stream().anyMatch((network) -> contains(network, address)));
	}

	private static boolean contains(String network, String address) {
		try {
			return InetAddressMatchers.fromIpAddress(network).matches(address);
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static void network(String network) {
		try {
			InetAddressMatchers.fromIpAddress(network);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException(
					"the networks are not addresses and networks, such as 10.0.0.7 or 10.0.0.0/24");
		}
	}

	private static boolean isText(String text) {
		return !text.isBlank() && text.length() <= MAX_TEXT && text.chars().noneMatch(Character::isISOControl);
	}

	private static void check(boolean valid, String message) {
		if (!valid) {
			throw new IllegalArgumentException(message);
		}
	}

	/** Without the hash. */
	@Override
	public String toString() {
		return "ApiKey[id=" + this.id + ", subject=" + this.subject + ", client=" + this.client + "]";
	}

}
