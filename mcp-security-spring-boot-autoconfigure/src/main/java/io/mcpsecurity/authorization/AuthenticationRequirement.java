package io.mcpsecurity.authorization;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * How the user of an access token must have signed in (RFC 9470).
 *
 * @param acr authentication context class references of which one is sufficient, the
 * preferred one first; empty for any
 * @param maxAge the maximum time since the user has signed in, or {@code null} for any
 */
public record AuthenticationRequirement(List<String> acr, @Nullable Duration maxAge) {

	/** Every authentication is sufficient. */
	public static final AuthenticationRequirement NONE = new AuthenticationRequirement(List.of(), null);

	/**
	 * The parameter {@code acr_values} is a list separated by spaces (RFC 9470 section
	 * 3), in a quoted-string.
	 */
	private static final Pattern ACR = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+");

	/**
	 * Create a requirement.
	 * @throws IllegalArgumentException if a value cannot be one of {@code acr_values}, or
	 * the age is not a whole number of seconds, at least one
	 */
	public AuthenticationRequirement {
		for (String value : acr) {
			if (!ACR.matcher(value).matches()) {
				throw new IllegalArgumentException("'" + value
						+ "' is not a value of acr_values: RFC 9470 section 3 separates them by spaces, and printable ASCII without space, \" and \\ is allowed");
			}
		}
		acr = List.copyOf(new LinkedHashSet<>(acr));
		if (maxAge != null && (maxAge.toSeconds() < 1 || maxAge.getNano() != 0)) {
			throw new IllegalArgumentException(
					"'" + maxAge + "' is not an age of an authentication: it must be at least 1s, in whole seconds");
		}
	}

	/**
	 * Whether the caller's authentication is sufficient. A token without {@code acr} or
	 * {@code auth_time} does not satisfy a requirement for it, and neither does a time in
	 * the future.
	 * @param caller the caller
	 * @param now the time
	 * @param clockSkew the maximum difference of clocks
	 */
	boolean isSatisfiedBy(McpCaller caller, Instant now, Duration clockSkew) {
		return (this.acr.isEmpty() || this.acr.stream().anyMatch(caller.acr()::contains))
				&& (this.maxAge == null || isRecent(caller.authTime(), this.maxAge, now, clockSkew));
	}

	private static boolean isRecent(@Nullable Instant time, Duration maxAge, Instant now, Duration clockSkew) {
		return time != null && !time.isAfter(now.plus(clockSkew)) && !time.isBefore(now.minus(maxAge).minus(clockSkew));
	}

	/**
	 * Both requirements: the acr values that they have in common, or else those of this
	 * one, and the shorter age.
	 */
	AuthenticationRequirement and(AuthenticationRequirement other) {
		List<String> both = new ArrayList<>(this.acr);
		both.retainAll(other.acr);
		boolean otherAge = this.maxAge == null || (other.maxAge != null && other.maxAge.compareTo(this.maxAge) < 0);
		return new AuthenticationRequirement(!both.isEmpty() ? both : this.acr.isEmpty() ? other.acr : this.acr,
				otherAge ? other.maxAge : this.maxAge);
	}

	/** The value of {@code acr_values}, or {@code null} if every acr is sufficient. */
	public @Nullable String acrValues() {
		return this.acr.isEmpty() ? null : String.join(" ", this.acr);
	}

	/** The value of {@code max_age} in seconds, or {@code null} for any age. */
	public @Nullable Long maxAgeSeconds() {
		return (this.maxAge != null) ? this.maxAge.toSeconds() : null;
	}

	@Override
	public String toString() {
		List<String> parts = new ArrayList<>();
		if (!this.acr.isEmpty()) {
			parts.add("acr one of " + this.acr);
		}
		if (this.maxAge != null) {
			parts.add("signed in within " + this.maxAge.toSeconds() + "s");
		}
		return parts.isEmpty() ? "any authentication" : String.join(" and ", parts);
	}

}
