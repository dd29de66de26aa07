package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
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

import org.springframework.http.HttpHeaders;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.test.web.servlet.request.RequestPostProcessor;

/**
 * An authorization server on a local port, as far as a resource server needs one: it
 * serves metadata and keys, and signs access tokens of any {@linkplain TokenShape shape}
 * with those keys. Tests create the tokens of MCP clients. The token endpoint is for the
 * resource server itself: it exchanges tokens (RFC 8693), and issues tokens by client
 * credentials, to any client that authenticates with a secret in the header.
 * <p>
 * Keys can be rotated, and responses held or replaced, for tests of outages. Safe for use
 * by several threads.
 */
public final class TestAuthorizationServer implements AutoCloseable {

	private static final Duration LIFETIME = Duration.ofMinutes(5);

	private final int port;

	private final String path;

	private final AtomicInteger metadataRequests = new AtomicInteger();

	private final AtomicInteger keyRequests = new AtomicInteger();

	private volatile RSAKey rsa = rsaKey(null);

	/** Keys that are published besides the one that signs. */
	private final List<RSAKey> others = new CopyOnWriteArrayList<>();

	private volatile @Nullable String keysDocument;

	private final ECKey ec = ecKey();

	private volatile @Nullable HttpServer http;

	private volatile String announcedIssuer;

	private volatile String announcedKeys;

	private volatile CountDownLatch held = new CountDownLatch(0);

	private final List<Map<String, String>> tokenRequests = new CopyOnWriteArrayList<>();

	private volatile Consumer<Token> issuing = (token) -> {
	};

	private volatile @Nullable String audience;

	private volatile TokenShape shape = TokenShape.GENERIC;

	private TestAuthorizationServer(int port, String path) {
		this.port = port;
		this.path = path;
		this.announcedIssuer = issuer();
		this.announcedKeys = "http://localhost:" + this.port + withoutSlash() + "/keys";
	}

	/**
	 * Start a server on a free port.
	 * @throws UncheckedIOException if the port cannot be opened
	 */
	public static TestAuthorizationServer start() {
		TestAuthorizationServer server = stopped("");
		server.open();
		return server;
	}

	/**
	 * Create a server that does not run yet. Its issuer is already known.
	 * @param path the path of the issuer, for example {@code /realms/main}, or an empty
	 * string
	 */
	public static TestAuthorizationServer stopped(String path) {
		return new TestAuthorizationServer(TestSocketUtils.findAvailableTcpPort(), path);
	}

	/**
	 * The issuer identifier, the {@code iss} claim of the tokens.
	 */
	public String issuer() {
		return "http://localhost:" + this.port + this.path;
	}

	/**
	 * The URL of the keys.
	 */
	public String jwkSetUri() {
		return this.announcedKeys;
	}

	/**
	 * Set what {@link #token()} creates.
	 * @param audience the audience of tokens
	 * @param shape the shape of tokens
	 * @return this server
	 */
	public TestAuthorizationServer issueFor(String audience, TokenShape shape) {
		this.audience = audience;
		this.shape = shape;
		return this;
	}

	/**
	 * Create a token of the audience and shape that were set with {@link #issueFor}. It
	 * can be changed before it is signed.
	 * @throws IllegalStateException if no audience was set
	 */
	public Token token() {
		String audience = this.audience;
		if (audience == null) {
			throw new IllegalStateException("No audience was set: use issueFor, or token with an audience");
		}
		return token(audience).shape(this.shape);
	}

	/**
	 * Create a token of the subject {@code alice}, without scopes, that is valid for five
	 * minutes. It can be changed before it is signed.
	 * @param audience the audience: a resource identifier, or another value for some
	 * {@linkplain TokenShape shapes}
	 */
	public Token token(String audience) {
		return new Token(audience);
	}

	/**
	 * The URL of the token endpoint.
	 */
	public String tokenUri() {
		return "http://localhost:" + this.port + withoutSlash() + "/token";
	}

	/**
	 * The parameters of the requests to the token endpoint, and {@code client_id}.
	 */
	public List<Map<String, String>> tokenRequests() {
		return this.tokenRequests;
	}

	/**
	 * Change the tokens that the token endpoint issues, before they are signed.
	 */
	public void issuing(Consumer<Token> change) {
		this.issuing = change;
	}

	/**
	 * The number of requests for the keys.
	 */
	public int keyRequests() {
		return this.keyRequests.get();
	}

	/**
	 * The number of requests for the metadata.
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

	/**
	 * The public part of the key that signs.
	 */
	public JWK publicKey() {
		return this.rsa.toPublicJWK();
	}

	/**
	 * The key that signs, with its private part.
	 */
	public JWK signingKey() {
		return this.rsa;
	}

	/**
	 * Sign with a new key from now on, and do not publish the old one any more.
	 */
	public void rotateKey() {
		this.rsa = rsaKey(null);
	}

