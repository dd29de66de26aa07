package io.mcpsecurity;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticatedPrincipal;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * Who makes a request, and through what: read from the access token after it was
 * verified. It holds no part of the token itself.
 * <p>
 * A tool, resource or prompt method may declare a parameter of this type; it does not
 * appear in the tool's input schema, and nothing that a client sends can fill it. (This
 * is why it is a {@link McpTransportContext}: the one kind of parameter that Spring AI
 * passes from the transport to the method.) Other code asks {@link #current()}.
 *
 * @param subject the {@code sub} claim: the user, or the client itself for a token of the
 * client credentials grant; unique only together with {@code issuer}
 * @param issuer the {@code iss} claim, exactly as the authorization server wrote it
 * @param client the OAuth client that obtained the token, or {@code null} when the token
 * does not say
 * @param actors the actor chain of the {@code act} claim (RFC 8693 section 4.1), the
 * current actor first; empty when nobody acts for the subject
 * @param actorsTruncated whether the chain was longer than {@value #MAX_ACTORS} and the
 * rest was left out
 * @param scopes the granted scopes, without what they contain by a hierarchy (see
 * {@link ScopeCheck}); empty when there are none
 * @param tokenId the {@code jti} claim, or {@code null}
 * @param resource the resource identifier of the MCP endpoint that the token was accepted
 * at
 */
public record McpCaller(String subject, String issuer, @Nullable String client, List<McpActor> actors,
		boolean actorsTruncated, Set<String> scopes, @Nullable String tokenId,
		String resource) implements McpTransportContext, AuthenticatedPrincipal, Serializable {

	/**
	 * How many levels of the {@code act} claim are read.
	 */
	public static final int MAX_ACTORS = 10;

	public McpCaller {
		actors = List.copyOf(actors);
		scopes = Set.copyOf(scopes);
	}

	/**
	 * The caller of the request that this thread works for.
	 * @return the caller, or empty outside a request that passed the security filters
	 */
	public static Optional<McpCaller> current() {
		Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
		return (authentication != null && authentication.getPrincipal() instanceof McpCaller caller)
				? Optional.of(caller) : Optional.empty();
	}

	/**
	 * The subject, so that {@code Authentication.getName()} names the user.
	 */
	@Override
	public String getName() {
		return this.subject;
	}

	/**
	 * Part of {@link McpTransportContext}; a caller carries nothing under any key.
	 */
	@Override
	public @Nullable Object get(String key) {
		return null;
	}

}
