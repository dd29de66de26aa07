package io.mcpsecurity.transport;

import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.token.RefusedTokenException;
import io.mcpsecurity.token.TokenFailure;
import org.jspecify.annotations.Nullable;

/**
 * What the sender of an access token has to prove: the {@code cnf} claim (RFC 7800
 * section 3.1).
 *
 * @param key the thumbprint of a DPoP key (RFC 9449 section 6.1), or {@code null}
 * @param certificate the thumbprint of a client certificate (RFC 8705 section 3.1), or
 * {@code null}
 */
record Confirmation(@Nullable String key, @Nullable String certificate) {

	private static final String KEY = "jkt";

	private static final String CERTIFICATE = "x5t#S256";

	/** The claims in which authorization servers name the scheme of a token. */
	private static final Set<String> TYPES = Set.of("token_type", "typ");

	/**
	 * The confirmation of a caller's token.
	 * @throws RefusedTokenException if it is not understood: then it is unknown what
	 * would have to be proved
	 */
	static Confirmation of(McpCaller caller) {
		Object claim = caller.claim("cnf");
		Map<?, ?> members = (claim instanceof Map<?, ?> map) ? map : Map.of();
		Confirmation confirmation = new Confirmation(text(members.get(KEY)), text(members.get(CERTIFICATE)));
		// RFC 7800 section 3.1: other members are ignored, such as those of Keycloak.
		boolean malformed = Stream.of(KEY, CERTIFICATE)
			.anyMatch((member) -> members.get(member) != null && !(members.get(member) instanceof String));
		if (claim != null && (malformed || confirmation.isEmpty())) {
			throw new RefusedTokenException(TokenFailure.BOUND, "The token is bound in a way that is not supported");
		}
		if (confirmation.key == null && TYPES.stream()
			.anyMatch((type) -> SenderConstraints.DPOP.equalsIgnoreCase(text(caller.claim(type))))) {
			throw new RefusedTokenException(TokenFailure.BOUND, "The token is a DPoP token without a key (cnf)");
		}
		return confirmation;
	}

	/** Whether there is nothing to prove: the token is a bearer token. */
	boolean isEmpty() {
		return this.key == null && this.certificate == null;
	}

	private static @Nullable String text(@Nullable Object value) {
		return (value instanceof String text) ? text : null;
	}

}
