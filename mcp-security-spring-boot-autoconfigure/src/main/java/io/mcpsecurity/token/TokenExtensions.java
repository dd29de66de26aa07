package io.mcpsecurity.token;

import java.util.List;
import java.util.Set;

import com.nimbusds.jose.JWSAlgorithm;
import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.converter.Converter;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;

/**
 * The beans and properties of Spring Security and Spring Boot with which an application
 * configures JWTs. They apply in addition to the requirements of this library.
 *
 * @param decoder verifies signatures at each request instead of the authorization
 * servers' keys, or {@code null}
 * @param algorithms the signature algorithms that are accepted with those keys
 * @param validators called at each request
 * @param converter creates the authentication of the security context at each request, or
 * {@code null} for a {@code JwtAuthenticationToken} with the scopes
 */
public record TokenExtensions(@Nullable JwtDecoder decoder, Set<JWSAlgorithm> algorithms,
		List<OAuth2TokenValidator<Jwt>> validators,
		@Nullable Converter<Jwt, ? extends AbstractAuthenticationToken> converter) {

	/**
	 * Asymmetric signatures only: with a shared secret the resource server could issue
	 * tokens itself, and {@code none} is no signature (RFC 8725 sections 3.1 and 3.2).
	 */
	public static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.RS256, JWSAlgorithm.RS384,
			JWSAlgorithm.RS512, JWSAlgorithm.PS256, JWSAlgorithm.PS384, JWSAlgorithm.PS512, JWSAlgorithm.ES256,
			JWSAlgorithm.ES384, JWSAlgorithm.ES512, JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519, JWSAlgorithm.Ed448);

	/** No extensions. */
	public static final TokenExtensions NONE = new TokenExtensions(null, ALGORITHMS, List.of(), null);

}
