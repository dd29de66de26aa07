package io.mcpsecurity.token;

import java.util.Collection;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The introspection endpoints.
 *
 * @param byIssuer the endpoints by issuer identifier
 * @param opaqueIssuer the issuer of opaque tokens, one of these, or {@code null} if such
 * tokens are not accepted
 * @param forJwts whether JWTs are introspected as well, so that a revoked one stops
 * working
 */
public record Introspections(Map<String, TokenIntrospection> byIssuer, @Nullable String opaqueIssuer, boolean forJwts) {

	/** No endpoints. */
	public static final Introspections NONE = new Introspections(Map.of(), null, false);

	public Introspections {
		byIssuer = Map.copyOf(byIssuer);
	}

	public Collection<TokenIntrospection> all() {
		return this.byIssuer.values();
	}

	@Nullable TokenIntrospection forJwtsOf(String issuer) {
		return this.forJwts ? this.byIssuer.get(issuer) : null;
	}

	@Nullable TokenIntrospection forOpaqueTokens() {
		return (this.opaqueIssuer != null) ? this.byIssuer.get(this.opaqueIssuer) : null;
	}

}