	/**
	 * Sign with a new key from now on, and publish it with the id of the old one.
	 */
	public void replaceKey() {
		this.rsa = rsaKey(keyId());
	}

	/**
	 * Publish a new key in addition, without signing with it yet.
	 */
	public void announceKey() {
		this.others.add(rsaKey(null));
	}

	/**
	 * Sign with the key that was announced first, and still publish the old one.
	 */
	public void useAnnouncedKey() {
		RSAKey announced = this.others.get(0);
		this.others.add(this.rsa);
		this.rsa = announced;
		this.others.remove(0);
	}

	/**
	 * Publish only the key that signs.
	 */
	public void withdrawOtherKeys() {
		this.others.clear();
	}

	/**
	 * Replace the response to requests for the keys.
	 * @param document the content of the response, or {@code null} for the keys
	 */
	public void publishKeys(@Nullable String document) {
		this.keysDocument = document;
	}

	/**
	 * Hold the responses to requests for the keys. Their content is that of the time of
	 * the request.
	 * @return sends the responses
	 */
	public Runnable holdKeys() {
		CountDownLatch latch = new CountDownLatch(1);
		this.held = latch;
		return latch::countDown;
	}

	/**
	 * Set the issuer in the metadata to another one than {@link #issuer()}.
	 */
	public void announceIssuer(String issuer) {
		this.announcedIssuer = issuer;
	}

	/**
	 * Set the location of the keys in the metadata to another one.
	 */
	public void announceKeysAt(String uri) {
		this.announcedKeys = uri;
	}

