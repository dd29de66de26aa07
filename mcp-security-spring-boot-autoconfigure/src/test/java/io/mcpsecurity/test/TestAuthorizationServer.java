package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;

/**
 * An authorization server as far as a resource server sees one: metadata and keys over
 * HTTP, and tokens of any shape signed with those keys.
 */
public final class TestAuthorizationServer implements AutoCloseable {

	private final int port;

	private final String path;

	private final AtomicInteger metadataRequests = new AtomicInteger();

	private final AtomicInteger keyRequests = new AtomicInteger();

	private volatile RSAKey rsa = rsaKey(null);

	/** What is published besides the key that signs: keys to come and keys that were. */
	private final List<RSAKey> others = new CopyOnWriteArrayList<>();

	private volatile @Nullable String keysDocument;

	private final ECKey ec = ecKey();

	private volatile @Nullable HttpServer http;

	private volatile String announcedIssuer;

	private volatile String announcedKeys;

	private volatile CountDownLatch answering = new CountDownLatch(0);

	private TestAuthorizationServer(int port, String path) {
		this.port = port;
		this.path = path;
		this.announcedIssuer = issuer();
		this.announcedKeys = issuer() + "/keys";
	}

	/**
	 * A running server at a free port.
	 */
	public static TestAuthorizationServer start() {
		TestAuthorizationServer server = stopped("");
		server.open();
		return server;
	}

	/**
	 * A server that does not run yet; its issuer is known already.
	 */
	public static TestAuthorizationServer stopped(String path) {
		return new TestAuthorizationServer(FreePort.find(), path);
	}

	public String issuer() {
		return "http://localhost:" + this.port + this.path;
	}

	/**
	 * How often the keys were fetched.
	 */
	public int keyRequests() {
		return this.keyRequests.get();
	}

	/**
	 * How often the metadata was fetched.
	 */
	public int metadataRequests() {
		return this.metadataRequests.get();
	}

	/**
	 * The id of the key that signs.
	 */
	public String keyId() {
		return this.rsa.getKeyID();
	}

	public JWK publicKey() {
		return this.rsa.toPublicJWK();
	}

	/**
	 * Sign with a new key from now on, and no longer publish the old one.
	 */
	public void rotateKey() {
		this.rsa = rsaKey(null);
	}

	/**
	 * Sign with a new key from now on, and publish it under the old one's id.
	 */
	public void replaceKey() {
		this.rsa = rsaKey(keyId());
	}

	/**
	 * Publish a new key, and sign with the old one still.
	 */
	public void announceKey() {
		this.others.add(rsaKey(null));
	}

	/**
	 * Sign with the key that was announced first, and publish the old one still.
	 */
	public void useAnnouncedKey() {
		RSAKey announced = this.others.get(0);
		this.others.add(this.rsa);
		this.rsa = announced;
		this.others.remove(0);
	}

	/**
	 * Publish the key that signs, and no other.
	 */
	public void withdrawOtherKeys() {
		this.others.clear();
	}

	/**
	 * Let this be the answer to requests for the keys, or the keys again with
	 * {@code null}.
	 */
	public void answerKeysWith(@Nullable String document) {
		this.keysDocument = document;
	}

	/**
	 * Let requests for the keys wait, and answer then what was true when they came.
	 * @return lets them go on
	 */
	public Runnable holdKeys() {
		CountDownLatch held = new CountDownLatch(1);
		this.answering = held;
		return held::countDown;
	}

	/**
	 * Let the metadata name another issuer.
	 */
	public void announceIssuer(String issuer) {
		this.announcedIssuer = issuer;
	}

	/**
	 * Let the metadata name another location of the keys.
	 */
	public void announceKeysAt(String uri) {
		this.announcedKeys = uri;
	}

