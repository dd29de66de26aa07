package io.mcpsecurity;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.AuthenticatedPrincipal;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * Who makes a request, and through what: read from the access token after it was
 * verified. It holds no part of the token itself.
 * <p>
 * A tool, resource or prompt method may declare a parameter of this type; it does not
 * appear in the tool's input schema, and nothing that a client sends can fill it. (This
 * is why it is a {@link McpTransportContext}: the one kind of parameter that Spring AI
 * passes from the transport to the method.) Other code asks {@link #current()}.
 * <p>
 * Two callers are equal if everything that was read from their tokens is.
 */
public final class McpCaller implements McpTransportContext, AuthenticatedPrincipal, Serializable {

	private static final long serialVersionUID = 1L;

	/**
	 * How many levels of the {@code act} claim are read.
	 */
	public static final int MAX_ACTORS = 10;

	@JsonValue
	private final Facts facts;

	/** Of the request in which this is the handlers' transport context. */
	private final transient @Nullable McpTransportContext context;

	/**
	 * Create a caller.
	 * @param subject see {@link #subject()}
	 * @param issuer see {@link #issuer()}
	 * @param client see {@link #client()}
	 * @param actors see {@link #actors()}
	 * @param actorsTruncated see {@link #actorsTruncated()}
	 * @param scopes see {@link #scopes()}
	 * @param tokenId see {@link #tokenId()}
	 * @param resource see {@link #resource()}
	 */
	public McpCaller(String subject, String issuer, @Nullable String client, List<McpActor> actors,
			boolean actorsTruncated, Set<String> scopes, @Nullable String tokenId, String resource) {
		this(new Facts(subject, issuer, client, List.copyOf(actors), actorsTruncated, Set.copyOf(scopes), tokenId,
				resource), null);
	}

	/**
	 * From the JSON that Spring AI makes of the arguments of a {@code @Tool} method.
	 */
	@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
	private McpCaller(Facts facts) {
		this(facts, null);
	}

	private McpCaller(Facts facts, @Nullable McpTransportContext context) {
		this.facts = facts;
		this.context = context;
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
	 * The {@code sub} claim: the user, or the client itself for a token of the client
	 * credentials grant; unique only together with {@link #issuer()}.
	 */
	public String subject() {
		return this.facts.subject();
	}

	/**
	 * The {@code iss} claim, exactly as the authorization server wrote it.
	 */
	public String issuer() {
		return this.facts.issuer();
	}

	/**
	 * The OAuth client that obtained the token, or {@code null} when the token does not
	 * say.
	 */
	public @Nullable String client() {
		return this.facts.client();
	}

	/**
	 * The actor chain of the {@code act} claim (RFC 8693 section 4.1), the current actor
	 * first; empty when nobody acts for the subject.
	 */
	public List<McpActor> actors() {
		return this.facts.actors();
	}

	/**
	 * Whether the chain was longer than {@value #MAX_ACTORS} and the rest was left out.
	 */
	public boolean actorsTruncated() {
		return this.facts.actorsTruncated();
	}

	/**
	 * The granted scopes, without what they contain by a hierarchy (see
	 * {@link ScopeCheck}); empty when there are none.
	 */
	public Set<String> scopes() {
		return this.facts.scopes();
	}

	/**
	 * The {@code jti} claim, or {@code null}.
	 */
	public @Nullable String tokenId() {
		return this.facts.tokenId();
	}

	/**
	 * The resource identifier of the MCP endpoint that the token was accepted at.
	 */
	public String resource() {
		return this.facts.resource();
	}

	/**
	 * This caller as the transport context of one request.
	 * @param context what {@link #get(String)} is answered from
	 */
	public McpCaller within(McpTransportContext context) {
		return new McpCaller(this.facts, context);
	}

	/**
	 * The subject, so that {@code Authentication.getName()} names the user.
	 */
	@Override
	public String getName() {
		return subject();
	}

	/**
	 * Part of {@link McpTransportContext}: what the application's own
	 * {@code McpTransportContextExtractor} put there, while a request is served.
	 */
	@Override
	public @Nullable Object get(String key) {
		return (this.context != null) ? this.context.get(key) : null;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof McpCaller caller && this.facts.equals(caller.facts);
	}

	@Override
	public int hashCode() {
		return this.facts.hashCode();
	}

	@Override
	public String toString() {
		return this.facts.toString().replaceFirst("^Facts", "McpCaller");
	}

	private record Facts(String subject, String issuer, @Nullable String client, List<McpActor> actors,
			boolean actorsTruncated, Set<String> scopes, @Nullable String tokenId,
			String resource) implements Serializable {
	}

}
