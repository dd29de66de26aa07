package io.mcpsecurity.downstream;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * An access token for a service.
 *
 * @param value its text
 * @param id its {@code jti}, or the beginning of its hash
 * @param expiresAt when it expires, or {@code null} if the response does not contain that
 * @param scopes the scopes in the response
 */
record IssuedToken(String value, String id, @Nullable Instant expiresAt, List<String> scopes) {

	/** Without the token. */
	@Override
	public String toString() {
		return "IssuedToken[id=" + this.id + "]";
	}

}
