package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * An MCP client that opens sessions, and checks the responses of a server before it is
 * measured.
 */
final class Client {

	private static final String INITIALIZE = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"benchmark\",\"version\":\"1\"}}}";

	private static final String INITIALIZED = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";

	private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final String url;

	Client(String url) {
		this.url = url;
	}

	/**
	 * Open sessions.
	 * @return their ids
	 */
	List<String> sessions(int count, String token) {
		List<String> ids = new ArrayList<>(count);
		for (int i = 0; i < count; i++) {
			HttpResponse<String> opened = send(INITIALIZE, Map.of(), token, null);
			String id = opened.headers()
				.firstValue("Mcp-Session-Id")
				.orElseThrow(() -> new IllegalStateException("No session: " + opened.statusCode() + opened.body()));
			send(INITIALIZED, Map.of(), token, id);
			ids.add(id);
		}
		return ids;
	}

	/**
	 * Send a call of a tool.
	 * @throws IllegalStateException if the status of the response is not 200
	 */
	void call(Scenario.Message call, String token, @Nullable String session) {
		HttpResponse<String> response = send(call.body(), call.headers(), token, session);
		if (response.statusCode() != 200) {
			throw new IllegalStateException("A call failed: " + response.statusCode() + response.body());
		}
	}

	HttpResponse<String> send(String body, Map<String, String> headers, String token, @Nullable String session) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url))
			.timeout(Duration.ofSeconds(60))
			.header("Host", ServerKind.HOST)
			.header("Content-Type", "application/json")
			.header("Accept", "application/json, text/event-stream")
			.header("Authorization", "Bearer " + token)
			.POST(BodyPublishers.ofString(body));
		headers.forEach(request::header);
		if (session != null) {
			request.header("Mcp-Session-Id", session);
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
