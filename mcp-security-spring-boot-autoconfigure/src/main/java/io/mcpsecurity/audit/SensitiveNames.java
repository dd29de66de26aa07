package io.mcpsecurity.audit;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.Wildcards;

/**
 * The names whose values are masked in events. Case, hyphens, underscores, dots and
 * spaces are ignored: {@code api-key}, {@code API_KEY} and {@code apiKey} are the same
 * name.
 */
public final class SensitiveNames {

	/** The names that are sensitive by default; {@code *} matches any characters. */
	public static final List<String> DEFAULTS = List.of("*password*", "*passwd*", "*pwd", "*passphrase*", "*passcode*",
			"*secret", "*secrets", "*secret-key", "*secret-access-key", "*secret-value", "*token", "*token-value",
			"*authorization", "*cookie", "*cookies", "*session-id", "*api-key", "*api-keys", "*access-key",
			"*account-key", "*private-key", "*signing-key", "*encryption-key", "*shared-key", "*master-key",
			"*pass-key", "*credential", "*credentials", "*jwt", "*bearer", "*assertion", "*authorization-code",
			"*auth-code", "*code-verifier", "*connection-string", "*otp", "*otp-code", "*one-time-code", "*mfa-code",
			"*verification-code", "*recovery-code", "*recovery-codes", "*seed-phrase", "*mnemonic", "pin", "*pin-code",
			"ssn", "*social-security-number", "*card-number", "*credit-card", "cvv", "cvc", "cvv2", "cvc2",
			"*security-code");

	/** Declared instead of names when all values are sensitive. */
	public static final String ALL = "*";

	private final List<Pattern> patterns;

	/** Sensitive regardless of the patterns; {@link #plain(String) plain}. */
	private final Set<String> declared;

	/**
	 * Create from the defaults and additional names.
	 * @param more additional names or patterns. A pattern that begins with {@code !}
	 * excludes the names that it matches. If several match a name, the last one applies.
	 * @throws IllegalArgumentException if one of them has no letter, digit or {@code *}
	 */
	public SensitiveNames(List<String> more) {
		this(Stream.concat(DEFAULTS.stream(), more.stream()).map(Pattern::of).toList(), Set.of());
	}

	private SensitiveNames(List<Pattern> patterns, Set<String> declared) {
		this.patterns = patterns;
		this.declared = declared;
	}

	/**
	 * These names and additional names that no pattern can exclude.
	 * @param declared the additional names, {@link #plain(String) plain}, or {@link #ALL}
	 */
	SensitiveNames with(Set<String> declared) {
		return new SensitiveNames(this.patterns, declared);
	}

	boolean declaresAny() {
		return !this.declared.isEmpty();
	}

	/** Whether the values of a name are sensitive. */
	boolean contains(String name) {
		String plain = plain(name);
		if (this.declared.contains(ALL) || this.declared.contains(plain)) {
			return true;
		}
		boolean contained = false;
		for (Pattern pattern : this.patterns) {
			if (contained == pattern.exception() && pattern.names().match(plain)) {
				contained = !contained;
			}
		}
		return contained;
	}

	/** A name without the characters that comparisons ignore. */
	public static String plain(String name) {
		StringBuilder plain = new StringBuilder(name.length());
		for (int i = 0; i < name.length(); i++) {
			char c = name.charAt(i);
			if (c != '-' && c != '_' && c != '.' && c != ' ') {
				// Some letters are equal only after both conversions.
				plain.append(Character.toLowerCase(Character.toUpperCase(c)));
			}
		}
		return plain.toString();
	}

	/**
	 * A pattern.
	 *
	 * @param exception whether it excludes names
	 * @param names the names
	 */
	private record Pattern(boolean exception, Wildcards names) {

		static Pattern of(String text) {
			boolean exception = text.startsWith("!");
			String plain = plain(exception ? text.substring(1) : text);
			if (plain.isBlank()) {
				throw new IllegalArgumentException("'" + text + "' is not a name or pattern");
			}
			return new Pattern(exception, Wildcards.of(plain, '*'));
		}

	}

}
