package io.mcpsecurity.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.interop.styles.AsyncServer;
import io.mcpsecurity.interop.styles.HandBuiltServer;
import io.mcpsecurity.interop.styles.KotlinServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.util.TestSocketUtils;

import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Servers in the styles in which applications write them, called by the official
 * TypeScript client.
 */
class StylesTests {

	static Stream<Arguments> servers() {
		return Stream.of(
				arguments(HandBuiltServer.class, "SYNC",
						List.of("--mcp-security.policy.rules[0].tools=read_record,install",
								"--mcp-security.policy.rules[0].scopes=records:read",
								"--mcp-security.policy.rules[1].tools=delete_record,added_*",
								"--mcp-security.policy.rules[1].scopes=records:delete")),
				arguments(AsyncServer.class, "ASYNC", List.of()), arguments(KotlinServer.class, "SYNC", List.of()));
	}

	@ParameterizedTest
	@MethodSource("servers")
	void toolsAreProtectedInEveryStyle(Class<?> style, String type, List<String> rules) {
		int port = TestSocketUtils.findAvailableTcpPort();
		String resource = "http://localhost:" + port + "/mcp";
		List<String> properties = new ArrayList<>(rules);
		properties.add("--server.port=" + port);
		properties.add("--spring.ai.mcp.server.protocol=STREAMABLE");
		properties.add("--spring.ai.mcp.server.type=" + type);
		properties.add("--mcp-security.resource=" + resource);
		try (TestAuthorizationServer issuer = TestAuthorizationServer.start()) {
			properties.add("--mcp-security.authorization-servers=" + issuer.issuer());
			ConfigurableApplicationContext server = SpringApplication.run(style, properties.toArray(String[]::new));
			try {
				call(resource, issuer);
			}
			finally {
				server.close();
			}
		}
	}

	private static void call(String resource, TestAuthorizationServer issuer) {
		Node.run(
				Map.of("MCP_URL", resource, "VISITOR", issuer.token(resource).sign(), "READER",
						issuer.token(resource).scope("records:read").sign(), "ADMINISTRATOR",
						issuer.token(resource).scope("records:read", "records:delete").sign()),
				120, "src/test/js/styles.mjs")
			.assertPassed();
	}

}
