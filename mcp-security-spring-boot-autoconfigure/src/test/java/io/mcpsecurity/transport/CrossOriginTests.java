package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.RejectedEvents;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What pages in browsers may do with an MCP endpoint, over HTTP: at a server on this
 * machine, and at one that names its origins and hosts.
 */
class CrossOriginTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String APP = "https://app.example.com";

	private static final String MAIN = "https://mcp.example.com/mcp";

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer local;

	private static SecuredServer configured;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		local = SecuredServer.start(BrowserApplication.class, authorizationServer);
		configured = SecuredServer.start(BrowserApplication.class, authorizationServer, "mcp-security.resource=" + MAIN,
				"mcp-security.http.allowed-origins=" + APP + ",https://[2001:db8::1]:8443,moz-extension://*",
				"mcp-security.http.allowed-hosts=localhost,[::1]", "mcp-security.endpoints.admin.path=/admin/mcp",
				"mcp-security.endpoints.admin.resource=https://mcp.example.com/admin/mcp",
				"mcp-security.http.max-body-size=1KB");
	}

	@AfterAll
	static void stop() {
		local.close();
		configured.close();
		authorizationServer.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://localhost:6274", "http://127.0.0.1:6274", "http://[::1]:6274" })
	void localServerAllowsLoopbackOrigins(String origin) {
		HttpResponse<String> response = local
			.send(local.post(local.token().sign(), initialize()).header("Origin", origin));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo(origin);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://localhost.evil.example", "http://evil.example", "null", "nonsense", "*",
			"http://localhost:6274/", "http://[::2]", "http://localhost:6274, http://localhost:6274" })
	void otherOriginsAreRefused(String origin) {
		assertRefused(local, local.post(local.token().sign(), initialize()).header("Origin", origin), "origin");
		assertRefused(local, HttpRequest.newBuilder(URI.create(local.url())).header("Origin", origin), "origin");
		assertRefused(local, HttpRequest.newBuilder(URI.create(local.url())).DELETE().header("Origin", origin),
				"origin");
	}

	@Test
	void duplicateOriginHeaderIsRefused() {
		String origin = "http://localhost:6274";
		assertRefused(local,
				local.post(local.token().sign(), initialize()).header("Origin", origin).header("Origin", origin),
				"origin");
	}

	@Test
	void emptyOriginIsRefused() throws IOException {
		assertThat(raw(local, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin:\r\nContent-Length: 0\r\n\r\n"))
			.startsWith("HTTP/1.1 403 ");
		assertThat(events(local).next()).containsEntry("reason", "origin");
	}

	@Test
	void originIsCheckedBeforeTokenAndBody() throws IOException {
		try (TestAuthorizationServer dead = TestAuthorizationServer.stopped("");
				SecuredServer server = SecuredServer.start(RecordsApplication.class, dead,
						"spring.ai.mcp.server.protocol=STATELESS")) {
			HttpRequest.Builder request = server.post(server.token().sign(), LIST);
			assertThat(server.send(request).statusCode()).isEqualTo(503);
			assertThat(server.send(request.header("Origin", "https://evil.example")).statusCode()).isEqualTo(403);
			assertThat(raw(server,
					"POST /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n"
							+ "Content-Type: application/json\r\nContent-Length: 8\r\n\r\nnonsense"))
				.startsWith("HTTP/1.1 403 ");
		}
	}

	@Test
	void onlyConfiguredOriginsAreAllowed() {
		String token = configured.authorizationServer().token(MAIN).sign();
		for (String origin : List.of(APP, "https://app.example.com:443", "https://[2001:DB8:0::1]:8443",
				"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc")) {
			assertThat(configured.send(configured.post(token, initialize()).header("Origin", origin)).statusCode())
				.as(origin)
				.isEqualTo(200);
		}
		for (String origin : List.of("https://mcp.example.com", "http://localhost:6274", "http://app.example.com",
				"https://app.example.com.evil.example", "https://[2001:db8::1]", "chrome-extension://a")) {
			assertRefused(configured, configured.post(token, initialize()).header("Origin", origin), "origin");
		}
	}

	@Test
	void configuredOriginsApplyToFurtherEndpoints() {
		HttpRequest.Builder request = configured.post(null, LIST).uri(URI.create(configured.url("/admin/mcp")));
		HttpResponse<String> allowed = configured.send(request.copy().header("Origin", APP));
		assertThat(allowed.statusCode()).isEqualTo(401);
		assertThat(header(allowed, "Access-Control-Allow-Origin")).isEqualTo(APP);
		assertRefused(configured, request.copy().header("Origin", "https://evil.example"), "origin");
	}

	@Test
	void otherHostNamesAreRefused() throws IOException {
		for (String host : List.of("localhost", "LOCALHOST:1234", "[0:0::1]:80")) {
			assertThat(raw(configured, request(host))).as(host).startsWith("HTTP/1.1 401 ");
		}
		for (String host : List.of("evil.example", "localhost.evil.example", "127.0.0.1", "[::2]")) {
			String response = raw(configured, request(host));
			assertThat(response).as(host)
				.startsWith("HTTP/1.1 403 ")
				.contains("\"jsonrpc\":\"2.0\"")
				.doesNotContain("WWW-Authenticate");
			assertThat(events(configured).next()).containsEntry("reason", "host").containsEntry("httpStatus", 403);
		}
		assertThat(raw(local, request("any.example"))).startsWith("HTTP/1.1 401 ");
	}

	private static String request(String host) {
		return "POST /mcp HTTP/1.1\r\nHost: " + host
				+ "\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n";
	}

	@Test
	void preflightRequestNeedsNoTokenAndIsNotAuditedWhenAllowed() {
		HttpResponse<String> response = configured
			.send(preflight(configured, APP, "POST", "authorization,baggage,content-type,mcp-session-id,x-request-id"));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo(APP);
		assertThat(header(response, "Access-Control-Allow-Methods")).contains("GET", "POST", "DELETE");
		assertThat(header(response, "Access-Control-Allow-Headers").split(", ")).containsExactly("authorization",
				"baggage", "content-type", "mcp-session-id", "x-request-id");
		assertThat(response.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
		assertThat(response.body()).isEmpty();
		// An event of it would come before this one.
		assertRefused(configured, preflight(configured, "https://evil.example", "POST", "authorization"), "origin");
		assertRefused(configured, preflight(configured, APP, "PUT", "authorization"), "origin");
	}

	static Stream<HttpRequest.Builder> refusedRequests() {
		String token = authorizationServer.token(MAIN).sign();
		return Stream.of(configured.post(null, LIST), configured.post("bad", LIST),
				configured.post(token, call("browse")), configured.post(token, "x".repeat(2000)),
				configured.post(token, "nonsense"), configured.post(token, LIST).setHeader("Mcp-Session-Id", "unknown"),
				configured.post(token, LIST).setHeader("Content-Type", "text/plain"));
	}

	@ParameterizedTest
	@MethodSource("refusedRequests")
	void refusedRequestsHaveCorsHeaders(HttpRequest.Builder request) {
		HttpResponse<String> response = configured.send(request.header("Origin", APP));
		assertThat(response.statusCode()).isGreaterThanOrEqualTo(400);
		assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo(APP);
		assertThat(header(response, "Access-Control-Expose-Headers")).contains("WWW-Authenticate", "Mcp-Session-Id",
				"MCP-Protocol-Version", "Retry-After");
		assertThat(header(response, "Vary")).isEqualTo("Origin");
		if (response.headers().firstValue("WWW-Authenticate").isEmpty()) {
			events(configured).next();
		}
	}

	@Test
	void metadataAllowsEveryOrigin() {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create(configured.url("/.well-known/oauth-protected-resource/mcp")))
			.header("Origin", "https://inspector.example");
		assertThat(header(configured.send(request), "Access-Control-Allow-Origin")).isEqualTo("*");
		HttpResponse<String> preflight = configured
			.send(request.method("OPTIONS", BodyPublishers.noBody()).header("Access-Control-Request-Method", "GET"));
		assertThat(preflight.statusCode()).isEqualTo(204);
		assertThat(header(preflight, "Access-Control-Allow-Origin")).isEqualTo("*");
	}

	@Test
	void otherPathsHaveTheirOwnCorsConfiguration() {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(configured.url("/public")));
		HttpResponse<String> response = configured.send(request.header("Origin", "https://other.example"));
		assertThat(response.body()).isEqualTo("public");
		assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo("https://other.example");
		assertRefused(configured, configured.post(null, LIST).header("Origin", "https://other.example"), "origin");
	}

	private static HttpRequest.Builder preflight(SecuredServer server, String origin, String method, String headers) {
		return HttpRequest.newBuilder(URI.create(server.url()))
			.method("OPTIONS", BodyPublishers.noBody())
			.header("Origin", origin)
			.header("Access-Control-Request-Method", method)
			.header("Access-Control-Request-Headers", headers);
	}

	private static void assertRefused(SecuredServer server, HttpRequest.Builder request, String reason) {
		HttpResponse<String> response = server.send(request);
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32600);
		assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(events(server).next()).containsEntry("reason", reason)
			.containsEntry("decision", "rejected")
			.containsEntry("httpStatus", 403)
			.doesNotContainKey("subject");
	}

	private static RejectedEvents events(SecuredServer server) {
		return server.context().getBean(RejectedEvents.class);
	}

	private static String initialize() {
		return """
				{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
				"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";
	}

	private static String call(String tool) {
		return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool + "\"}}";
	}

	private static String header(HttpResponse<String> response, String name) {
		return response.headers().firstValue(name).orElseThrow();
	}

	/**
	 * The beginning of the answer to a request that is sent as it stands.
	 */
	private static String raw(SecuredServer server, String request) throws IOException {
		try (Socket socket = new Socket("localhost", URI.create(server.url()).getPort())) {
			socket.setSoTimeout(30000);
			socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
			StringBuilder answer = new StringBuilder();
			byte[] buffer = new byte[4096];
			// A JSON-RPC error comes with every answer, and ends it.
			while (answer.indexOf("}}") < 0) {
				int length = socket.getInputStream().read(buffer);
				if (length < 0) {
					break;
				}
				answer.append(new String(buffer, 0, length, StandardCharsets.US_ASCII));
			}
			return answer.toString();
		}
	}

	/**
	 * A server that lets pages of everywhere use what is not MCP.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ RecordsApplication.Records.class, Public.class })
	static class BrowserApplication implements WebMvcConfigurer {

		@Bean
		RejectedEvents rejectedEvents() {
			return new RejectedEvents();
		}

		@Bean
		SecurityFilterChain open(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
		}

		@Override
		public void addCorsMappings(CorsRegistry registry) {
			registry.addMapping("/**").allowedOrigins("https://other.example");
		}

	}

	@RestController
	static class Public {

		@GetMapping("/public")
		String open() {
			return "public";
		}

	}

}
