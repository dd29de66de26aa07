package io.mcpsecurity.invocation;

import java.net.URI;
import java.net.http.HttpResponse;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStatelessServerTransport;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application that opens a side door to its MCP server, past the security filters.
 */
class BoundaryTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(SideDoorApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void noHandlerRunsForACallThatCameAnotherWay() {
		for (String params : new String[] { "{\"name\":\"purge\",\"arguments\":{}}",
				"{\"name\":\"browse\",\"arguments\":{}}", "{\"name\":\"time\",\"arguments\":{}}" }) {
			assertDenied("tools/call", params);
		}
		assertDenied("resources/read", "{\"uri\":\"records://all\"}");
		assertDenied("resources/read", "{\"uri\":\"records://1/details\"}");
		assertDenied("prompts/get", "{\"name\":\"summarize\"}");
	}

	private static void assertDenied(String method, String params) {
		HttpResponse<String> response = server.send(server
			.post(null, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}".formatted(method, params))
			.uri(URI.create(server.url("/side-door/mcp"))));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).as(response.body()).isEqualTo(-32010);
	}

	@Test
	void theFrontDoorOfTheSameServerWorks() {
		assertThat(SecuredServer.text(server.callTool(server.token("records:purge").sign(), "purge", "{}")))
			.isEqualTo("\"purged\"");
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ RecordsApplication.class })
	static class SideDoorApplication {

		/**
		 * Takes the place of the one that would keep the door shut.
		 */
		@Bean
		McpTransportContextExtractor<ServerRequest> extractor() {
			return (request) -> McpCaller.current()
				.<McpTransportContext>map((caller) -> caller)
				.orElse(McpTransportContext.EMPTY);
		}

		@Bean
		RouterFunction<ServerResponse> sideDoor(WebMvcStatelessServerTransport transport) {
			return RouterFunctions.nest(RequestPredicates.path("/side-door"), transport.getRouterFunction());
		}

		@Bean
		SecurityFilterChain open(HttpSecurity http) {
			return http.securityMatcher("/side-door/**")
				.csrf((csrf) -> csrf.disable())
				.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.build();
		}

	}

}
