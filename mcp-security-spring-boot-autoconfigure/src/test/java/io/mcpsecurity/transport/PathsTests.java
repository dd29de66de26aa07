package io.mcpsecurity.transport;

import java.util.List;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.RawConnection.Answer;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.context.WebApplicationContext;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.config.annotation.PathMatchConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.util.pattern.PathPatternParser;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * There is one way to the MCP transport, and the gate stands in it: whatever path,
 * servlet or method somebody thinks of.
 */
class PathsTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}";

	private static final String CALL = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":"
			+ "{\"name\":\"browse\",\"arguments\":{}}}";

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer loose;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		loose = SecuredServer.start(LooseApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "spring.mvc.hiddenmethod.filter.enabled=true",
				"server.servlet.context-path=/app");
	}

	@AfterAll
	static void stop() {
		loose.close();
		authorizationServer.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/mcp/", "//mcp", "///mcp", "/mcp;x", "/mcp;x=1", "/;x/mcp", "/mcp;", "/%6dcp", "/%6Dcp",
			"/m%63p", "/%256dcp", "/MCP", "/Mcp", "/mcp.", "/mcp..", "/mcp.json", "/mcp%20", "/mcp%2e", "/mcp%00",
			"/mcp%0a", "/mcp%2f", "/%2fmcp", "/mcp%5c", "\\mcp", "/./mcp", "/x/../mcp", "/x/%2e%2e/mcp", "/x/..;/mcp",
			"/mcp/.", "/mcp/x/..", "/mcp?x", "/mcp?_method=GET", "/mcp#x", "/mcp%3b", "/mcp%3fx",
			"http://localhost/mcp", "http://other/mcp", "/\u006dcp", "/mcp%c0%af", "/\uff4dcp", "/mcp\t", "/mcp%09" })
	void anonymousRequestsWithPathVariantsAreRefused(String path) {
		for (Protocol protocol : Protocol.values()) {
			assertShut(request(SecuredServers.of(protocol), "POST", path, "", LIST));
			assertShut(request(SecuredServers.of(protocol), "GET", path, "", ""));
		}
		String inContext = path.startsWith("/") ? "/app" + path : path;
		assertShut(request(loose, "POST", inContext, "", LIST));
		assertShut(request(loose, "POST", "/other" + path, "", LIST));
	}

	@ParameterizedTest
	@ValueSource(strings = { "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "GET", "CONNECT", "PROPFIND", "post",
			"POSTX", "M-SEARCH" })
	void anonymousRequestsWithAnyMethodAreRefused(String method) {
		for (Protocol protocol : Protocol.values()) {
			Answer answer = request(SecuredServers.of(protocol), method, "/mcp", "", LIST);
			assertShut(answer);
			assertThat(answer.status()).isIn(400, 401, 405, 501);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "HEAD", "OPTIONS", "PUT", "PATCH" })
	void unsupportedMethodGets405(String method) {
		for (Protocol protocol : Protocol.values()) {
			Answer answer = request(SecuredServers.of(protocol), method, "/mcp", bearer(SecuredServers.of(protocol)),
					LIST);
			assertThat(answer.status()).isEqualTo(405);
			assertThat(answer.header("Allow")).isEqualTo("GET, POST, DELETE");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method" })
	void methodOverrideDoesNotBypassGate(String name) {
		for (String method : List.of("GET", "DELETE", "PUT", "OPTIONS")) {
			String header = name + ": " + method + "\r\n";
			assertShut(request(loose, "POST", "/app/mcp", header, LIST));
			assertShut(request(loose, "POST", "/app/mcp?_method=" + method, header, LIST));
			assertThat(request(loose, "POST", "/app/mcp", header + bearer(loose), CALL).status()).isEqualTo(403);
			Answer answer = request(loose, "POST", "/app/mcp?_method=" + method, header + bearer(loose), CALL);
			assertThat(answer.body()).doesNotContain("\"result\"");
		}
	}

	/**
	 * The application has a chain for the rest that lets everybody in, a router that does
	 * not care for case, and a second servlet: the transport itself is shut.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "/app/MCP", "/app/Mcp", "/app/other/mcp", "/app/other/MCP", "/app/other//mcp" })
	void transportIsNotReachableWithoutGate(String path) {
		for (String headers : List.of("", bearer(loose))) {
			Answer answer = request(loose, "POST", path, headers, LIST);
			assertThat(answer.status()).as(answer.body()).isIn(400, 404);
			assertThat(answer.body()).doesNotContain("\"result\"", "browse");
			assertThat(request(loose, "GET", path, headers, "").body()).doesNotContain("\"result\"");
		}
	}

	@Test
	void endpointIsReachableThroughGate() {
		assertThat(request(loose, "POST", "/app/mcp", bearer(loose), LIST).body()).contains("\"result\"", "time");
		assertThat(request(loose, "POST", "/app/mcp", "", LIST).status()).isEqualTo(401);
		assertThat(request(loose, "GET", "/app/hello", "", "").status()).isEqualTo(404);
	}

	private static String bearer(SecuredServer server) {
		return "Authorization: Bearer " + server.token().sign() + "\r\n";
	}

	private static Answer request(SecuredServer server, String method, String path, String headers, String body) {
		try (RawConnection connection = RawConnection.to(server.url())) {
			return connection
				.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
						+ "Accept: application/json, text/event-stream\r\nConnection: close\r\n" + headers
						+ "Content-Length: " + body.length() + "\r\n\r\n" + body)
				.read(method.equals("HEAD"));
		}
	}

	private static void assertShut(Answer answer) {
		assertThat(answer.status()).as(answer.body()).isIn(400, 401, 404, 405, 501);
		assertThat(answer.body()).doesNotContain("\"result\"", "protocolVersion", "event:", "io.mcpsecurity",
				"stackTrace");
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class LooseApplication implements WebMvcConfigurer {

		@Override
		public void configurePathMatch(PathMatchConfigurer configurer) {
			PathPatternParser parser = new PathPatternParser();
			parser.setCaseSensitive(false);
			configurer.setPatternParser(parser);
		}

		@Bean
		SecurityFilterChain everythingElse(HttpSecurity http) {
			return http.csrf((csrf) -> csrf.disable())
				.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.build();
		}

		@Bean
		ServletRegistrationBean<DispatcherServlet> other(WebApplicationContext context) {
			ServletRegistrationBean<DispatcherServlet> other = new ServletRegistrationBean<>(
					new DispatcherServlet(context), "/other/*");
			other.setName("other");
			return other;
		}

	}

}
