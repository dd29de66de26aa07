package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.keygen.Base64StringKeyGenerator;
import org.springframework.security.crypto.keygen.StringKeyGenerator;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;

/**
 * Generates refresh tokens for public clients as well, which Spring Security's generator
 * does not do. MCP clients are public, and without refresh tokens their users would have
 * to sign in again whenever an access token expires. OAuth 2.1 section 4.3.1 allows it if
 * the tokens are rotated.
 * <p>
 * A refresh token starts with the id of its authorization, which nothing else contains,
 * so that a replaced token still identifies the authorization to end.
 */
final class RefreshTokenGenerator implements OAuth2TokenGenerator<OAuth2RefreshToken> {

	private static final char SEPARATOR = '.';

	private final StringKeyGenerator secrets = new Base64StringKeyGenerator(Base64.getUrlEncoder().withoutPadding(),
			64);

	private final Duration authorizationLifetime;

	private final Clock clock;

	RefreshTokenGenerator(Duration authorizationLifetime, Clock clock) {
		this.authorizationLifetime = authorizationLifetime;
		this.clock = clock;
	}

	@Override
	public @Nullable OAuth2RefreshToken generate(OAuth2TokenContext context) {
		OAuth2Authorization authorization = context.getAuthorization();
		if (!OAuth2TokenType.REFRESH_TOKEN.equals(context.getTokenType()) || authorization == null) {
			return null;
		}
		Instant now = this.clock.instant();
		Instant expiry = now.plus(context.getRegisteredClient().getTokenSettings().getRefreshTokenTimeToLive());
		Instant end = end(authorization, now);
		if (!end.isAfter(now)) {
			return null;
		}
		return new OAuth2RefreshToken(authorization.getId() + SEPARATOR + this.secrets.generateKey(), now,
				expiry.isBefore(end) ? expiry : end);
	}

	private Instant end(OAuth2Authorization authorization, Instant now) {
		OAuth2Authorization.Token<OAuth2AuthorizationCode> code = authorization.getToken(OAuth2AuthorizationCode.class);
		Instant start = (code != null) ? code.getToken().getIssuedAt() : null;
		return ((start != null) ? start : now).plus(this.authorizationLifetime);
	}

	/**
	 * The id of the authorization that a refresh token was issued for, or {@code null} if
	 * this is not a refresh token of this server.
	 */
	static @Nullable String authorizationId(String refreshToken) {
		int separator = refreshToken.indexOf(SEPARATOR);
		return (separator > 0) ? refreshToken.substring(0, separator) : null;
	}

}
