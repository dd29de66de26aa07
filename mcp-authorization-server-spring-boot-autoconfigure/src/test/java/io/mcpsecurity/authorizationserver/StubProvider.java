package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * A provider that knows nothing of MCP: every user who comes is signed in at once. As
 * Microsoft Entra ID, it refuses {@code resource} beside scopes of its own.
 */
final class StubProvider implements AutoCloseable {

	static final String ACCESS_TOKEN = "upstream-access-token";

	/** What a sign-in with the client registration consists of. */
	private static final List<String> PARAMETERS = List.of("client_id", "code_challenge", "code_challenge_method",
			"nonce", "redirect_uri", "response_type", "scope", "state");

	private final HttpServer server = create();

	private final RSAKey key;

	private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();

	/** The parameters of the requests to the authorization endpoint. */
	final List<Map<String, String>> authorizations = new CopyOnWriteArrayList<>();

	/** The parameters of the requests to the token endpoint. */
	final List<Map<String, String>> redemptions = new CopyOnWriteArrayList<>();

	/** The ID tokens. */
	final List<String> idTokens = new CopyOnWriteArrayList<>();

	/** The claims of the ID token, and of the user info. */
	volatile Map<String, Object> user;

	/** The claims that only the user info has. */
	volatile Map<String, Object> userInfo;

	/** Parameters of the next responses of the authorization endpoint. */
	volatile Map<String, String> response;

	/** The path of the endpoint that fails. */
	volatile String down;

	/** Whether the token endpoint does not respond for a time. */
	volatile boolean hanging;

	/** A claim of the next ID tokens, for a wrong one. */
	volatile Map<String, Object> forged;

	StubProvider() throws JOSEException {
		this.key = new RSAKeyGenerator(2048).keyID("key").generate();
		reset();
		handle("/.well-known/openid-configuration", this::metadata);
		handle("/authorize", this::authorize);
		handle("/token", this::token);
		handle("/userinfo", (exchange) -> json(exchange, 200, union(this.user, this.userInfo)));
		handle("/jwks", (exchange) -> json(exchange, 200, new JWKSet(this.key.toPublicJWK()).toJSONObject()));
		this.server.start();
	}

	void reset() {
		this.user = Map.of("sub", "248289761001", "name", "Alice Example", "groups", List.of("readers"));
		this.userInfo = Map.of();
		this.response = Map.of();
		this.down = "";
		this.hanging = false;
		this.forged = Map.of();
		this.authorizations.clear();
		this.redemptions.clear();
	}

	String issuer() {
		return "http://localhost:" + this.server.getAddress().getPort();
	}

	@Override
	public void close() {
		this.server.stop(0);
	}

	private void metadata(HttpExchange exchange) throws IOException {
		Map<String, Object> metadata = new LinkedHashMap<>();
		metadata.put("issuer", issuer());
		metadata.put("authorization_endpoint", issuer() + "/authorize");
		metadata.put("token_endpoint", issuer() + "/token");
		metadata.put("userinfo_endpoint", issuer() + "/userinfo");
		metadata.put("jwks_uri", issuer() + "/jwks");
		metadata.put("subject_types_supported", List.of("public"));
		metadata.put("response_types_supported", List.of("code"));
		metadata.put("id_token_signing_alg_values_supported", List.of("RS256"));
		metadata.put("authorization_response_iss_parameter_supported", true);
		json(exchange, 200, metadata);
	}

