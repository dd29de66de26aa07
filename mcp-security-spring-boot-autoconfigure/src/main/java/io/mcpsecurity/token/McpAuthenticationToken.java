package io.mcpsecurity.token;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.hash.Sha256;

import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.Transient;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.AbstractOAuth2TokenAuthenticationToken;

/**
 * A verified access token with the {@link McpCaller} as its principal. Its authorities
 * are {@code SCOPE_} and the scope, as everywhere in Spring Security.
 */
@Transient
public final class McpAuthenticationToken extends AbstractOAuth2TokenAuthenticationToken<Jwt> {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an authenticated token.
	 * @param jwt the verified token
	 * @param caller what was read from it
	 */
	public McpAuthenticationToken(Jwt jwt, McpCaller caller) {
		this(jwt, caller, authorities(caller));
	}

	McpAuthenticationToken(Jwt jwt, McpCaller caller, List<GrantedAuthority> authorities) {
		super(jwt, caller, jwt, authorities);
		setAuthenticated(true);
	}

	static List<GrantedAuthority> authorities(McpCaller caller) {
		return caller.scopes()
			.stream()
			.<GrantedAuthority>map((scope) -> new SimpleGrantedAuthority("SCOPE_" + scope))
			.toList();
	}

	/**
	 * The caller.
	 */
	public McpCaller getCaller() {
		return (McpCaller) getPrincipal();
	}

	/**
	 * The SHA-256 hash of the token's whole text, in hexadecimal digits: what the token
	 * is recognized by, and good for nothing else.
	 */
	public String hash() {
		return Sha256.of(getToken().getTokenValue()).toString();
	}

	@Override
	public Map<String, Object> getTokenAttributes() {
		return getToken().getClaims();
	}

}
