package io.mcpsecurity.sample.console;

import java.util.Map;
import java.util.UUID;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;

import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What agents did: calls over the MCP endpoint with tokens of the sample's authorization
 * server.
 */
final class Calls {

	/**
	 * A name that would run as a script, steer a terminal, and turn the text around it.
	 */
	static final String HOSTILE = "</td><script>window.ran = true</script><img src=x onerror='window.ran = true'>"
			+ "\u001b[2J\u001b[31m\u202e&amp;{{7*7}}${7*7}";

	/**
	 * As it is to be read.
	 */
	static final String HARMLESS = HOSTILE.replace('\u001b', '\ufffd').replace('\u202e', '\ufffd');

	private Calls() {
	}

	/**
	 * A token of alice for a client that nobody else uses, with one scope.
	 * @return the token
	 */
	static String token(OAuthClient client, String issuer, String resource, String scope) {
		String callback = "https://app.example/" + UUID.randomUUID();
		String clientId = client.register(callback, scope);
		AuthorizationRequest request = new AuthorizationRequest(issuer, clientId, callback).scope(scope)
			.resource(resource);
		try (BrowserSession alice = new BrowserSession(issuer)) {
			String code = alice.authorize(request, "alice", scope).get("code");
			return client.redeem(request, code, "resource", resource).accessToken();
		}
	}

	static String clientOf(String token) {
		return (String) OAuthClient.claims(token).get("client_id");
	}

	static void granted(McpSyncClient mcp) {
		mcp.callTool(CallToolRequest.builder("browse_records").arguments(Map.of()).build());
	}

	static void denied(McpSyncClient mcp) {
		assertThatException().isThrownBy(() -> mcp
			.callTool(CallToolRequest.builder("purge_records").arguments(Map.of("before", "1900-01-01")).build()));
	}

	static void hostile(McpSyncClient mcp) {
		assertThatException()
			.isThrownBy(() -> mcp.callTool(CallToolRequest.builder(HOSTILE).arguments(Map.of()).build()));
	}

}
