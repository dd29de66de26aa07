package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.util.TestSocketUtils;

/**
 * A Spring AI MCP server with this starter, listening on a free port.
 */
public final class SecuredServer implements AutoCloseable {

	private static final String MODERN = "2026-07-28";

	private static final HttpClient http = HttpClient.newHttpClient();

	private final TestAuthorizationServer authorizationServer;

	private final ConfigurableApplicationContext context;

	private final String url;

	private final boolean stateless;

	private SecuredServer(TestAuthorizationServer authorizationServer, ConfigurableApplicationContext context,
			String url) {
		this.authorizationServer = authorizationServer;
		this.context = context;
		this.url = url;
		this.stateless = "STATELESS".equals(context.getEnvironment().getProperty("spring.ai.mcp.server.protocol"));
	}

	/**
	 * Start a server.
	 * @param application the application class
	 * @param authorizationServer whose tokens it accepts
	 * @param properties more properties, each {@code name=value}; they replace those that
	 * are set here
	 */
	public static SecuredServer start(Class<?> application, TestAuthorizationServer authorizationServer,
			String... properties) {
		int port = TestSocketUtils.findAvailableTcpPort();
		String url = "http://localhost:" + port + value("server.servlet.context-path", properties)
				+ value("spring.mvc.servlet.path", properties) + "/mcp";
		SpringApplication spring = new SpringApplication(application);
		spring.setRegisterShutdownHook(false);
		spring.setDefaultProperties(Map.of("server.port", port, "mcp-security.resource", url,
				"mcp-security.authorization-servers", authorizationServer.issuer(), "spring.main.banner-mode", "off",
				"logging.level.root", "warn", "spring.jmx.enabled", "false", "server.tomcat.basedir", "target/tomcat"));
		return new SecuredServer(authorizationServer,
				spring.run(Stream.of(properties).map((property) -> "--" + property).toArray(String[]::new)), url);
	}

	private static String value(String name, String... properties) {
		return Stream.of(properties)
			.filter((property) -> property.startsWith(name + "="))
			.map((property) -> property.substring(name.length() + 1))
			.findFirst()
			.orElse("");
	}

	public String url() {
		return this.url;
	}

	/**
	 * The URL of another path at this server's root.
	 */
	public String url(String path) {
		return URI.create(this.url).resolve(path).toString();
	}

	public TestAuthorizationServer authorizationServer() {
		return this.authorizationServer;
	}

	public ConfigurableApplicationContext context() {
		return this.context;
	}

	/**
	 * A token for this server.
	 */
	public TestAuthorizationServer.Token token(String... scopes) {
		return this.authorizationServer.token(this.url).scope(scopes).claim("jti", "token-1");
	}

	/**
	 * A POST to the endpoint with the headers of an MCP client, to be changed.
	 */
	public HttpRequest.Builder post(@Nullable String token, String body) {
		return post(token, BodyPublishers.ofString(body));
	}

	public HttpRequest.Builder post(@Nullable String token, BodyPublisher body) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url))
			.timeout(Duration.ofSeconds(20))
			.setHeader("Content-Type", "application/json")
			.setHeader("Accept", "application/json, text/event-stream")
			.POST(body);
		return (token != null) ? request.setHeader("Authorization", "Bearer " + token) : request;
	}

	public HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return http.send(request.build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	public HttpResponse<String> get(String url) {
		return send(HttpRequest.newBuilder(URI.create(url)));
	}

	/**
	 * One request of an MCP client that has initialized, with the session that the
	 * protocol needs.
	 */
	public HttpResponse<String> call(String token, String method, String params) {
		HttpRequest.Builder request = post(token,
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}");
		if (!this.stateless) {
			request.setHeader("Mcp-Session-Id", initialize(token));
		}
		return send(request);
	}

	/**
	 * A request of MCP 2026-07-28, to be changed.
	 * @param params an object without {@code _meta}
	 */
	public HttpRequest.Builder modern(@Nullable String token, String method, String params) {
		ObjectNode all = (ObjectNode) JsonMapper.shared().readTree(params);
		ObjectNode meta = all.withObjectProperty("_meta");
		meta.put("io.modelcontextprotocol/protocolVersion", MODERN);
		if (!meta.has("io.modelcontextprotocol/clientCapabilities")) {
			meta.putObject("io.modelcontextprotocol/clientCapabilities");
		}
		HttpRequest.Builder request = post(token,
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + all + "}")
			.setHeader("MCP-Protocol-Version", MODERN)
			.setHeader("Mcp-Method", method);
		String name = all.has("name") ? all.path("name").asString() : all.path("uri").asString();
		return name.isEmpty() ? request : request.setHeader("Mcp-Name", name);
	}

	public HttpResponse<String> callTool(String token, String tool, String arguments) {
		return call(token, "tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
	}

	/**
	 * Initialize a session.
	 * @param token the token, or {@code null} where {@code discovery} is public
	 * @return the session id
	 */
	public String initialize(@Nullable String token) {
		HttpResponse<String> response = send(post(token, """
				{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
				"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"""));
		return response.headers()
			.firstValue("Mcp-Session-Id")
			.orElseThrow(
					() -> new IllegalStateException("initialize: " + response.statusCode() + " " + response.body()));
	}

	/**
	 * The JSON-RPC response, from JSON or from a stream of events.
	 */
	public static JsonNode json(HttpResponse<String> response) {
		return McpResponse.of(response).json();
	}

	/**
	 * The text of a tool's result.
	 */
	public static String text(HttpResponse<String> response) {
		return McpResponse.of(response).text();
	}

	@Override
	public void close() {
		this.context.close();
	}

}