	public void open() {
		try {
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port),
					0);
			server.createContext(this.path + "/.well-known/openid-configuration", (exchange) -> {
				this.metadataRequests.incrementAndGet();
				answer(exchange, JSONObjectUtils
					.toJSONString(Map.of("issuer", this.announcedIssuer, "jwks_uri", this.announcedKeys)));
			});
			server.createContext(this.path + "/keys", (exchange) -> {
				this.keyRequests.incrementAndGet();
				String document = this.keysDocument;
				String answer = (document != null) ? document : keys().toString();
				await(this.answering);
				answer(exchange, answer);
			});
			server.setExecutor(Executors.newCachedThreadPool((task) -> {
				Thread thread = new Thread(task, "authorization-server");
				thread.setDaemon(true);
				return thread;
			}));
			server.start();
			this.http = server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private JWKSet keys() {
		List<JWK> keys = new ArrayList<>(List.of(this.rsa.toPublicJWK(), this.ec.toPublicJWK()));
		this.others.forEach((key) -> keys.add(key.toPublicJWK()));
		return new JWKSet(keys);
	}

	private static void answer(HttpExchange exchange, String json) throws IOException {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().set("Content-Type", "application/json");
		exchange.sendResponseHeaders(200, body.length);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		HttpServer server = this.http;
		if (server != null) {
			server.stop(0);
			this.http = null;
		}
	}

	/**
	 * A token of a user, good for five minutes; every part can be changed.
	 */
	public Token token(String audience) {
		return new Token().claim("iss", issuer())
			.claim("sub", "alice")
			.claim("aud", audience)
			.claim("client_id", "test-client")
			.claim("jti", "token-1")
			.claim("exp", Date.from(Instant.now().plusSeconds(300)));
	}

	private static RSAKey rsaKey(@Nullable String keyId) {
		try {
			RSAKeyGenerator generator = new RSAKeyGenerator(2048);
			return ((keyId != null) ? generator.keyID(keyId) : generator.keyIDFromThumbprint(true)).generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static ECKey ecKey() {
		try {
			return new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A token to be signed.
	 */
	public final class Token {

		private final Map<String, @Nullable Object> claims = new HashMap<>();

		private @Nullable String type = "at+jwt";

		private @Nullable JWK key;

		private @Nullable String keyId;

		private Token() {
		}

		/**
		 * Set a claim, or leave it out with {@code null}.
		 */
		public Token claim(String name, @Nullable Object value) {
			this.claims.put(name, value);
			return this;
		}

		public Token scope(String... scopes) {
			return claim("scope", String.join(" ", scopes));
		}

		public Token type(@Nullable String type) {
			this.type = type;
			return this;
		}

		/**
		 * Sign with this key instead of the server's.
		 */
		public Token key(JWK key) {
			this.key = key;
			return this;
		}

		public Token keyId(String keyId) {
			this.keyId = keyId;
			return this;
		}

		/**
		 * Sign with the server's elliptic curve key.
		 */
		public Token elliptic() {
			return key(TestAuthorizationServer.this.ec);
		}

		public JWTClaimsSet claims() {
			JWTClaimsSet.Builder set = new JWTClaimsSet.Builder();
			new ArrayList<>(this.claims.entrySet()).forEach((claim) -> {
				if (claim.getValue() != null) {
					set.claim(claim.getKey(), claim.getValue());
				}
			});
			return set.build();
		}

		public String sign() {
			try {
				JWK signingKey = (this.key != null) ? this.key : TestAuthorizationServer.this.rsa;
				JWSSigner signer = (signingKey instanceof ECKey ecKey) ? new ECDSASigner(ecKey)
						: new RSASSASigner((RSAKey) signingKey);
				JWSHeader header = new JWSHeader.Builder(
						(signingKey instanceof ECKey) ? JWSAlgorithm.ES256 : JWSAlgorithm.RS256)
					.keyID((this.keyId != null) ? this.keyId : signingKey.getKeyID())
					.type((this.type != null) ? new JOSEObjectType(this.type) : null)
					.build();
				SignedJWT jwt = new SignedJWT(header, claims());
				jwt.sign(signer);
				return jwt.serialize();
			}
			catch (JOSEException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
