package io.mcpsecurity.sample;

import java.util.function.Supplier;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.util.TestSocketUtils;

/**
 * The sample application on a real port, which is chosen beforehand: issuer and resource
 * contain it. Tests share it, and so must not lean on what another one left behind.
 */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT)
public abstract class SampleTestBase {

	private static final int PORT = TestSocketUtils.findAvailableTcpPort();

	protected static final String ISSUER = "http://localhost:" + PORT;

	protected static final String RESOURCE = ISSUER + "/mcp";

	protected static final String INSPECTOR_CALLBACK = "http://localhost:6274/oauth/callback";

	protected static final String BROWSE = "research:browse";

	protected static final String EXPORT = "research:export";

	protected static final String PURGE = "research:purge";

	protected final OAuthClient client = new OAuthClient(ISSUER);

	@DynamicPropertySource
	static void port(DynamicPropertyRegistry properties) {
		properties.add("server.port", () -> PORT);
		properties.add("mcp-authorization-server.issuer", () -> ISSUER);
		properties.add("mcp-security.resource", () -> RESOURCE);
	}

	protected static AuthorizationRequest inspectorRequest(String... scopes) {
		return new AuthorizationRequest(ISSUER, "mcp-inspector", INSPECTOR_CALLBACK).scope(scopes).resource(RESOURCE);
	}

	/**
	 * An MCP client, not initialized.
	 * @param token the access token of each request
	 */
	protected static McpSyncClient mcpClient(Supplier<String> token) {
		return McpClient
			.sync(HttpClientStreamableHttpTransport.builder(ISSUER)
				.endpoint("/mcp")
				.openConnectionOnStartup(false)
				.httpRequestCustomizer((request, method, endpoint, body, context) -> request.setHeader("Authorization",
						"Bearer " + token.get()))
				.build())
			.build();
	}

	protected static BrowserSession browser() {
		return new BrowserSession(ISSUER);
	}

}
