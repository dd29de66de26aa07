package io.mcpsecurity.transport;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.mock.web.MockHttpServletRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * RFC 9728 over real HTTP.
 */
class ProtectedResourceMetadataTests {

	private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

	private final SecuredServer server = SecuredServers.of(Protocol.STREAMABLE);

	@ParameterizedTest
	@ValueSource(strings = { WELL_KNOWN, WELL_KNOWN + "/mcp" })
	void metadataContainsResourceIssuerAndScopesOnly(String path) {
		HttpResponse<String> response = this.server.get(this.server.url(path));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(SecuredServer.json(response)).isEqualTo(JsonMapper.shared()
			.readTree(
					"""
							{"resource":"%s","resource_name":"mcp-server","authorization_servers":["%s"],
							"scopes_supported":["records:purge","records:export","records:admin","records:browse","records:write"],
							"bearer_methods_supported":["header"]}"""
						.formatted(this.server.url(), this.server.authorizationServer().issuer())));
	}

	@ParameterizedTest
	@ValueSource(strings = { WELL_KNOWN + "/other", WELL_KNOWN + "/mcp/", WELL_KNOWN + "/", WELL_KNOWN + "/mcp/x" })
	void metadataIsNotFoundUnderOtherPaths(String path) {
		assertThat(this.server.get(this.server.url(path)).statusCode()).isEqualTo(404);
	}

	/**
	 * Where clients of earlier revisions look, there is no login of Spring Boot's.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp",
			"/.well-known/openid-configuration", "/.well-known/openid-configuration/mcp" })
	void metadataOfRemoteAuthorizationServerIsNotFound(String path) {
		HttpResponse<String> response = this.server.get(this.server.url(path));
		assertThat(response.statusCode()).isEqualTo(404);
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(this.server.get(this.server.url("/other")).statusCode()).isEqualTo(401);
	}

	@Test
	void metadataOfAuthorizationServerWithSameOriginIsNotHandled() {
		MockHttpServletRequest request = new MockHttpServletRequest("GET", "/.well-known/oauth-authorization-server");
		List<URI> names = List.of(URI.create("https://example.org/mcp"), URI.create("https://example.com/mcp"));
		assertThat(AbsentMetadataFilter.chain(names, List.of("https://a.example", "name"), List::of).matches(request))
			.isTrue();
		assertThat(AbsentMetadataFilter
			.chain(names, List.of("https://a.example", "https://EXAMPLE.com:443/issuer"), List::of)
			.matches(request)).isFalse();
	}

	@Test
	void metadataIsIndependentOfHostHeaders() throws Exception {
		URI uri = URI.create(this.server.url());
		try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
			socket.getOutputStream()
				.write(("GET " + WELL_KNOWN + " HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"
						+ "X-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(answer).contains("\"resource\":\"" + this.server.url() + "\"").doesNotContain("evil");
		}
	}

	@Test
	void metadataAllowsEveryOrigin() {
		HttpResponse<String> response = this.server.send(HttpRequest.newBuilder(URI.create(this.server.url(WELL_KNOWN)))
			.setHeader("Origin", "https://client.example"));
		assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
		HttpResponse<String> preflight = this.server
			.send(HttpRequest.newBuilder(URI.create(this.server.url(WELL_KNOWN + "/mcp")))
				.method("OPTIONS", BodyPublishers.noBody())
				.setHeader("Origin", "https://client.example")
				.setHeader("Access-Control-Request-Method", "GET")
				.setHeader("Access-Control-Request-Headers", "mcp-protocol-version"));
		assertThat(preflight.statusCode()).isEqualTo(204);
		assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
		assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers")).hasValue("*");
	}

	@Test
	void metadataIsReadOnly() {
		HttpResponse<String> response = this.server
			.send(HttpRequest.newBuilder(URI.create(this.server.url(WELL_KNOWN))).POST(BodyPublishers.noBody()));
		assertThat(response.statusCode()).isEqualTo(405);
	}

	@Test
	void metadataContainsConfiguredValues() {
		try (SecuredServer other = SecuredServer.start(RecordsApplication.class, this.server.authorizationServer(),
				"mcp-security.resource-name=Research", "mcp-security.metadata.scopes-supported=records:browse",
				"mcp-security.metadata.challenge-scopes=none")) {
			HttpResponse<String> response = other.get(other.url(WELL_KNOWN));
			assertThat(SecuredServer.json(response).path("resource_name").asString()).isEqualTo("Research");
			assertThat(SecuredServer.json(response).path("scopes_supported").toString())
				.isEqualTo("[\"records:browse\"]");
			assertThat(other.get(other.url()).headers().firstValue("WWW-Authenticate"))
				.hasValue("Bearer resource_metadata=\"" + other.url(WELL_KNOWN + "/mcp") + "\"");
		}
	}

	@Test
	void metadataIsServedBelowContextPath() {
		try (SecuredServer other = SecuredServer.start(RecordsApplication.class, this.server.authorizationServer(),
				"server.servlet.context-path=/research", "mcp-security.metadata.challenge-scopes=records:browse")) {
			String location = other.url("/research" + WELL_KNOWN + "/mcp");
			assertThat(other.get(other.url()).headers().firstValue("WWW-Authenticate"))
				.hasValue("Bearer resource_metadata=\"" + location + "\", scope=\"records:browse\"");
			assertThat(SecuredServer.json(other.get(location)).path("resource").asString()).isEqualTo(other.url());
			assertThat(SecuredServer.text(other.callTool(other.token().sign(), "time", "{}"))).isEqualTo("noon");
		}
	}

	@Test
	void configuredMcpEndpointIsSecured() {
		try (SecuredServer other = SecuredServer.start(RecordsApplication.class, this.server.authorizationServer(),
				"spring.ai.mcp.server.streamable-http.mcp-endpoint=/tools/research")) {
			HttpResponse<String> response = other.get(other.url("/tools/research"));
			assertThat(response.statusCode()).isEqualTo(401);
			assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow()).startsWith("Bearer ");
		}
	}

}
