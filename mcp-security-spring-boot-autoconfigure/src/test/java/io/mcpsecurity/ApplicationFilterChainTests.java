package io.mcpsecurity;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.security.config.Customizer.withDefaults;

/**
 * What is no MCP endpoint is secured by a chain of the application, the one that the
 * documentation prints.
 */
class ApplicationFilterChainTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String LOGIN = "Basic " + HttpHeaders.encodeBasicAuth("user", "password", null);

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(Application.class, authorizationServer, "spring.ai.mcp.server.protocol=STATELESS",
				"spring.security.user.name=user", "spring.security.user.password=password");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void pathsOutsideEndpointAreSecuredByApplicationChain() {
		assertThat(server.get(server.url("/hello")).body()).isEqualTo("hello");
		assertThat(server.get(server.url("/other")).statusCode()).isEqualTo(401);
		assertThat(server.send(HttpRequest.newBuilder(URI.create(server.url("/other"))).header("Authorization", LOGIN))
			.body()).isEqualTo("other");
	}

	@Test
	void mcpEndpointRequiresTokenAndRefusesLogin() {
		assertThat(server.send(server.post(server.token().sign(), LIST)).statusCode()).isEqualTo(200);
		for (HttpRequest.Builder request : new HttpRequest.Builder[] { server.post(null, LIST),
				server.post(null, LIST).header("Authorization", LOGIN) }) {
			HttpResponse<String> refused = server.send(request);
			assertThat(refused.statusCode()).isEqualTo(401);
			assertThat(refused.headers().allValues("WWW-Authenticate")).singleElement()
				.asString()
				.startsWith("Bearer resource_metadata=");
		}
	}

	@Test
	void tokenForMcpEndpointIsRefusedOutsideEndpoint() {
		assertThat(server
			.send(HttpRequest.newBuilder(URI.create(server.url("/other")))
				.header("Authorization", "Bearer " + server.token().sign()))
			.statusCode()).isEqualTo(401);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.class)
	static class Application {

		@Bean
		SecurityFilterChain everythingElse(HttpSecurity http) {
			return http
				.authorizeHttpRequests(
						(requests) -> requests.requestMatchers("/hello").permitAll().anyRequest().authenticated())
				.httpBasic(withDefaults())
				.build();
		}

		@Bean
		RouterFunction<ServerResponse> pages() {
			return RouterFunctions.route()
				.GET("/hello", (request) -> ServerResponse.ok().body("hello"))
				.GET("/other", (request) -> ServerResponse.ok().body("other"))
				.build();
		}

	}

}
