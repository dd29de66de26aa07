package io.mcpsecurity.audit;

import java.util.List;
import java.util.stream.Stream;

/**
 * The names whose values no event may tell. Upper and lower case are one, and hyphens,
 * underscores, dots and spaces do not count: {@code api-key}, {@code API_KEY} and
 * {@code apiKey} are the same name.
 */
public final class SensitiveNames {

	/**
	 * The names that are sensitive unless an application says otherwise; {@code *} stands
	 * for any characters.
	 */
	public static final List<String> DEFAULTS = List.of("*password*", "*passwd*", "*pwd", "*passphrase*", "*passcode*",
			"*secret", "*secrets", "*secret-key", "*secret-access-key", "*secret-value", "*token", "*token-value",
			"*authorization", "*cookie", "*cookies", "*session-id", "*api-key", "*api-keys", "*access-key",
			"*account-key", "*private-key", "*signing-key", "*encryption-key", "*shared-key", "*master-key",
			"*pass-key", "*credential", "*credentials", "*jwt", "*bearer", "*assertion", "*authorization-code",
			"*auth-code", "*code-verifier", "*connection-string", "*otp", "*otp-code", "*one-time-code", "*mfa-code",
			"*verification-code", "*recovery-code", "*recovery-codes", "*seed-phrase", "*mnemonic", "pin", "*pin-code",
			"ssn", "*social-security-number", "*card-number", "*credit-card", "cvv", "cvc", "cvv2", "cvc2",
			"*security-code");

	private final List<Pattern> patterns;

	/**
	 * Create from the defaults and more.
	 * @param more more names or patterns; one that begins with {@code !} takes out the
	 * names that it matches. Of several that match a name the last one holds.
	 * @throws IllegalArgumentException if one of them has no letter, digit or {@code *}
	 */
	public SensitiveNames(List<String> more) {
		this.patterns = Stream.concat(DEFAULTS.stream(), more.stream()).map(Pattern::of).toList();
	}

	/**
	 * Whether the values of a name are sensitive.
	 */
	boolean contains(String name) {
		String plain = plain(name);
		boolean contained = false;
		for (Pattern pattern : this.patterns) {
			if (contained == pattern.exception() && pattern.matches(plain)) {
				contained = !contained;
			}
		}
		return contained;
	}

	/**
	 * A name without what does not count in it.
	 */
	public static String plain(String name) {
		StringBuilder plain = new StringBuilder(name.length());
		for (int i = 0; i < name.length(); i++) {
			char c = name.charAt(i);
			if (c != '-' && c != '_' && c != '.' && c != ' ') {
				// There are letters that only one of the two brings together.
				plain.append(Character.toLowerCase(Character.toUpperCase(c)));
			}
		}
		return plain.toString();
	}

	/**
	 * A pattern, as the texts between its {@code *}.
	 */
	private record Pattern(boolean exception, List<String> parts) {

		static Pattern of(String text) {
			boolean exception = text.startsWith("!");
			String plain = plain(exception ? text.substring(1) : text);
			if (plain.isBlank()) {
				throw new IllegalArgumentException("'" + text + "' is not a name or pattern");
			}
			return new Pattern(exception, List.of(plain.split("\\*", -1)));
		}

		boolean matches(String name) {
			String first = this.parts.get(0);
			String last = this.parts.get(this.parts.size() - 1);
			if (this.parts.size() == 1) {
				return name.equals(first);
			}
			int from = first.length();
			int to = name.length() - last.length();
			if (from > to || !name.startsWith(first) || !name.endsWith(last)) {
				return false;
			}
			for (String part : this.parts.subList(1, this.parts.size() - 1)) {
				int found = name.indexOf(part, from);
				if (found < 0 || found + part.length() > to) {
					return false;
				}
				from = found + part.length();
			}
			return true;
		}

	}

}
