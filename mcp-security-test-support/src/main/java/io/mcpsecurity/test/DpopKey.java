package io.mcpsecurity.test;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import org.jspecify.annotations.Nullable;

/**
 * The key of a client to which access tokens can be
 * {@linkplain TestAuthorizationServer.Token#boundTo(DpopKey) bound}, and the DPoP proofs
 * that it signs (RFC 9449 section 4).
 */
public final class DpopKey {

	private final ECKey key;

	private DpopKey(ECKey key) {
		this.key = key;
	}

	/**
	 * Generate a key.
	 */
	public static DpopKey generate() {
		try {
			return new DpopKey(new ECKeyGenerator(Curve.P_256).generate());
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The key, with its private part.
	 */
	public ECKey key() {
		return this.key;
	}

	/**
	 * The thumbprint of the key, the {@code jkt} of tokens.
	 */
	public String thumbprint() {
		try {
			return this.key.computeThumbprint().toString();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A new proof for a request. It can be changed before it is signed.
	 * @param method the HTTP method
	 * @param url the URL
	 */
	public Proof proof(String method, String url) {
		return new Proof(method, url);
	}

	/**
	 * A proof before it is signed.
	 */
	public final class Proof {

		private final JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder();

		private String type = "dpop+jwt";

		private Proof(String method, String url) {
			this.claims.jwtID(UUID.randomUUID().toString())
				.issueTime(Date.from(Instant.now()))
				.claim("htm", method)
				.claim("htu", url);
		}

		/**
		 * Add the hash of the access token that the request contains.
		 */
		public Proof token(String token) {
			try {
				byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
				return claim("ath", Base64URL.encode(hash).toString());
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex);
			}
		}

		/**
		 * Set a claim.
		 * @param name its name
		 * @param value its value, or {@code null} to remove the claim
		 */
		public Proof claim(String name, @Nullable Object value) {
			this.claims.claim(name, value);
			return this;
		}

		/**
		 * Set the {@code typ} header.
		 */
		public Proof type(String type) {
			this.type = type;
			return this;
		}

		/**
		 * The claims as they are signed.
		 */
		public JWTClaimsSet claims() {
			return this.claims.build();
		}

		/**
		 * Sign the proof.
		 * @return the value of the {@code DPoP} header
		 */
		public String sign() {
			try {
				SignedJWT proof = new SignedJWT(
						new JWSHeader.Builder(JWSAlgorithm.ES256).type(new JOSEObjectType(this.type))
							.jwk(DpopKey.this.key.toPublicJWK())
							.build(),
						claims());
				proof.sign(new ECDSASigner(DpopKey.this.key));
				return proof.serialize();
			}
			catch (JOSEException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
