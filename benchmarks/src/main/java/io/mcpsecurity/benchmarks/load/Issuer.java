package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;

/**
 * An authorization server that signs tokens and publishes its keys, and introspects
 * opaque tokens.
 */
public final class Issuer implements AutoCloseable {

	private static final Duration LIFETIME = Duration.ofHours(12);

	private final RSAKey rsa;

	private final ECKey ec;

	private final HttpServer http;

	/**
	 * Create one that listens on a free port of this machine.
	 */
	public Issuer() {
		try {
			this.rsa = new RSAKeyGenerator(2048).keyID("rsa").keyUse(KeyUse.SIGNATURE).generate();
			this.ec = new ECKeyGenerator(Curve.P_256).keyID("ec").keyUse(KeyUse.SIGNATURE).generate();
			this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		// The keys are published without an algorithm.
		serve("/keys", new JWKSet(List.of(this.rsa, this.ec)).toPublicJWKSet().toString());
		serve("/.well-known/openid-configuration",
				"{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\",\"subject_types_supported\":[\"public\"]}".formatted(uri(),
						uri()));
		serve("/introspect",
				"{\"active\":true,\"token_type\":\"Bearer\",\"iss\":\"%s\",\"sub\":\"alice\",\"client_id\":\"bench\",\"aud\":\"%s\",\"scope\":\"bench:call\",\"exp\":%d}"
					.formatted(uri(), ServerKind.RESOURCE, Instant.now().plus(LIFETIME).getEpochSecond()));
		this.http.start();
	}

	private void serve(String path, String json) {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		this.http.createContext(path, (exchange) -> {
			exchange.getRequestBody().readAllBytes();
			exchange.getResponseHeaders().set("Content-Type", "application/json");
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		});
	}

	/**
	 * The issuer identifier.
	 */
	public String uri() {
		return "http://localhost:" + this.http.getAddress().getPort();
	}

	String introspectionUri() {
		return uri() + "/introspect";
	}

	/**
	 * Create different tokens.
	 * @param kind the kind of the tokens
	 * @param count the number of tokens
	 * @param scopes the number of scopes of each token
	 */
	public List<String> tokens(TokenKind kind, int count, int scopes) {
		return IntStream.range(0, count).mapToObj((number) -> token(kind, scopes)).toList();
	}

	private String token(TokenKind kind, int scopes) {
		return switch (kind) {
			case RS256 -> signed(JWSAlgorithm.RS256, scopes, LIFETIME);
			case ES256 -> signed(JWSAlgorithm.ES256, scopes, LIFETIME);
			case OPAQUE -> UUID.randomUUID().toString().replace("-", "") + UUID.randomUUID().toString();
			case EXPIRED -> signed(JWSAlgorithm.RS256, scopes, LIFETIME.negated());
			case FORGED -> forged(signed(JWSAlgorithm.RS256, scopes, LIFETIME));
			case MALFORMED -> "no.token." + UUID.randomUUID();
		};
	}

	private String signed(JWSAlgorithm algorithm, int scopes, Duration lifetime) {
		try {
			boolean elliptic = JWSAlgorithm.Family.EC.contains(algorithm);
			JWSSigner signer = elliptic ? new ECDSASigner(this.ec) : new RSASSASigner(this.rsa);
			Instant now = Instant.now();
			JWTClaimsSet claims = new JWTClaimsSet.Builder().issuer(uri())
				.subject("alice")
				.audience(ServerKind.RESOURCE)
				.jwtID(UUID.randomUUID().toString())
				.issueTime(Date.from(now.minus(LIFETIME)))
				.expirationTime(Date.from(now.plus(lifetime)))
				.claim("client_id", "bench")
				.claim("scope",
						IntStream.range(0, scopes)
							.mapToObj((number) -> (number == 0) ? "bench:call" : "bench:more-" + number)
							.collect(Collectors.joining(" ")))
				.build();
			SignedJWT token = new SignedJWT(new JWSHeader.Builder(algorithm).type(JOSEObjectType.JWT)
				.keyID(elliptic ? this.ec.getKeyID() : this.rsa.getKeyID())
				.build(), claims);
			token.sign(signer);
			return token.serialize();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The same token with another signature of the same length.
	 */
	private static String forged(String token) {
		int dot = token.lastIndexOf('.');
		byte[] signature = new byte[256];
		new Random(token.hashCode()).nextBytes(signature);
		signature[0] &= 0x7F;
		return token.substring(0, dot + 1)
				+ java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
	}

	@Override
	public void close() {
		this.http.stop(0);
	}

	/**
	 * The kinds of tokens.
	 */
	public enum TokenKind {

		/** Valid, signed with RSA. */
		RS256,

		/** Valid, signed with P-256. */
		ES256,

		/** Valid, to be introspected. */
		OPAQUE,

		/** Expired. */
		EXPIRED,

		/** With an invalid signature. */
		FORGED,

		/** Not a JWT. */
		MALFORMED

	}

}
