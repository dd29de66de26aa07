package io.mcpsecurity.interop.sdk;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.customizer.McpHttpClientTransportAuthorizationErrorHandler;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.modern.client.McpClient;
import io.modelcontextprotocol.modern.client.McpSyncClient;
import io.modelcontextprotocol.modern.client.transport.HttpClientMcpTransport;
import io.modelcontextprotocol.modern.client.transport.McpHttpAuthorizationErrorHandler;
import io.modelcontextprotocol.modern.client.transport.McpHttpRequest;
import io.modelcontextprotocol.modern.client.transport.McpHttpRequestCustomizer;
import io.modelcontextprotocol.modern.client.transport.McpHttpResponseInfo;
import io.modelcontextprotocol.spec.McpSchema;

/**
 * The clients of the MCP Java SDK 2.2 connect, list tools, call one, and get a token with
 * further scopes when a call needs them:
 *
 * <pre>java -cp ... StepUp.java modern|legacy</pre>
 */
class StepUp {

	private static final Pattern SCOPE = Pattern.compile(" scope=\"([^\"]*)\"");

	private static final Pattern TOKEN = Pattern.compile("\"access_token\":\"([^\"]*)\"");

	private static final URI MCP = URI.create(System.getenv("MCP_URL"));

	private final Set<String> scopes = new TreeSet<>(Set.of("research:browse"));

	private int challenges;

	public static void main(String[] args) {
		StepUp stepUp = new StepUp();
		if (args[0].equals("modern")) {
			stepUp.modern();
		}
		else {
			stepUp.legacy();
		}
		check(stepUp.challenges == 1, "One challenge, because the second call has the scopes: " + stepUp.challenges);
		System.exit(0);
	}

	private void modern() {
		McpSyncClient client = McpClient
			.sync(HttpClientMcpTransport.builder(MCP)
				.requestCustomizer(McpHttpRequestCustomizer.fromSync(
						(request, headers, context) -> headers.set("Authorization", "Bearer " + requestToken())))
				.authorizationErrorHandler(McpHttpAuthorizationErrorHandler.fromSync(new Challenged()))
				.build())
			.build();
		check(client.discover().supportedVersions().contains("2026-07-28"), "It supports the revision");
		List<String> tools = client.tools().list().tools().stream().map((tool) -> tool.name()).toList();
		check(tools.contains("export_records"), "Lists what can be granted: " + tools);
		for (String tool : List.of("browse_records", "export_records", "export_records")) {
			Map<String, Object> arguments = tool.startsWith("export") ? Map.of("format", "csv") : Map.of();
			var result = client.tool(tool).arguments(arguments).call();
			check(!Boolean.TRUE.equals(result.isError()), tool + ": " + result);
		}
	}

	private void legacy() {
		var transport = HttpClientStreamableHttpTransport.builder(MCP.resolve("/").toString())
			.endpoint(MCP.getPath())
			.httpRequestCustomizer((request, method, uri, body, context) -> request.setHeader("Authorization",
					"Bearer " + requestToken()))
			.authorizationErrorHandler(McpHttpClientTransportAuthorizationErrorHandler
				.fromSync((request, response, context) -> challenged(response.headers().firstValue("WWW-Authenticate").orElse(""))))
			.build();
		try (var client = io.modelcontextprotocol.client.McpClient.sync(transport).build()) {
			client.initialize();
			List<String> tools = client.listTools().tools().stream().map(McpSchema.Tool::name).toList();
			check(tools.contains("export_records"), "Lists what can be granted: " + tools);
			for (String tool : List.of("browse_records", "export_records", "export_records")) {
				Map<String, Object> arguments = tool.startsWith("export") ? Map.of("format", "csv") : Map.of();
				var result = client.callTool(McpSchema.CallToolRequest.builder(tool).arguments(arguments).build());
				check(!Boolean.TRUE.equals(result.isError()), tool + ": " + result);
			}
		}
	}

	private final class Challenged implements McpHttpAuthorizationErrorHandler.Sync {

		@Override
		public boolean handle(McpHttpRequest request, McpHttpResponseInfo response, McpTransportContext context) {
			return challenged(response.headers().firstValue("WWW-Authenticate").orElse(""));
		}

		/**
		 * More than one, because a token can also expire meanwhile.
		 */
		@Override
		public int maxRetries() {
			return 5;
		}

	}

	/**
	 * Add the scopes of a challenge to those that are requested.
	 * @return whether to send the request again, with another token
	 */
	private boolean challenged(String challenge) {
		Matcher required = SCOPE.matcher(challenge);
		if (challenge.contains("insufficient_scope") && required.find()) {
			this.challenges++;
			this.scopes.addAll(List.of(required.group(1).split(" ")));
		}
		return true;
	}

	/**
	 * A new token for each request, because the tokens of the tests expire after seconds.
	 */
	private String requestToken() {
		String credentials = Base64.getEncoder().encodeToString("admin-agent:admin-secret".getBytes(StandardCharsets.UTF_8));
		String form = "grant_type=client_credentials&resource=" + encoded(MCP.toString()) + "&scope="
				+ encoded(String.join(" ", this.scopes));
		HttpRequest request = HttpRequest.newBuilder(MCP.resolve("/oauth2/token"))
			.header("Authorization", "Basic " + credentials)
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(form))
			.build();
		try {
			String response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
			return TOKEN.matcher(response)
				.results()
				.map((MatchResult found) -> found.group(1))
				.findFirst()
				.orElseThrow(() -> new IllegalStateException("No token: " + response));
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String encoded(String value) {
		return URLEncoder.encode(value, StandardCharsets.UTF_8);
	}

	private static void check(boolean condition, String claim) {
		if (!condition) {
			throw new AssertionError(claim);
		}
	}

}
