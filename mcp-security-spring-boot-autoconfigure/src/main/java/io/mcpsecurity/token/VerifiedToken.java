package io.mcpsecurity.token;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.KeySourceException;
import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthentication;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.oauth2.server.resource.introspection.OAuth2IntrospectionAuthenticatedPrincipal;

/**
 * A verified token: its claims and the evidence for it. Neither its text nor its
 * signature is kept. It is deeply immutable, so that requests can share it.
 */
final class VerifiedToken {

	/** Replaces a token's text. */
	private static final String NO_TEXT = "-";

	private final Jwt facts;

	private final McpCaller caller;

	private final boolean opaque;

	private final List<GrantedAuthority> authorities;

	private final TokenTimes times;

	private final Evidence evidence;

	/**
	 * Create a verified token.
	 * @param facts its claims, {@linkplain #fixed immutable}
	 * @param caller the caller that was read from them
	 * @param opaque whether the claims are from introspection, and not from the token
	 * itself
	 * @param times checks its lifetime
	 * @param evidence the evidence for it
	 */
	VerifiedToken(Jwt facts, McpCaller caller, boolean opaque, TokenTimes times, Evidence evidence) {
		this.facts = facts;
		this.caller = caller;
		this.opaque = opaque;
		this.authorities = caller.scopes()
			.stream()
			.<GrantedAuthority>map((scope) -> new SimpleGrantedAuthority("SCOPE_" + scope))
			.toList();
		this.times = times;
		this.evidence = evidence;
	}

	/** The immutable claims of a token, without its text. */
	static Jwt fixed(Jwt jwt) {
		return new Jwt(NO_TEXT, jwt.getIssuedAt(), jwt.getExpiresAt(), fixed(jwt.getHeaders()), fixed(jwt.getClaims()));
	}

	/**
	 * Whether the token is still valid: it is within its lifetime, and the evidence still
	 * holds.
	 * @throws AuthenticationServiceException if the issuer's keys are not available
	 */
	boolean isStillGood() {
		try {
			return !this.times.validate(this.facts).hasErrors() && this.evidence.holds();
		}
		catch (KeySourceException ex) {
			throw new AuthenticationServiceException("The token cannot be checked", ex);
		}
	}

	McpCaller caller() {
		return this.caller;
	}

	/**
	 * The authentication that Spring Security creates for such a token, for one request,
	 * which may change it.
	 * @param token the token's text
	 */
	AbstractAuthenticationToken authentication(String token) {
		if (this.opaque) {
			return new BearerTokenAuthentication(
					new OAuth2IntrospectionAuthenticatedPrincipal(this.caller.subject(), this.facts.getClaims(),
							this.authorities),
					new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER, token, this.facts.getIssuedAt(),
							this.facts.getExpiresAt(), this.caller.scopes()),
					this.authorities);
		}
		return new JwtAuthenticationToken(new SharingJwt(token, this.facts), this.authorities, this.caller.subject());
	}

	private static Map<String, Object> fixed(Map<?, ?> values) {
		Map<String, Object> copy = new LinkedHashMap<>();
		values.forEach((name, value) -> copy.put(String.valueOf(name), fixed(value)));
		return Collections.unmodifiableMap(copy);
	}

	private static @Nullable Object fixed(@Nullable Object value) {
		if (value instanceof Map<?, ?> values) {
			return fixed(values);
		}
		if (value instanceof Collection<?> values) {
			return values.stream().map(VerifiedToken::fixed).toList();
		}
		return value;
	}

	/** A token's text with shared claims, which the superclass would copy. */
	private static final class SharingJwt extends Jwt {

		private static final long serialVersionUID = 1L;

		private static final Map<String, Object> ELSEWHERE = Map.of("-", "-");

		private final Jwt facts;

		SharingJwt(String token, Jwt facts) {
			super(token, facts.getIssuedAt(), facts.getExpiresAt(), ELSEWHERE, ELSEWHERE);
			this.facts = facts;
		}

		@Override
		public Map<String, Object> getHeaders() {
			return this.facts.getHeaders();
		}

		@Override
		public Map<String, Object> getClaims() {
			return this.facts.getClaims();
		}

	}

	/** The evidence for a token: its issuer's keys, or a response about it. */
	@FunctionalInterface
	interface Evidence {

		/**
		 * Whether it still holds.
		 * @throws KeySourceException if the issuer's keys are not available
		 */
		boolean holds() throws KeySourceException;

	}

}
