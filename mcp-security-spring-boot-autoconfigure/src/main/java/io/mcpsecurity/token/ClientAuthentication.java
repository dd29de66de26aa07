package io.mcpsecurity.token;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.UUID;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.util.MultiValueMap;

/**
 * How this server authenticates at an authorization server (OpenID Connect Core section
 * 9).
 */
@FunctionalInterface
public interface ClientAuthentication {

	/** The lifetime of an assertion. */
	int ASSERTION_SECONDS = 60;

	/** Add to a request what authenticates this server. */
	void authenticate(HttpHeaders headers, MultiValueMap<String, String> form);

	/**
	 * {@code client_secret_basic} (RFC 6749 section 2.3.1: both parts are form-encoded
	 * first).
	 */
	static ClientAuthentication secret(String client, String secret) {
		String encodedClient = URLEncoder.encode(client, StandardCharsets.UTF_8);
		String encodedSecret = URLEncoder.encode(secret, StandardCharsets.UTF_8);
		return (headers, form) -> headers.setBasicAuth(encodedClient, encodedSecret);
	}

	/** {@code client_secret_post} (RFC 6749 section 2.3.1). */
	static ClientAuthentication secretInForm(String client, String secret) {
		return (headers, form) -> form.setAll(Map.of("client_id", client, "client_secret", secret));
	}

	/**
	 * {@code private_key_jwt} (RFC 7523 sections 2.2 and 3): a new assertion for each
	 * request, signed with RS256 or the ES algorithm of the key's curve.
	 * @param client the client id
	 * @param audience the audience of the assertion: the issuer identifier
	 * @param key an RSA or EC key
	 * @param keyId the key's id, or {@code null}
	 * @throws IllegalArgumentException if nothing can be signed with such a key
	 */
	static ClientAuthentication privateKey(String client, String audience, PrivateKey key, @Nullable String keyId) {
		JWSSigner signer;
		try {
			signer = (key instanceof ECPrivateKey elliptic) ? new ECDSASigner(elliptic) : new RSASSASigner(key);
		}
		catch (JOSEException | IllegalArgumentException ex) {
			throw new IllegalArgumentException("it is neither an RSA key nor an EC key of a known curve", ex);
		}
		JWSAlgorithm algorithm = (key instanceof ECPrivateKey) ? signer.supportedJWSAlgorithms().iterator().next()
				: JWSAlgorithm.RS256;
		Clock clock = Clock.systemUTC();
		return (headers, form) -> {
			Instant now = clock.instant();
			SignedJWT assertion = new SignedJWT(new JWSHeader.Builder(algorithm).keyID(keyId).build(),
					new JWTClaimsSet.Builder().issuer(client)
						.subject(client)
						.audience(audience)
						.jwtID(UUID.randomUUID().toString())
						.issueTime(Date.from(now))
						.expirationTime(Date.from(now.plusSeconds(ASSERTION_SECONDS)))
						.build());
			try {
				assertion.sign(signer);
			}
			catch (JOSEException ex) {
				throw new IllegalStateException("The assertion could not be signed", ex);
			}
			form.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
			form.set("client_assertion", assertion.serialize());
			form.set("client_id", client);
		};
	}

}
