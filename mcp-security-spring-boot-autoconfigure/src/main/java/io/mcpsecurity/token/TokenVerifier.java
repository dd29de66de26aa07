package io.mcpsecurity.token;

import java.text.ParseException;
import java.util.List;

import com.nimbusds.jose.Header;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jwt.JWTParser;
import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtValidationException;
import org.springframework.util.StringUtils;

/**
 * Verifies the access tokens of one issuer for one resource.
 */
final class TokenVerifier {

	private final IssuerKeys keys;

	private final TokenTimes times;

	private final OAuth2TokenValidator<Jwt> validator;

	private final McpCallerConverter converter;

	private final @Nullable TokenIntrospection revocation;

	private final TokenExtensions extensions;

	TokenVerifier(IssuerKeys keys, TokenProfile profile, String audience, TokenTimes times,
			McpCallerConverter converter, @Nullable TokenIntrospection revocation, TokenExtensions extensions) {
		this.keys = keys;
		this.times = times;
		this.validator = AccessTokenValidators.create(keys.issuer(), audience, times, profile);
		this.converter = converter.with(profile.claims());
		this.revocation = revocation;
		this.extensions = extensions;
	}

	/**
	 * Verify a token.
	 * @throws RefusedTokenException if it is bad
	 * @throws AuthenticationServiceException if it could not be checked
	 */
	VerifiedToken verify(String token) {
		NotedKeys noted = new NotedKeys(this.keys);
		try {
			Jwt jwt = VerifiedToken.fixed(decode(token, noted));
			McpCaller caller = this.converter.convert(jwt);
			return new VerifiedToken(jwt, caller, false, this.times, evidence(token, jwt, noted));
		}
		catch (BadJwtException ex) {
			throw refused(ex, token);
		}
		catch (JwtException ex) {
			throw new AuthenticationServiceException("The token cannot be checked", ex);
		}
	}

	private Jwt decode(String token, NotedKeys noted) {
		JwtDecoder decoder = this.extensions.decoder();
		if (decoder == null) {
			return AccessTokenDecoders.create(noted, this.extensions.algorithms(), this.validator).decode(token);
		}
		Jwt jwt = decoder.decode(token);
		OAuth2TokenValidatorResult result = this.validator.validate(jwt);
		if (result.hasErrors()) {
			throw new JwtValidationException("The token is not accepted", result.getErrors());
		}
		return jwt;
	}

	/**
	 * Introspect last, so that no client can cause calls with tokens that are invalid
	 * anyway. A response may name a key to which the token is bound (RFC 9449 section
	 * 6.2); the sender proves the one in the token, so they must be the same.
	 */
	private VerifiedToken.Evidence evidence(String token, Jwt jwt, NotedKeys noted) {
		TokenIntrospection revocation = this.revocation;
		TokenIntrospection.Response response = (revocation != null) ? revocation.introspect(token) : null;
		Object confirmation = (response != null) ? response.members().get("cnf") : null;
		if (confirmation != null && !confirmation.equals(jwt.getClaims().get("cnf"))) {
			throw new RefusedTokenException(TokenFailure.BOUND,
					"The token is bound to another key than the one that it contains");
		}
		if (this.extensions.decoder() != null) {
			// It is unknown how long the result of the decoder is valid.
			return () -> false;
		}
		if (revocation == null || response == null) {
			return noted::areCurrent;
		}
		return () -> revocation.isFresh(response) && noted.areCurrent();
	}

	/**
	 * The refusal as the client may know it: the rule that the token breaks. The
	 * decoder's own messages can repeat parts of the token, so they are not passed on.
	 */
	private RefusedTokenException refused(BadJwtException cause, String token) {
		if (cause instanceof JwtValidationException invalid) {
			for (OAuth2Error error : invalid.getErrors()) {
				if (StringUtils.hasText(error.getDescription())) {
					return TokenError.refused(error);
				}
			}
		}
		// Without a cause the decoder refuses a token that is not signed at all.
		boolean signature = cause.getCause() == null || cause.getCause() instanceof BadJOSEException;
		boolean ownKeys = this.extensions.decoder() == null;
		return new RefusedTokenException(signature ? TokenFailure.SIGNATURE : TokenFailure.MALFORMED,
				"The token is malformed, or no key of its issuer has signed it",
				(signature && ownKeys) ? keys(token) : "");
	}

	/** The expected keys of a token, for the log. */
	private String keys(String token) {
		try {
			Header header = JWTParser.parse(token).getHeader();
			if (!(header instanceof JWSHeader signed)
					|| !this.extensions.algorithms().contains(signed.getAlgorithm())) {
				return "alg: " + TokenError.difference(this.extensions.algorithms(), header.getAlgorithm());
			}
			List<String> known = this.keys.current().getKeys().stream().map(JWK::getKeyID).toList();
			return "issuer %s, alg %s, kid: %s".formatted(this.keys.issuer(), signed.getAlgorithm(),
					TokenError.difference(known, signed.getKeyID()));
		}
		catch (ParseException | JWKSetUnavailableException ex) {
			return "issuer " + this.keys.issuer();
		}
	}

}
