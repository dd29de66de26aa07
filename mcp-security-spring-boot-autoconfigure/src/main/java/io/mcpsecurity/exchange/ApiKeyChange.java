package io.mcpsecurity.exchange;

import java.time.Instant;
import java.util.Collection;

import org.jspecify.annotations.Nullable;

/**
 * A change of the API keys at run time. It contains neither a key nor its hash.
 *
 * @param kind what was done
 * @param time when it was done
 * @param principal who did it, or {@code null} if that is unknown
 * @param id the id of the key that was created or revoked, or that replaces another one
 * @param replaced the id of the key that it replaces, or {@code null}
 * @param subject the subject of the key
 * @param client the client id of the key
 * @param scopes the scopes of the key
 * @param expiresAt when the key expires
 */
public record ApiKeyChange(Kind kind, Instant time, @Nullable String principal, String id, @Nullable String replaced,
		String subject, String client, Collection<String> scopes, Instant expiresAt) {

	/** What was done. */
	public enum Kind {

		/** A key was created. */
		CREATED,

		/** A key was created that replaces another one. */
		ROTATED,

		/** A key was revoked. */
		REVOKED

	}

}
