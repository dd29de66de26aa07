package io.mcpsecurity;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a tool, resource or prompt that detects only at run time that the user must
 * sign in again or in another way than was declared (RFC 9470). The response is the same
 * as for {@link RequiresAuthentication}: HTTP 401 with a challenge, or, if part of the
 * response has already been sent, an error that contains the challenge.
 * <p>
 * It is recognized under the same conditions as an {@link InsufficientScopeException}.
 * The authentication of the caller is {@link McpCaller#acr()} and
 * {@link McpCaller#authTime()}.
 */
public final class InsufficientUserAuthenticationException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/** Values of a list that is separated by spaces, in a quoted-string. */
	private static final Pattern ACR = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+");

	private final String[] acr;

	private final @Nullable Duration maxAge;

	/**
	 * Create an exception.
	 * @param acr authentication context class references of which one is sufficient, the
	 * preferred one first; empty for any
	 * @param maxAge the maximum time since the user has signed in, in whole seconds and
	 * at least one, or {@code null} for any
	 * @throws IllegalArgumentException if a value is not allowed, or there is none
	 */
	public InsufficientUserAuthenticationException(Collection<String> acr, @Nullable Duration maxAge) {
		super("The user must sign in again or in another way");
		if ((acr.isEmpty() && maxAge == null) || !acr.stream().allMatch((value) -> ACR.matcher(value).matches())) {
			throw new IllegalArgumentException("Not values of acr_values (RFC 9470 section 3), and no maximum age");
		}
		if (maxAge != null && (maxAge.toSeconds() < 1 || maxAge.getNano() != 0)) {
			throw new IllegalArgumentException("The maximum age is not a positive number of whole seconds");
		}
		this.acr = new LinkedHashSet<>(acr).toArray(String[]::new);
		this.maxAge = maxAge;
	}

	/**
	 * The authentication context class references of which one is sufficient; empty for
	 * any.
	 */
	public List<String> getAcr() {
		return List.of(this.acr);
	}

	/**
	 * The maximum time since the user has signed in, or {@code null} for any.
	 */
	public @Nullable Duration getMaxAge() {
		return this.maxAge;
	}

}
