package io.mcpsecurity;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.McpHttpClientTransportAuthorizationException;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The MCP Java SDK's own client against a secured server.
 */
class SdkClientTests {

	private static final Pattern SCOPE = Pattern.compile(" scope=\"([^\"]*)\"");

	@ParameterizedTest
	@EnumSource
	void clientUsesToolsResourcesAndPromptsWithToken(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		try (McpSyncClient client = client(server, new AtomicReference<>(server.token("records:browse").sign()))) {
			client.initialize();
			assertThat(client.listTools().tools()).extracting("name").contains("time", "browse", "purge");
			assertThat(call(client, "browse")).isEqualTo("browsed null");
			assertThat(client.readResource(ReadResourceRequest.builder("records://9/details").build()).contents())
				.hasSize(1);
			assertThat(client.getPrompt(GetPromptRequest.builder("summarize").build()).messages()).hasSize(1);
		}
	}

	@ParameterizedTest
	@EnumSource
	void clientGetsMissingScopesInChallengeAndStepsUpWithinSession(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		AtomicReference<String> token = new AtomicReference<>(server.token("records:browse").sign());
		try (McpSyncClient client = client(server, token)) {
			client.initialize();
			assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> call(client, "purge"))
				.satisfies((ex) -> {
					Matcher scope = SCOPE.matcher(challenge(ex));
					assertThat(scope.find()).isTrue();
					assertThat(scope.group(1)).isEqualTo("records:purge records:browse");
					token.set(server.token(scope.group(1).split(" ")).sign());
				});
			assertThat(call(client, "purge")).isEqualTo("\"purged\"");
		}
	}

	@ParameterizedTest
	@EnumSource
	void callOfUnknownToolReturnsInvalidParamsError(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		try (McpSyncClient client = client(server, new AtomicReference<>(server.token().sign()))) {
			client.initialize();
			assertThatExceptionOfType(McpError.class).isThrownBy(() -> call(client, "no-such-tool"))
				.satisfies((ex) -> assertThat(ex.getJsonRpcError().code()).isEqualTo(-32602));
		}
	}

	private static String call(McpSyncClient client, String tool) {
		return ((TextContent) client.callTool(CallToolRequest.builder(tool).arguments(Map.of()).build())
			.content()
			.get(0)).text();
	}

	private static McpSyncClient client(SecuredServer server, AtomicReference<String> token) {
		URI url = URI.create(server.url());
		return McpClient
			.sync(HttpClientStreamableHttpTransport.builder(url.resolve("/").toString())
				.endpoint(url.getPath())
				.openConnectionOnStartup(false)
				.httpRequestCustomizer((request, method, endpoint, body, context) -> request.setHeader("Authorization",
						"Bearer " + token.get()))
				.build())
			.build();
	}

	private static String challenge(Throwable thrown) {
		McpHttpClientTransportAuthorizationException cause = cause(thrown);
		assertThat(cause.getResponseInfo().statusCode()).isEqualTo(403);
		return cause.getResponseInfo().headers().firstValue("WWW-Authenticate").orElseThrow();
	}

	private static McpHttpClientTransportAuthorizationException cause(Throwable thrown) {
		Throwable cause = thrown;
		while (cause != null && !(cause instanceof McpHttpClientTransportAuthorizationException)) {
			cause = cause.getCause();
		}
		assertThat(cause).isNotNull();
		return (McpHttpClientTransportAuthorizationException) cause;
	}

}
