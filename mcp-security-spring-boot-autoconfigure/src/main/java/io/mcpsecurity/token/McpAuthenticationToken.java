package io.mcpsecurity.token;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.McpCaller;

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
		super(jwt, caller, jwt, authorities(caller.scopes()));
		setAuthenticated(true);
	}

	private static List<GrantedAuthority> authorities(Collection<String> scopes) {
		return scopes.stream().<GrantedAuthority>map((scope) -> new SimpleGrantedAuthority("SCOPE_" + scope)).toList();
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
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256")
					.digest(getToken().getTokenValue().getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public Map<String, Object> getTokenAttributes() {
		return getToken().getClaims();
	}

}
