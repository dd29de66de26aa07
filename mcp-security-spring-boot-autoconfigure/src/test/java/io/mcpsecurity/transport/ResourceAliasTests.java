package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One MCP endpoint that is reached by two names.
 */
class ResourceAliasTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String MOVE = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"move\"}}";

	private static final String METADATA = "/.well-known/oauth-protected-resource";

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static SecuredServer server;

	private static String alias;

	@BeforeAll
	static void start() {
		server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS",
				"mcp-security.resource-aliases=https://mcp.example.com/mcp,http://127.0.0.1:${server.port}/mcp",
				"mcp-security.endpoints.admin.path=/admin/mcp",
				"mcp-security.endpoints.admin.resource=http://localhost:${server.port}/admin/mcp",
				"mcp-security.endpoints.admin.resource-aliases=http://127.0.0.1:${server.port}/admin/mcp");
		alias = server.url().replace("localhost", "127.0.0.1");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void metadataIsThatOfCalledName() {
		for (String path : new String[] { METADATA, METADATA + "/mcp" }) {
			for (String resource : new String[] { server.url(), alias }) {
				HttpResponse<String> metadata = server.get(URI.create(resource).resolve(path).toString());
				assertThat(SecuredServer.json(metadata).path("resource").asString()).isEqualTo(resource);
				assertThat(metadata.headers().firstValue("Cache-Control")).hasValue("private, max-age=300");
			}
		}
	}

	@Test
	void challengeIsThatOfCalledName() {
		for (String resource : new String[] { server.url(), alias }) {
			String location = URI.create(resource).resolve(METADATA + "/mcp").toString();
			String token = authorizationServer.token(resource).scope("records:browse").sign();
			for (HttpResponse<String> response : List.of(send(resource, null, LIST), send(resource, token, MOVE))) {
				assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
					.contains("resource_metadata=\"" + location + "\"");
			}
		}
	}

	@Test
	void audienceMustEqualCalledName() {
		for (String called : new String[] { server.url(), alias }) {
			for (String audience : new String[] { server.url(), alias, "https://mcp.example.com/mcp" }) {
				String token = authorizationServer.token(audience).sign();
				// Twice: once from the cache.
				for (int i = 0; i < 2; i++) {
					assertThat(send(called, token, LIST).statusCode()).as(called + " " + audience)
						.isEqualTo(called.equals(audience) ? 200 : 401);
				}
			}
		}
	}

	@Test
	void aFurtherEndpointHasNamesOfItsOwn() {
		String admin = server.url("/admin/mcp");
		List<String> names = List.of(admin, admin.replace("localhost", "127.0.0.1"));
		for (String called : names) {
			String location = URI.create(called).resolve(METADATA + "/admin/mcp").toString();
			assertThat(SecuredServer.json(server.get(location)).path("resource").asString()).isEqualTo(called);
			for (String audience : List.of(names.get(0), names.get(1), server.url(), alias)) {
				String token = authorizationServer.token(audience).scope("records:browse").sign();
				HttpResponse<String> response = send(called, token, MOVE);
				assertThat(response.statusCode()).as(called + " " + audience)
					.isEqualTo(called.equals(audience) ? 403 : 401);
				assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
					.contains("resource_metadata=\"" + location + "\"");
			}
		}
	}

	/**
	 * Behind a proxy that terminates TLS there is no port.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "mcp.example.com", "MCP.example.com", "mcp.example.com:443" })
	void defaultPortInHostIsOptional(String host) throws IOException {
		assertThat(metadata(host)).contains("\"resource\":\"https://mcp.example.com/mcp\"");
	}

	@ParameterizedTest
	@ValueSource(strings = { "evil.example", "mcp.example.com.evil.example", "mcp.example.com:8443", "127.0.0.1",
			"127.0.0.1:1" })
	void unknownHostIsTreatedAsMainName(String host) throws IOException {
		assertThat(metadata(host)).contains("\"resource\":\"" + server.url() + "\"").doesNotContain("evil", "8443");
	}

	private static String metadata(String host) throws IOException {
		URI uri = URI.create(server.url());
		try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
			socket.getOutputStream()
				.write(("GET " + METADATA + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private static HttpResponse<String> send(String resource, String token, String body) {
		return server.send(server.post(token, body).uri(URI.create(resource)));
	}

}
