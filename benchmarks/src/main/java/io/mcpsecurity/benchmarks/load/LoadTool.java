package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import tools.jackson.databind.json.JsonMapper;

/**
 * Puts load on a server with {@code wrk}, on its own core.
 */
final class LoadTool {

	private final Options options;

	private final Path script;

	private final Path tokens;

	private final Path body;

	private final Map<String, String> headers;

	/**
	 * Create a load tool that sends a message with the given tokens in turns.
	 */
	LoadTool(Options options, List<String> tokens, Scenario.Message message) {
		this.options = options;
		this.headers = message.headers();
		try {
			Path files = Files.createDirectories(options.work());
			this.script = files.resolve("load.lua");
			try (InputStream in = Objects.requireNonNull(LoadTool.class.getResourceAsStream("/load.lua"))) {
				Files.write(this.script, in.readAllBytes());
			}
			this.tokens = Files.write(files.resolve("tokens"), tokens);
			this.body = Files.writeString(files.resolve("body"), message.body());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Put load on a server.
	 * @param url the URL of the server
	 * @param sessions the sessions to use, or none
	 * @param connections the number of concurrent requests
	 * @param duration the duration of the load
	 */
	Outcome run(String url, List<String> sessions, int connections, Duration duration) {
		try {
			Path sessionFile = Files.write(this.options.work().resolve("sessions"), sessions);
			List<String> command = new ArrayList<>(List.of("wrk", "-t1", "-c" + connections,
					"-d" + duration.toSeconds() + "s", "--timeout", "30s", "-s", this.script.toString(), url, "--",
					ServerKind.HOST, this.tokens.toString(), this.body.toString(), sessionFile.toString()));
			this.headers.forEach((name, value) -> command.addAll(List.of(name, value)));
			Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
			String output = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (wrk.waitFor() != 0 || !output.contains("\n{")) {
				throw new IllegalStateException("wrk failed: " + output);
			}
			String json = output.substring(output.lastIndexOf("\n{") + 1);
			return JsonMapper.shared().readValue(json, Outcome.class);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The results of the load tool.
	 *
	 * @param requests the number of responses
	 * @param micros the duration in microseconds
	 * @param p50 the median response time in microseconds
	 * @param p99 the 99th percentile of the response time in microseconds
	 * @param refused the number of responses with another status than 2xx or 3xx
	 * @param failed the number of requests without a response
	 */
	record Outcome(long requests, long micros, double p50, double p99, long refused, long failed) {

		double perSecond() {
			return this.requests * 1e6 / this.micros;
		}

	}

}
