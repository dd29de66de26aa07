package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
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
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import tools.jackson.databind.json.JsonMapper;

/**
 * An agent that proves to have a key (RFC 9449 section 4), so that its token is bound to
 * it.
 */
final class DpopProof {

	private DpopProof() {
	}

	/**
	 * Get a token that is bound to a new key.
	 * @param issuer the issuer of the realm
	 * @param client the client and its secret, {@code client:secret}
	 * @param scope the scope to ask for
	 */
	static String clientCredentials(String issuer, String client, String scope) {
		URI endpoint = URI.create(issuer + "/protocol/openid-connect/token");
		try {
			HttpResponse<String> response = HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(endpoint)
					.header("Content-Type", "application/x-www-form-urlencoded")
					.header("Authorization",
							"Basic " + Base64.getEncoder().encodeToString(client.getBytes(StandardCharsets.UTF_8)))
					.header("DPoP", proof(endpoint))
					.POST(BodyPublishers.ofString(
							"grant_type=client_credentials&scope=" + URLEncoder.encode(scope, StandardCharsets.UTF_8)))
					.build(), BodyHandlers.ofString());
			return JsonMapper.shared().readTree(response.body()).path("access_token").asString();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

	private static String proof(URI endpoint) {
		try {
			ECKey key = new ECKeyGenerator(Curve.P_256).generate();
			SignedJWT proof = new SignedJWT(
					new JWSHeader.Builder(JWSAlgorithm.ES256).type(new JOSEObjectType("dpop+jwt"))
						.jwk(key.toPublicJWK())
						.build(),
					new JWTClaimsSet.Builder().jwtID(UUID.randomUUID().toString())
						.claim("htm", "POST")
						.claim("htu", endpoint.toString())
						.issueTime(Date.from(Instant.now()))
						.build());
			proof.sign(new ECDSASigner(key));
			return proof.serialize();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
