package io.mcpsecurity.downstream;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mcpsecurity.test.TestAuthorizationServer;

/**
 * A resource server for tokens with its name as the audience. It responds with the claims
 * of the token, and keeps all requests. Other paths respond as their names say, and below
 * {@code /token} as a token endpoint that does not behave.
 */
final class OrderService implements AutoCloseable {

	static final String NAME = "order-service";

	private final HttpServer http;

	private final TestAuthorizationServer authorizationServer;

	private final List<Request> requests = new CopyOnWriteArrayList<>();

	OrderService(TestAuthorizationServer authorizationServer) {
		this.authorizationServer = authorizationServer;
		try {
			this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.http.setExecutor(Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, "order-service");
			thread.setDaemon(true);
			return thread;
		}));
		this.http.createContext("/", this::serve);
		this.http.start();
	}

	String url(String path) {
		return "http://localhost:" + this.http.getAddress().getPort() + path;
	}

	/** The requests so far. */
	List<Request> requests() {
		return this.requests;
	}

	private void serve(HttpExchange exchange) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		this.requests
			.add(new Request(exchange.getRequestURI().toString(), Map.copyOf(exchange.getRequestHeaders()), body));
		String path = exchange.getRequestURI().getPath();
		switch (path.substring(path.lastIndexOf('/') + 1)) {
			case "redirect" -> {
				exchange.getResponseHeaders().set("Location", url("/elsewhere"));
				respond(exchange, 307, "{}");
			}
			case "more-scopes" -> {
				exchange.getResponseHeaders()
					.set("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"orders:refund\"");
				respond(exchange, 403, "{\"secret\":\"body\"}");
			}
			case "other-scopes" -> {
				exchange.getResponseHeaders()
					.set("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"orders:audit\"");
				respond(exchange, 403, "{\"secret\":\"body\"}");
			}
			case "slow-unauthorized" -> {
				sleep();
				respond(exchange, 401, "{}");
			}
			case "unauthorized" -> respond(exchange, 401, "{\"secret\":\"body\"}");
			case "key" -> respond(exchange, 200, "\"" + exchange.getRequestHeaders().getFirst("X-API-Key") + "\"");
			case "openid-configuration" ->
				respond(exchange, 200, "{\"issuer\":\"" + url("/broken") + "\",\"token_endpoint\":\"https://a b\"}");
			case "html" -> respond(exchange, 200, "<html>sign in</html>");
			case "huge" -> respond(exchange, 200, "{\"access_token\":\"" + "x".repeat(100_000) + "\"}");
			case "slow" -> {
				sleep();
				respond(exchange, 200, "{}");
			}
			case "down" -> respond(exchange, 503, "{\"secret\":\"body\"}");
			case "denied" -> respond(exchange, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"secret\"}");
			case "consent" -> respond(exchange, 400, "{\"error\":\"consent_required\"}");
			case "mac" -> respond(exchange, 200, "{\"access_token\":\"abc\",\"token_type\":\"MAC\"}");
			case "id-token" -> respond(exchange, 200, "{\"access_token\":\"abc\",\"token_type\":\"Bearer\","
					+ "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:id_token\"}");
			case "malformed" -> respond(exchange, 200, "{\"access_token\":\"a\\r\\nX: b\",\"token_type\":\"Bearer\","
					+ "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:access_token\"}");
			case "echo" -> respond(exchange, 200, "{\"access_token\":\""
					+ body.replaceAll(".*subject_token=([^&]*).*", "$1")
					+ "\",\"token_type\":\"Bearer\",\"issued_token_type\":\"urn:ietf:params:oauth:token-type:access_token\"}");
			default -> claims(exchange);
		}
	}

	private void claims(HttpExchange exchange) throws IOException {
		String header = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
		try {
			SignedJWT jwt = SignedJWT.parse(header.replaceFirst("Bearer ", ""));
			JWTClaimsSet claims = jwt.getJWTClaimsSet();
			boolean accepted = jwt
				.verify(new RSASSAVerifier(this.authorizationServer.signingKey().toRSAKey().toRSAPublicKey()))
					&& claims.getAudience().contains(NAME);
			respond(exchange, accepted ? 200 : 401,
					accepted ? JSONObjectUtils.toJSONString(claims.toJSONObject()) : "{}");
		}
		catch (ParseException | JOSEException ex) {
			respond(exchange, 401, "{}");
		}
	}

	private static void sleep() {
		try {
			Thread.sleep(3000);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static void respond(HttpExchange exchange, int status, String json) throws IOException {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().set("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, body.length);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

	@Override
	public void close() {
		this.http.stop(0);
	}

	/** A request. */
	record Request(String uri, Map<String, List<String>> headers, String body) {
	}

}
