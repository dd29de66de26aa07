package io.mcpsecurity;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * The caller of a request: the subject, the client and the actors, as read from the
 * verified access token. It contains the claims of the token, but neither its text nor
 * its signature.
 * <p>
 * A tool, resource or prompt method may declare a parameter of this type; it does not
 * appear in the tool's input schema, and clients cannot set it. (This is why it is a
 * {@link McpTransportContext}, the only type of parameter that Spring AI passes from the
 * transport to the method.) Other code calls {@link #current()}, and tests use a
 * {@link #builder}.
 * <p>
 * Two callers are equal if all values that were read from their tokens are equal.
 */
public final class McpCaller implements McpTransportContext {

	/**
	 * The maximum number of levels of the {@code act} claim that are read.
	 */
	public static final int MAX_ACTORS = 10;

	/** The key of the caller in a transport context. */
	private static final String KEY = McpCaller.class.getName();

	@JsonValue
	private final Facts facts;

	/** The context of the request in which this is the handlers' transport context. */
	private final @Nullable McpTransportContext context;

	/**
	 * Create from the JSON to which Spring AI converts the arguments of a {@code @Tool}
	 * method.
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
	 * Build a caller.
	 * @param subject see {@link #subject()}
	 * @param issuer see {@link #issuer()}
	 * @param resource see {@link #resource()}
	 */
	public static Builder builder(String subject, String issuer, String resource) {
		return new Builder(subject, issuer, resource);
	}

	/**
	 * The caller of the request that the current thread serves, found through the details
	 * of Spring Security's {@link Authentication}.
	 * @return the caller, or empty outside a request with an access token
	 */
	public static Optional<McpCaller> current() {
		Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
		return (authentication != null && authentication.getDetails() instanceof McpTransportContext details
				&& details.get(KEY) instanceof McpCaller caller) ? Optional.of(caller) : Optional.empty();
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
	 * The OAuth client that obtained the token, or {@code null} if the token does not
	 * contain it.
	 */
	public @Nullable String client() {
		return this.facts.client();
	}

	/**
	 * The actor chain of the {@code act} claim (RFC 8693 section 4.1), the current actor
	 * first; empty if there is no actor.
	 */
	public List<McpActor> actors() {
		return this.facts.actors();
	}

	/**
	 * Whether the actor chain was longer than {@value #MAX_ACTORS} and was truncated.
	 */
	public boolean actorsTruncated() {
		return this.facts.actorsTruncated();
	}

	/**
	 * The granted scopes, without the scopes that they contain by the scope hierarchy
	 * (see {@link ScopeCheck}).
	 */
	public Set<String> scopes() {
		return this.facts.scopes();
	}

	/**
	 * The authentication context class references of the user's authentication: usually
	 * the value of the {@code acr} claim (RFC 9068 section 2.2.1); empty if the token
	 * contains none.
	 */
	public Set<String> acr() {
		return this.facts.acr();
	}

	/**
	 * When the user has signed in: the {@code auth_time} claim (RFC 9068 section 2.2.1),
	 * or {@code null} if the token does not contain it.
	 */
	public @Nullable Instant authTime() {
		Long time = this.facts.authTime();
		return (time != null) ? Instant.ofEpochSecond(time) : null;
	}

	/**
	 * The {@code jti} claim, or {@code null}.
	 */
	public @Nullable String tokenId() {
		return (claim("jti") instanceof String id) ? id : null;
	}

	/**
	 * A claim of the access token, or for an opaque token a member of the introspection
	 * response. Not part of {@link #toString()}.
	 * @param name the name of the claim
	 * @return the value as in JSON: a {@code String}, {@code Number}, {@code Boolean},
	 * {@code List} or {@code Map} that cannot be changed, or {@code null} when there is
	 * none; times are seconds
	 */
	public @Nullable Object claim(String name) {
		return this.facts.claims().get(name);
	}

	/**
	 * A claim of a known type.
	 * @param name the name of the claim
	 * @param type its type
	 * @return the value as {@link #claim(String)} returns it
	 * @throws ClassCastException if the claim has another type
	 */
	public <T> @Nullable T claim(String name, Class<T> type) {
		return type.cast(claim(name));
	}

	/**
	 * The resource identifier of the MCP endpoint that accepted the token.
	 */
	public String resource() {
		return this.facts.resource();
	}

	/**
	 * This caller as the transport context of one request.
	 * @param context the context to which {@link #get(String)} delegates
	 */
	public McpCaller within(McpTransportContext context) {
		return new McpCaller(this.facts, context);
	}

	/**
	 * Part of {@link McpTransportContext}: returns a value that the application's
	 * {@code McpTransportContextExtractor} added, while a request is served.
	 */
	@Override
	public @Nullable Object get(String key) {
		return KEY.equals(key) ? this : (this.context != null) ? this.context.get(key) : null;
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
		return "McpCaller[subject=" + subject() + ", issuer=" + issuer() + ", client=" + client() + ", actors="
				+ actors() + ", actorsTruncated=" + actorsTruncated() + ", scopes=" + scopes() + ", tokenId="
				+ tokenId() + ", resource=" + resource() + "]";
	}

	private record Facts(String subject, String issuer, String resource, @Nullable String client, List<McpActor> actors,
			boolean actorsTruncated, Set<String> scopes, Set<String> acr, @Nullable Long authTime,
			Map<String, Object> claims) {
	}

	/**
	 * Builds a caller. Values that are not set are {@code null} or empty.
	 */
	public static final class Builder {

		private final String subject;

		private final String issuer;

		private final String resource;

		private @Nullable String client;

		private List<McpActor> actors = List.of();

		private boolean actorsTruncated;

		private Set<String> scopes = Set.of();

		private Set<String> acr = Set.of();

		private @Nullable Long authTime;

		private Map<String, Object> claims = Map.of();

		private Builder(String subject, String issuer, String resource) {
			this.subject = subject;
			this.issuer = issuer;
			this.resource = resource;
		}

		/**
		 * Set {@link McpCaller#client()}.
		 */
		public Builder client(@Nullable String client) {
			this.client = client;
			return this;
		}

		/**
		 * Set {@link McpCaller#actors()} and {@link McpCaller#actorsTruncated()}.
		 */
		public Builder actors(List<McpActor> actors, boolean truncated) {
			this.actors = List.copyOf(actors);
			this.actorsTruncated = truncated;
			return this;
		}

		/**
		 * Set {@link McpCaller#scopes()}.
		 */
		public Builder scopes(Collection<String> scopes) {
			this.scopes = Set.copyOf(scopes);
			return this;
		}

		/**
		 * Set {@link McpCaller#acr()} and {@link McpCaller#authTime()}.
		 */
		public Builder authentication(Collection<String> acr, @Nullable Instant time) {
			this.acr = Set.copyOf(acr);
			this.authTime = (time != null) ? time.getEpochSecond() : null;
			return this;
		}

		/**
		 * Set what {@link McpCaller#claim(String)} returns.
		 * @param claims the claims by name; an {@link Instant} is converted to seconds,
		 * as in the token
		 */
		public Builder claims(Map<String, Object> claims) {
			Map<String, Object> copy = new LinkedHashMap<>(claims);
			copy.replaceAll((name, value) -> (value instanceof Instant time) ? time.getEpochSecond() : value);
			this.claims = Collections.unmodifiableMap(copy);
			return this;
		}

		/**
		 * Build the caller.
		 */
		public McpCaller build() {
			return new McpCaller(new Facts(this.subject, this.issuer, this.resource, this.client, this.actors,
					this.actorsTruncated, this.scopes, this.acr, this.authTime, this.claims), null);
		}

	}

}
