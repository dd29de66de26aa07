package io.mcpsecurity.token;

import java.util.Collection;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The introspection endpoints that may be asked.
 *
 * @param byIssuer each by the issuer identifier of its authorization server
 * @param opaqueIssuer the issuer of tokens that are no JWTs, one of these, or
 * {@code null} when such tokens are not accepted
 * @param forJwts whether JWTs are asked about as well, so that one that is revoked stops
 * working
 */
public record Introspections(Map<String, TokenIntrospection> byIssuer, @Nullable String opaqueIssuer, boolean forJwts) {

	/** Nobody is asked. */
	public static final Introspections NONE = new Introspections(Map.of(), null, false);

	public Introspections {
		byIssuer = Map.copyOf(byIssuer);
	}

	/**
	 * All of them.
	 */
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
