package io.mcpsecurity;

import org.jspecify.annotations.Nullable;

/**
 * A party that acts for the subject of an access token: one level of the {@code act}
 * claim (RFC 8693 section 4.1).
 *
 * @param subject the actor's {@code sub}, or {@code null} when the level has none
 * @param issuer the {@code iss} that makes the subject unique, or {@code null} when it is
 * that of the token
 * @param client the actor's {@code client_id}, or {@code null}
 */
public record McpActor(@Nullable String subject, @Nullable String issuer, @Nullable String client) {
}
