package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.ServerSocket;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * The sample application on a real port, which is chosen beforehand: issuer and resource
 * contain it. Tests share it, and so must not lean on what another one left behind.
 */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT)
abstract class AuthorizationServerTestBase {

	private static final int PORT = freePort();

	static final String ISSUER = "http://localhost:" + PORT;

	static final String RESOURCE = ISSUER + "/mcp";

	static final String INSPECTOR_CALLBACK = "http://localhost:6274/oauth/callback";

	static final String BROWSE = "research:browse";

	static final String EXPORT = "research:export";

	static final String PURGE = "research:purge";

	final OAuthClient client = new OAuthClient(ISSUER);

	@DynamicPropertySource
	static void port(DynamicPropertyRegistry properties) {
		properties.add("server.port", () -> PORT);
		properties.add("sample.authorization-server.issuer", () -> ISSUER);
		properties.add("mcp.security.resource", () -> RESOURCE);
	}

	static AuthorizationRequest inspectorRequest(String... scopes) {
		return new AuthorizationRequest(ISSUER, "mcp-inspector", INSPECTOR_CALLBACK).scope(scopes).resource(RESOURCE);
	}

	static BrowserSession browser() {
		return new BrowserSession(ISSUER);
	}

	static int freePort() {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
