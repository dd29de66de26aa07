package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * An MCP client for tests. It sends real HTTP requests to an MCP endpoint, and returns
 * each response as it is, a refusal as well: <pre class="code">
 * McpTestClient alice = mcp.as("alice", "research:browse");
 * assertThat(alice.call("browse_records")).succeeded();
 * assertThat(alice.call("purge_records")).isStepUpFor("research:purge");
 * </pre> A client initializes itself before its first request, and uses the session if
 * the server creates one. It sends no token unless one was set with {@link #as} or
 * {@link #withToken}; these return a new client, with a session of its own.
 * <p>
 * The methods throw {@link UncheckedIOException} if the server cannot be reached or does
 * not respond within 20 seconds. A client is for use by one thread at a time.
 */
public final class McpTestClient {

	private static final String REVISION = "2025-11-25";

	private static final String INITIALIZE = """
			{"protocolVersion":"%s","capabilities":{},"clientInfo":{"name":"test","version":"1"}}"""
		.formatted(REVISION);

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

	private final HttpClient http;

	private final URI endpoint;

	private final @Nullable TestAuthorizationServer authorizationServer;

	private final @Nullable String token;

	private final @Nullable DpopKey key;

	private @Nullable String nonce;

	private int requests;

	private @Nullable String session;

	private boolean initialized;

	/**
	 * Create a client without a token.
	 * @param endpoint the URL of the MCP endpoint
	 * @param authorizationServer the server whose tokens {@link #as(String, String...)}
	 * uses, or {@code null}
	 */
	public McpTestClient(URI endpoint, @Nullable TestAuthorizationServer authorizationServer) {
		this(HttpClient.newHttpClient(), endpoint, authorizationServer, null, null);
	}

	private McpTestClient(HttpClient http, URI endpoint, @Nullable TestAuthorizationServer authorizationServer,
			@Nullable String token, @Nullable DpopKey key) {
		this.http = http;
		this.endpoint = endpoint;
		this.authorizationServer = authorizationServer;
		this.token = token;
		this.key = key;
	}

	/**
	 * A client with a token that the {@linkplain TestAuthorizationServer#token()
	 * authorization server} issues for a subject.
	 * @param subject the subject
	 * @param scopes the scopes of the token
	 * @throws IllegalStateException if there is no authorization server, or it has no
	 * audience
	 */
	public McpTestClient as(String subject, String... scopes) {
		if (this.authorizationServer == null) {
			throw new IllegalStateException("There is no authorization server: use withToken");
		}
		return as(this.authorizationServer.token().subject(subject).scope(scopes));
	}

	/**
	 * A client with a token, which is signed now.
	 */
	public McpTestClient as(TestAuthorizationServer.Token token) {
		return withToken(token.sign());
	}

	/**
	 * A client with a token of any authorization server.
	 * @param token the text of the token
	 */
	public McpTestClient withToken(String token) {
		return new McpTestClient(this.http, this.endpoint, this.authorizationServer, token, null);
	}

	/**
	 * A client with a token that is bound to a key. Each of its requests has a proof of
	 * that key (RFC 9449 section 7), with the nonce of the latest response that had one.
	 * A request is repeated once if the server asks for a nonce.
	 * @param token the token, which is bound to the key and signed now
	 * @param key the key
	 */
	public McpTestClient as(TestAuthorizationServer.Token token, DpopKey key) {
		return new McpTestClient(this.http, this.endpoint, this.authorizationServer, token.boundTo(key).sign(), key);
	}

	/**
	 * Call a tool without arguments.
	 * @param tool its name
	 */
	public McpResponse call(String tool) {
		return call(tool, Map.of());
	}

	/**
	 * Call a tool.
	 * @param tool its name
	 * @param arguments its arguments, as in JSON
	 */
	public McpResponse call(String tool, Map<String, ?> arguments) {
		return send("tools/call", Map.of("name", tool, "arguments", arguments));
	}

	/**
	 * Read a resource.
	 * @param uri its URI
	 */
	public McpResponse read(String uri) {
		return send("resources/read", Map.of("uri", uri));
	}

	/**
	 * Get a prompt without arguments.
	 * @param prompt its name
	 */
	public McpResponse prompt(String prompt) {
		return prompt(prompt, Map.of());
	}

	/**
	 * Get a prompt.
	 * @param prompt its name
	 * @param arguments its arguments
	 */
	public McpResponse prompt(String prompt, Map<String, String> arguments) {
		return send("prompts/get", Map.of("name", prompt, "arguments", arguments));
	}

	/**
	 * Complete an argument of a prompt.
	 * @param prompt the name of the prompt
	 * @param argument the name of the argument
	 * @param value the beginning of its value
	 */
	public McpResponse completePrompt(String prompt, String argument, String value) {
		return complete(Map.of("type", "ref/prompt", "name", prompt), argument, value);
	}

	/**
	 * Complete a variable of a resource template.
	 * @param uriTemplate the URI template
	 * @param variable the name of the variable
	 * @param value the beginning of its value
	 */
	public McpResponse completeResource(String uriTemplate, String variable, String value) {
		return complete(Map.of("type", "ref/resource", "uri", uriTemplate), variable, value);
	}

	private McpResponse complete(Map<String, ?> reference, String argument, String value) {
		return send("completion/complete",
				Map.of("ref", reference, "argument", Map.of("name", argument, "value", value)));
	}

	/**
	 * List the tools.
	 */
	public McpResponse tools() {
		return send("tools/list", Map.of());
	}

	/**
	 * List the resources.
	 */
	public McpResponse resources() {
		return send("resources/list", Map.of());
	}

	/**
	 * List the resource templates.
	 */
	public McpResponse resourceTemplates() {
		return send("resources/templates/list", Map.of());
	}

	/**
	 * List the prompts.
	 */
	public McpResponse prompts() {
		return send("prompts/list", Map.of());
	}

	/**
	 * Send any request. If the server refuses to initialize, the request is sent
	 * nevertheless, without a session.
	 * @param method the JSON-RPC method
	 * @param params its parameters, as in JSON
	 */
	public McpResponse send(String method, Map<String, ?> params) {
		if (!this.initialized) {
			HttpResponse<String> response = post("initialize", INITIALIZE);
			this.initialized = response.statusCode() == 200;
			this.session = response.headers().firstValue("Mcp-Session-Id").orElse(null);
		}
		return new McpResponse(post(method, JsonMapper.shared().writeValueAsString(params)), this.token);
	}

	private HttpResponse<String> post(String method, String params) {
		String before = this.nonce;
		HttpResponse<String> response = attempt(method, params);
		this.nonce = response.headers().firstValue("DPoP-Nonce").orElse(this.nonce);
		boolean again = response.statusCode() == 401 && !Objects.equals(this.nonce, before);
		return again ? attempt(method, params) : response;
	}

	private HttpResponse<String> attempt(String method, String params) {
		HttpRequest.Builder request = HttpRequest.newBuilder(this.endpoint)
			.timeout(TIMEOUT)
			.header("Content-Type", "application/json")
			.header("Accept", "application/json, text/event-stream")
			.POST(BodyPublishers.ofString("{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
				.formatted(++this.requests, method, params)));
		if (this.token != null && this.key != null) {
			request.header("Authorization", "DPoP " + this.token);
			request.header("DPoP",
					this.key.proof("POST", this.endpoint.toString())
						.token(this.token)
						.claim("nonce", this.nonce)
						.sign());
		}
		else if (this.token != null) {
			request.header("Authorization", "Bearer " + this.token);
		}
		if (this.initialized) {
			request.header("MCP-Protocol-Version", REVISION);
		}
		if (this.session != null) {
			request.header("Mcp-Session-Id", this.session);
		}
		try {
			return this.http.send(request.build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