	/**
	 * Open the port.
	 * @throws UncheckedIOException if that fails
	 */
	public void open() {
		try {
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port),
					0);
			server.createContext(withoutSlash() + "/.well-known/openid-configuration", (exchange) -> {
				this.metadataRequests.incrementAndGet();
				respond(exchange, JSONObjectUtils.toJSONString(Map.of("issuer", this.announcedIssuer, "jwks_uri",
						this.announcedKeys, "token_endpoint", tokenUri())));
			});
			server.createContext(withoutSlash() + "/token", this::issue);
			server.createContext(withoutSlash() + "/keys", (exchange) -> {
				this.keyRequests.incrementAndGet();
				String document = this.keysDocument;
				String content = (document != null) ? document : keys().toString();
				await(this.held);
				respond(exchange, content);
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

	private String withoutSlash() {
		return this.path.endsWith("/") ? this.path.substring(0, this.path.length() - 1) : this.path;
	}

	private void issue(HttpExchange exchange) throws IOException {
		Map<String, String> form = new LinkedHashMap<>();
		for (String parameter : new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
			.split("&")) {
			String[] parts = parameter.split("=", 2);
			form.put(decode(parts[0]), decode(parts[1]));
		}
		String credentials = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"))
			.replaceFirst("Basic ", "");
		String client = decode(
				new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8).split(":", 2)[0]);
		form.put("client_id", client);
		this.tokenRequests.add(form);
		try {
			respond(exchange, JSONObjectUtils.toJSONString(issue(form, client)));
		}
		catch (ParseException | JOSEException ex) {
			respond(exchange, 400, "{\"error\":\"invalid_request\"}");
		}
	}

	private Map<String, Object> issue(Map<String, String> form, String client) throws ParseException, JOSEException {
		Token token = token(form.getOrDefault("audience", form.getOrDefault("resource", issuer()))).clientId(client)
			.scope(form.getOrDefault("scope", "").split(" "));
		if (form.containsKey("subject_token")) {
			JWTClaimsSet subject = verified(form.get("subject_token"));
			Map<String, Object> actor = new LinkedHashMap<>();
			actor.put("sub", form.containsKey("actor_token") ? verified(form.get("actor_token")).getSubject() : client);
			if (subject.getClaim("act") != null) {
				actor.put("act", subject.getClaim("act"));
			}
			token.subject(subject.getSubject()).claim("act", actor);
		}
		else {
			token.subject(client);
		}
		this.issuing.accept(token);
		return Map.of("access_token", token.sign(), "token_type", "Bearer", "issued_token_type",
				"urn:ietf:params:oauth:token-type:access_token", "expires_in",
				Duration.between(Instant.now(), token.expiresAt).toSeconds(), "scope", String.join(" ", token.scopes));
	}

	private JWTClaimsSet verified(String token) throws ParseException, JOSEException {
		SignedJWT jwt = SignedJWT.parse(token);
		if (!jwt.verify(new RSASSAVerifier(this.rsa))) {
			throw new JOSEException("The token is not signed by this server");
		}
		return jwt.getJWTClaimsSet();
	}

	private static String decode(String text) {
		return URLDecoder.decode(text, StandardCharsets.UTF_8);
	}

	private static void respond(HttpExchange exchange, String json) throws IOException {
		respond(exchange, 200, json);
	}

	private static void respond(HttpExchange exchange, int status, String json) throws IOException {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().set("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, body.length);
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

	/**
	 * Close the port. It can be opened again.
	 */
	@Override
	public void close() {
		HttpServer server = this.http;
		if (server != null) {
			server.stop(0);
			this.http = null;
		}
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
	 * An access token before it is signed. In a test with MockMvc it is a
	 * {@link RequestPostProcessor}, and in a test with {@code RestTestClient},
	 * {@code WebTestClient} or another client of Spring a consumer of
	 * {@link HttpHeaders}: both sign it, and add it to the request as a bearer token.
	 */
	public final class Token implements RequestPostProcessor, Consumer<HttpHeaders> {

		private final Map<String, @Nullable Object> changes = new LinkedHashMap<>();

		private final String id = UUID.randomUUID().toString();

		private TokenShape shape = TokenShape.GENERIC;

		private @Nullable String type = this.shape.type();

		private String subject = "alice";

		private String audience;

		private @Nullable String clientId;

		private List<String> scopes = List.of();

		private Instant expiresAt = Instant.now().plus(LIFETIME);

		private @Nullable JWK key;

		private @Nullable String keyId;

		private Token(String audience) {
			this.audience = audience;
		}

		/**
		 * Set the shape.
		 */
		public Token shape(TokenShape shape) {
			this.shape = shape;
			this.type = shape.type();
			return this;
		}

		/**
		 * Set the subject.
		 */
		public Token subject(String subject) {
			this.subject = subject;
			return this;
		}

		/**
		 * Set the scopes.
		 */
		public Token scope(String... scopes) {
			this.scopes = List.of(scopes);
			return this;
		}

		/**
		 * Set the client.
		 */
		public Token clientId(String clientId) {
			this.clientId = clientId;
			return this;
		}

		/**
		 * Set the audience.
		 */
		public Token audience(String audience) {
			this.audience = audience;
			return this;
		}

		/**
		 * Set the time until the token expires.
		 * @param lifetime the time from now on; a negative one creates an expired token
		 */
		public Token expiresIn(Duration lifetime) {
			this.expiresAt = Instant.now().plus(lifetime);
			return this;
		}

		/**
		 * Let the token have expired ten minutes ago.
		 */
		public Token expired() {
			return expiresIn(Duration.ofMinutes(-10));
		}

		/**
		 * Set a claim after all others.
		 * @param name its name
		 * @param value its value as in JSON, or {@code null} to remove the claim
		 */
		public Token claim(String name, @Nullable Object value) {
			this.changes.put(name, value);
			return this;
		}

		/**
		 * Bind the token to a key of the client ({@code cnf}, RFC 9449 section 6.1). The
		 * token is accepted only with proofs of that key: see
		 * {@link McpTestClient#as(Token, DpopKey)}.
		 */
		public Token boundTo(DpopKey key) {
			return claim("cnf", Map.of("jkt", key.thumbprint()));
		}

		/**
		 * Set the {@code typ} header.
		 * @param type its value, or {@code null} to remove it
		 */
		public Token type(@Nullable String type) {
			this.type = type;
			return this;
		}

		/**
		 * Sign with another key than that of the server.
		 * @param key an RSA or elliptic curve key with its private part
		 */
		public Token key(JWK key) {
			this.key = key;
			return this;
		}

		/**
		 * Sign with a key that the server does not publish.
		 */
		public Token unknownKey() {
			return key(rsaKey(null));
		}

		/**
		 * Set the {@code kid} header, without changing the key.
		 */
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

		/**
		 * The claims as they are signed.
		 */
		public JWTClaimsSet claims() {
			Map<String, @Nullable Object> claims = new LinkedHashMap<>(
					this.shape.claims(issuer(), this.audience, this.clientId, this.scopes));
			claims.values().removeIf((scopes) -> "".equals(scopes) || List.of().equals(scopes));
			claims.put("iss", issuer());
			claims.put("sub", this.subject);
			claims.put("jti", this.id);
			claims.put("exp", Date.from(this.expiresAt));
			claims.putAll(this.changes);
			JWTClaimsSet.Builder set = new JWTClaimsSet.Builder();
			claims.forEach((name, value) -> {
				if (value != null) {
					set.claim(name, value);
				}
			});
			return set.build();
		}

		/**
		 * Sign the token.
		 * @return the token in its compact form
		 */
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

		@Override
		public void accept(HttpHeaders headers) {
			headers.setBearerAuth(sign());
		}

		@Override
		public MockHttpServletRequest postProcessRequest(MockHttpServletRequest request) {
			request.addHeader(HttpHeaders.AUTHORIZATION, "Bearer " + sign());
			return request;
		}

	}

}
