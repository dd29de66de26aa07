package io.mcpsecurity.token;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jca.JCAContext;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import org.jspecify.annotations.Nullable;

/**
 * Signatures with Ed25519 and Ed448 (RFC 8037 section 3.1, RFC 9864 section 2.2), by the
 * JDK: Nimbus needs Google Tink for one of them, and has nothing for the other.
 */
final class EdwardsCurves {

	static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519, JWSAlgorithm.Ed448);

	private EdwardsCurves() {
	}

	/**
	 * RFC 8032 section 5.1.2: {@code y} in little-endian order, with the sign of
	 * {@code x} in the last bit.
	 */
	private static Key publicKey(OctetKeyPair key) throws GeneralSecurityException {
		byte[] bytes = key.getDecodedX();
		byte[] y = new byte[bytes.length];
		for (int i = 0; i < y.length; i++) {
			y[i] = bytes[y.length - 1 - i];
		}
		boolean xOdd = y[0] < 0;
		y[0] &= 0x7F;
		return KeyFactory.getInstance("EdDSA")
			.generatePublic(new EdECPublicKeySpec(new NamedParameterSpec(key.getCurve().getName()),
					new EdECPoint(xOdd, new BigInteger(1, y))));
	}

	/** Selects keys of these curves as well. */
	static final class KeySelector extends JWSVerificationKeySelector<SecurityContext> {

		KeySelector(Set<JWSAlgorithm> algorithms, JWKSource<SecurityContext> keys) {
			super(algorithms, keys);
		}

		@Override
		public List<Key> selectJWSKeys(JWSHeader header, @Nullable SecurityContext context) throws KeySourceException {
			if (!ALGORITHMS.contains(header.getAlgorithm())) {
				return super.selectJWSKeys(header, context);
			}
			if (!isAllowed(header.getAlgorithm())) {
				return List.of();
			}
			List<Key> keys = new ArrayList<>();
			for (JWK jwk : getJWKSource().get(new JWKSelector(createJWKMatcher(header)), context)) {
				try {
					keys.add(publicKey(jwk.toOctetKeyPair()));
				}
				catch (GeneralSecurityException | RuntimeException ex) {
					// Not a point on the curve: as with other kinds of keys, no
					// candidate.
				}
			}
			return keys;
		}

	}

	/** Verifies signatures of these keys as well. */
	static final class VerifierFactory extends DefaultJWSVerifierFactory {

		@Override
		public JWSVerifier createJWSVerifier(JWSHeader header, Key key) throws JOSEException {
			return (key instanceof EdECPublicKey publicKey) ? new Verifier(publicKey)
					: super.createJWSVerifier(header, key);
		}

	}

	/** Verifies signatures of one key. */
	private record Verifier(EdECPublicKey key) implements JWSVerifier {

		@Override
		public boolean verify(JWSHeader header, byte[] signingInput, Base64URL signature) throws JOSEException {
			if (header.getCriticalParams() != null) {
				// RFC 7515 section 4.1.11: none is understood.
				return false;
			}
			try {
				Signature verification = Signature.getInstance("EdDSA");
				verification.initVerify(this.key);
				verification.update(signingInput);
				return verification.verify(signature.decode());
			}
			catch (SignatureException ex) {
				// Not of the form of a signature.
				return false;
			}
			catch (GeneralSecurityException ex) {
				throw new JOSEException("The signature cannot be verified", ex);
			}
		}

		@Override
		public Set<JWSAlgorithm> supportedJWSAlgorithms() {
			return ALGORITHMS;
		}

		@Override
		public JCAContext getJCAContext() {
			return new JCAContext();
		}

	}

}
