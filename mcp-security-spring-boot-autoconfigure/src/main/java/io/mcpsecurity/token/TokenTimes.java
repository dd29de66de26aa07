package io.mcpsecurity.token;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;

/**
 * Whether a token is good now: {@code exp} is there and not past, {@code nbf} is not to
 * come, both with the clock skew (RFC 9068 section 4).
 */
final class TokenTimes implements OAuth2TokenValidator<Jwt> {

	private final JwtTimestampValidator timestamps;

	private final Duration clockSkew;

	private final Clock clock;

	TokenTimes(Duration clockSkew, Clock clock) {
		this.timestamps = new JwtTimestampValidator(clockSkew);
		this.timestamps.setAllowEmptyExpiryClaim(false);
		this.timestamps.setClock(clock);
		this.clockSkew = clockSkew;
		this.clock = clock;
	}

	@Override
	public OAuth2TokenValidatorResult validate(Jwt jwt) {
		OAuth2TokenValidatorResult result = this.timestamps.validate(jwt);
		// Spring's sentences are kept: they name the time.
		return result.hasErrors() ? TokenError.result(failure(jwt.getExpiresAt()),
				String.valueOf(result.getErrors().iterator().next().getDescription()),
				"exp %s, nbf %s, now %s, clock skew %s".formatted(jwt.getExpiresAt(), jwt.getNotBefore(),
						this.clock.instant(), this.clockSkew))
				: result;
	}

	private TokenFailure failure(@Nullable Instant expiry) {
		if (expiry == null) {
			return TokenFailure.MALFORMED;
		}
		return this.clock.instant().minus(this.clockSkew).isAfter(expiry) ? TokenFailure.EXPIRED
				: TokenFailure.NOT_YET_VALID;
	}

}