	private void authorize(HttpExchange exchange) throws IOException {
		Map<String, String> request = parameters(exchange.getRequestURI().getRawQuery());
		this.authorizations.add(request);
		Map<String, String> response = new LinkedHashMap<>();
		if (request.containsKey("resource")) {
			response.put("error", "invalid_target");
			response.put("error_description", "AADSTS9010010: The resource parameter doesn't match the scopes.");
		}
		else if (!PARAMETERS.containsAll(request.keySet())) {
			response.put("error", "invalid_request");
		}
		else {
			String code = UUID.randomUUID().toString();
			this.codes.put(code, request);
			response.put("code", code);
		}
		response.put("state", request.get("state"));
		response.put("iss", issuer());
		response.putAll(this.response);
		response.values().removeIf(String::isEmpty);
		StringBuilder location = new StringBuilder(request.get("redirect_uri"));
		response.forEach((name, value) -> location.append((location.indexOf("?") < 0) ? '?' : '&')
			.append(name)
			.append('=')
			.append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
		exchange.getResponseHeaders().add("Location", location.toString());
		exchange.sendResponseHeaders(302, -1);
	}

	private void token(HttpExchange exchange) throws IOException, JOSEException, NoSuchAlgorithmException {
		long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
		while (this.hanging && System.nanoTime() < end) {
			LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
		}
		Map<String, String> request = parameters(new String(exchange.getRequestBody().readAllBytes()));
		this.redemptions.add(request);
		Map<String, String> authorization = this.codes.remove(String.valueOf(request.get("code")));
		String client = "Basic " + Base64.getEncoder().encodeToString("upstream-client:upstream-secret".getBytes());
		if (authorization == null || !client.equals(exchange.getRequestHeaders().getFirst("Authorization"))
				|| !authorization.get("redirect_uri").equals(request.get("redirect_uri"))
				|| !authorization.get("code_challenge").equals(challenge(request.get("code_verifier")))) {
			json(exchange, 400, Map.of("error", "invalid_grant"));
			return;
		}
		Map<String, Object> response = new HashMap<>(
				Map.of("access_token", ACCESS_TOKEN, "token_type", "Bearer", "expires_in", 300));
		if (authorization.get("scope").contains("openid")) {
			response.put("id_token", idToken(authorization));
		}
		json(exchange, 200, response);
	}

	private String idToken(Map<String, String> authorization) throws JOSEException {
		JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder().issuer(issuer())
			.audience("upstream-client")
			.issueTime(new Date())
			.expirationTime(Date.from(Instant.now().plusSeconds(300)))
			.claim("nonce", authorization.get("nonce"));
		this.user.forEach(claims::claim);
		this.forged.forEach(claims::claim);
		SignedJWT token = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("key").build(), claims.build());
		token.sign(new RSASSASigner(this.key));
		this.idTokens.add(token.serialize());
		return token.serialize();
	}

	static String challenge(String verifier) throws NoSuchAlgorithmException {
		byte[] hash = MessageDigest.getInstance("SHA-256")
			.digest(String.valueOf(verifier).getBytes(StandardCharsets.US_ASCII));
		return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
	}

	static Map<String, String> parameters(String query) {
		Map<String, String> parameters = new LinkedHashMap<>();
		for (String parameter : query.split("&")) {
			String[] parts = parameter.split("=", 2);
			parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
		}
		return parameters;
	}

	static URI withParameters(String uri, Map<String, String> parameters) {
		StringBuilder query = new StringBuilder();
		parameters.forEach((name, value) -> query.append(query.isEmpty() ? "?" : "&")
			.append(name)
			.append("=")
			.append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
		return URI.create(uri + query);
	}

	private static Map<String, Object> union(Map<String, Object> some, Map<String, Object> others) {
		Map<String, Object> all = new HashMap<>(some);
		all.putAll(others);
		return all;
	}

	private void handle(String path, Handler handler) {
		this.server.createContext(path, (exchange) -> {
			try (exchange) {
				if (path.equals(this.down)) {
					exchange.sendResponseHeaders(503, -1);
				}
				else {
					handler.handle(exchange);
				}
			}
			catch (JOSEException | NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex);
			}
		});
	}

	private static void json(HttpExchange exchange, int status, Map<String, Object> value) throws IOException {
		byte[] body = JSONObjectUtils.toJSONString(value).getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, body.length);
		exchange.getResponseBody().write(body);
	}

	private static HttpServer create() {
		try {
			return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private interface Handler {

		void handle(HttpExchange exchange) throws IOException, JOSEException, NoSuchAlgorithmException;

	}

}
