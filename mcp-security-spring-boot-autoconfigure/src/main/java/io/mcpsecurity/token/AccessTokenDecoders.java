package io.mcpsecurity.token;

import java.util.Set;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;

import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Builds Spring Security's JWT decoder for access tokens.
 */
final class AccessTokenDecoders {

	private AccessTokenDecoders() {
	}

	/**
	 * Build a decoder.
	 * @param keys the keys that may have signed a token
	 * @param algorithms the accepted signature algorithms
	 * @param validator validates the claims
	 */
	static JwtDecoder create(JWKSource<SecurityContext> keys, Set<JWSAlgorithm> algorithms,
			OAuth2TokenValidator<Jwt> validator) {
		DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
		processor.setJWSKeySelector(new EdwardsCurves.KeySelector(algorithms, keys));
		processor.setJWSVerifierFactory(new EdwardsCurves.VerifierFactory());
		// Types and claims are AccessTokenValidators' business; Nimbus' own checks would
		// refuse at+jwt.
		processor.setJWSTypeVerifier((type, context) -> {
		});
		processor.setJWTClaimsSetVerifier((claims, context) -> {
		});
		NimbusJwtDecoder decoder = new NimbusJwtDecoder(processor);
		decoder.setJwtValidator(validator);
		return decoder;
	}

}
