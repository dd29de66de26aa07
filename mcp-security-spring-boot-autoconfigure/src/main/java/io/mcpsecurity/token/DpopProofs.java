package io.mcpsecurity.token;

import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.hash.Sha256;
import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.DPoPProofContext;
import org.springframework.security.oauth2.jwt.DPoPProofJwtDecoderFactory;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtException;

/**
 * Checks DPoP proofs (RFC 9449 section 4.3): that the sender of an access token possesses
 * the key to which the token is bound.
 * <p>
 * Spring Security's decoder verifies type, key and signature. Before that, the key is
 * compared with that of the token, so that no signature of another key is verified, and
 * afterwards the claims are checked. A proof is marked as used only if everything else is
 * right, so that only the holder of the key can mark one.
 */
public final class DpopProofs {

	/**
	 * The accepted signature algorithms, all asymmetric: those that Spring Security's
	 * decoder verifies with the JDK.
	 */
	public static final List<String> ALGORITHMS = List.of("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256",
			"RS384", "RS512");

	/** Enough for a proof with an RSA key of 4096 bits, which has 2,500 characters. */
	private static final int MAX_LENGTH = 4096;

	/** Between instances that share the used proofs. */
	private static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(1);

	/** Longer keys and exponents would make a verification expensive. */
	private static final int MAX_RSA_BITS = 4096;

	private static final int MAX_EXPONENT_BITS = 64;

	private final DPoPProofJwtDecoderFactory decoders = new DPoPProofJwtDecoderFactory();

	private final Duration maxAge;

	private final UsedProofs used;

	private final @Nullable DpopNonces nonces;

	private final Clock clock;

	/**
	 * Create.
	 * @param maxAge the maximum difference between the {@code iat} of a proof and the
	 * time, positive
	 * @param used the proofs that were used
	 * @param nonces the nonces that proofs must contain, or {@code null} if they need
	 * none
	 * @param clock the clock
	 */
	public DpopProofs(Duration maxAge, UsedProofs used, @Nullable DpopNonces nonces, Clock clock) {
		this.maxAge = maxAge;
		this.used = used;
		this.nonces = nonces;
		this.clock = clock;
		// All claims are checked here, with details for the log.
		this.decoders.setJwtValidatorFactory((context) -> (proof) -> OAuth2TokenValidatorResult.success());
	}

	/** The nonce for the next proof of a client, or {@code null} if it needs none. */
	public @Nullable String nonce() {
		return (this.nonces != null) ? this.nonces.current() : null;
	}

	/**
	 * Check the proof of a request.
	 * @param proof the value of the {@code DPoP} header
	 * @param method the HTTP method of the request
	 * @param targets the URLs of the endpoint, as configured
	 * @param token the access token
	 * @param thumbprint the thumbprint of the key to which the token is bound
	 * @throws RefusedTokenException if the proof is not accepted
	 * @throws org.springframework.security.authentication.AuthenticationServiceException
	 * if it cannot be checked whether the proof was used before
	 */
	public void check(String proof, String method, Collection<String> targets, String token, String thumbprint) {
		checkKey(proof, thumbprint);
		Jwt jwt = decode(proof, method, targets.iterator().next());
		expect("htm", method, jwt);
		checkTarget(jwt, targets);
		expect("ath", Base64URL.encode(Sha256.of(token).bytes()).toString(), jwt);
		Instant now = this.clock.instant();
		Instant issuedAt = jwt.getIssuedAt();
		if (issuedAt == null || Duration.between(issuedAt, now).abs().compareTo(this.maxAge) > 0) {
			throw refused("The DPoP proof is too old, or from the future (iat)",
					"iat " + issuedAt + ", now " + now + ", accepted difference " + this.maxAge);
		}
		if (!(jwt.getClaims().get("jti") instanceof String id) || id.isEmpty()) {
			throw refused("The DPoP proof has no id (jti)", "");
		}
		if (this.nonces != null
				&& !(jwt.getClaims().get("nonce") instanceof String nonce && this.nonces.accept(nonce))) {
			throw new RefusedTokenException(TokenFailure.DPOP_NONCE, "The DPoP proof needs the nonce of this server");
		}
		Duration lifetime = Duration.between(now, issuedAt.plus(this.maxAge)).plus(CLOCK_DIFFERENCE);
		if (!this.used.add(Sha256.ofAll(List.of(thumbprint, id)), lifetime)) {
			throw refused("The DPoP proof was used before (jti)", "");
		}
	}

	private static void checkKey(String proof, String thumbprint) {
		if (proof.length() > MAX_LENGTH) {
			throw refused("The DPoP proof is too long", proof.length() + " characters, at most " + MAX_LENGTH);
		}
		try {
			JWSHeader header = SignedJWT.parse(proof).getHeader();
			if (!ALGORITHMS.contains(header.getAlgorithm().getName())) {
				throw refused("The algorithm of the DPoP proof is not accepted",
						"alg: " + TokenError.difference(ALGORITHMS, header.getAlgorithm()));
			}
			// A header with a private key cannot be parsed.
			JWK key = header.getJWK();
			if (key == null || isExpensive(key)) {
				throw refused("The DPoP proof has no acceptable public key (jwk)", "");
			}
			if (!key.computeThumbprint().toString().equals(thumbprint)) {
				throw refused("The DPoP proof is not of the key to which the token is bound", "");
			}
		}
		catch (ParseException | JOSEException | RuntimeException ex) {
			throw (ex instanceof RefusedTokenException refused) ? refused : refused("The DPoP proof is malformed", "");
		}
	}

	private static boolean isExpensive(JWK key) {
		return key instanceof RSAKey rsa && (rsa.size() > MAX_RSA_BITS
				|| rsa.getPublicExponent().decodeToBigInteger().bitLength() > MAX_EXPONENT_BITS);
	}

	private Jwt decode(String proof, String method, String target) {
		try {
			return this.decoders
				.createDecoder(DPoPProofContext.withDPoPProof(proof).method(method).targetUri(target).build())
				.decode(proof);
		}
		catch (JwtException | IllegalArgumentException ex) {
			// The cause is left out: its text can repeat parts of the proof.
			throw refused("The DPoP proof is malformed, or its key has not signed it", "");
		}
	}

	private static void checkTarget(Jwt jwt, Collection<String> targets) {
		Object found = jwt.getClaims().get("htu");
		String target = (found instanceof String text) ? TargetUri.of(text) : null;
		if (target == null || targets.stream().map(TargetUri::of).noneMatch(target::equals)) {
			throw refused("The DPoP proof is for another URL (htu)", "htu: " + TokenError.difference(targets, found));
		}
	}

	private static void expect(String claim, String expected, Jwt jwt) {
		@Nullable Object found = jwt.getClaims().get(claim);
		if (!Objects.equals(found, expected)) {
			throw refused("The DPoP proof is for another request (" + claim + ")",
					claim + ": " + TokenError.difference(expected, found));
		}
	}

	private static RefusedTokenException refused(String description, String detail) {
		return new RefusedTokenException(TokenFailure.DPOP_PROOF, description, detail);
	}

}
