package io.mcpsecurity.client;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.Wildcards;
import org.jspecify.annotations.Nullable;

/**
 * Matches clients by a client id, which may be the URL of a client id metadata document,
 * or by a pattern in which {@code *} matches any characters. With an issuer identifier
 * and a space in front, it matches only clients of that authorization server, because
 * client ids are unique only there.
 *
 * @param issuer the issuer identifier, or {@code null} for all
 * @param client the client id or pattern
 */
public record ClientPattern(@Nullable String issuer, String client) {

	private static final int MAX_LENGTH = 2000;

	/**
	 * Read a pattern.
	 * @throws IllegalArgumentException if it is blank, is too long for a client id,
	 * contains control characters, or has leading or trailing whitespace, with which it
	 * would match no client
	 */
	public static ClientPattern of(String text) {
		if (text.isBlank() || text.length() > MAX_LENGTH || text.chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException("it is not a client id or pattern");
		}
		int space = text.indexOf(' ');
		boolean qualified = space > 0 && text.matches("https?://.*");
		if (qualified && text.substring(space + 1).isBlank()) {
			throw new IllegalArgumentException("the client id after the issuer is missing");
		}
		if (isBlank(text.charAt(0)) || isBlank(text.charAt(text.length() - 1))
				|| (qualified && isBlank(text.charAt(space + 1)))) {
			throw new IllegalArgumentException("it has leading or trailing whitespace");
		}
		return qualified ? new ClientPattern(text.substring(0, space), text.substring(space + 1))
				: new ClientPattern(null, text);
	}

	private static boolean isBlank(char character) {
		return Character.isWhitespace(character) || Character.isSpaceChar(character);
	}

	/**
	 * Whether the client of a caller matches. A caller whose token contains no client id
	 * never matches.
	 */
	boolean matches(McpCaller caller) {
		return caller.client() != null && (this.issuer == null || this.issuer.equals(caller.issuer()))
				&& Wildcards.of(this.client, '*').match(caller.client());
	}

	/** As it is written in configuration. */
	@Override
	public String toString() {
		return (this.issuer != null) ? this.issuer + " " + this.client : this.client;
	}

}
