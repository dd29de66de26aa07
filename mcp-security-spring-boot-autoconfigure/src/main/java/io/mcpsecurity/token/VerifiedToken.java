package io.mcpsecurity.token;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.KeySourceException;
import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.oauth2.jwt.Jwt;

/**
 * What is known of a token after it was verified: what it says and what speaks for it.
 * Neither its text nor its signature is kept, so whoever gets hold of this has no token.
 * <p>
 * Nothing in it changes, however deep, so that requests can share it.
 */
final class VerifiedToken {

	/** Stands where a token's text would. */
	private static final String NO_TEXT = "-";

	private final Jwt facts;

	private final McpCaller caller;

	private final List<GrantedAuthority> authorities;

	private final TokenTimes times;

	private final Evidence evidence;

	VerifiedToken(Jwt jwt, McpCaller caller, TokenTimes times, Evidence evidence) {
		this.facts = new Jwt(NO_TEXT, jwt.getIssuedAt(), jwt.getExpiresAt(), fixed(jwt.getHeaders()),
				fixed(jwt.getClaims()));
		this.caller = caller;
		this.authorities = McpAuthenticationToken.authorities(caller);
		this.times = times;
		this.evidence = evidence;
	}

	/**
	 * Whether a verification would end the same at this moment: the token is neither
	 * expired nor yet to be valid, and what spoke for it still does.
	 * @throws AuthenticationServiceException if the issuer's keys are not to be had
	 */
	boolean isStillGood() {
		try {
			return !this.times.validate(this.facts).hasErrors() && this.evidence.holds();
		}
		catch (KeySourceException ex) {
			throw new AuthenticationServiceException("The token cannot be checked", ex);
		}
	}

	/**
	 * An authentication for one request, which that request may change.
	 * @param token the token's text, as the request brought it
	 */
	McpAuthenticationToken authentication(String token) {
		return new McpAuthenticationToken(new SharingJwt(token, this.facts), this.caller, this.authorities);
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

	/**
	 * A token's text with what it says, which would be copied by its superclass.
	 */
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

	/**
	 * What speaks for a token: its issuer's keys, or an answer about it.
	 */
	@FunctionalInterface
	interface Evidence {

		/**
		 * Whether it still does.
		 * @throws KeySourceException if the issuer's keys are not to be had
		 */
		boolean holds() throws KeySourceException;

	}

}
