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
import java.util.Objects;

import tools.jackson.databind.json.JsonMapper;

/**
 * Puts load on a server: {@code wrk}, on a core of its own.
 */
final class LoadTool {

	private final Options options;

	private final Path script;

	private final Path tokens;

	private final Path body;

	/**
	 * Create one that sends a message with some tokens in turns.
	 */
	LoadTool(Options options, List<String> tokens, String body) {
		this.options = options;
		try {
			Path files = Files.createDirectories(options.work());
			this.script = files.resolve("load.lua");
			try (InputStream in = Objects.requireNonNull(LoadTool.class.getResourceAsStream("/load.lua"))) {
				Files.write(this.script, in.readAllBytes());
			}
			this.tokens = Files.write(files.resolve("tokens"), tokens);
			this.body = Files.writeString(files.resolve("body"), body);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Put load on a server.
	 * @param url where it is
	 * @param sessions the sessions to use, or none
	 * @param connections how many requests are under way at any time
	 * @param duration for how long
	 */
	Outcome run(String url, List<String> sessions, int connections, Duration duration) {
		try {
			Path sessionFile = Files.write(this.options.work().resolve("sessions"), sessions);
			List<String> command = new ArrayList<>(List.of("wrk", "-t1", "-c" + connections,
					"-d" + duration.toSeconds() + "s", "--timeout", "30s", "-s", this.script.toString(), url, "--",
					ServerKind.HOST, this.tokens.toString(), this.body.toString(), sessionFile.toString()));
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
	 * What the tool saw.
	 *
	 * @param requests how many requests were answered
	 * @param micros in how many microseconds
	 * @param p50 half of them took at most so many microseconds
	 * @param p99 ninety-nine of a hundred took at most so many microseconds
	 * @param refused how many were answered with another status than 2xx or 3xx
	 * @param failed how many were not answered
	 */
	record Outcome(long requests, long micros, double p50, double p99, long refused, long failed) {

		double perSecond() {
			return this.requests * 1e6 / this.micros;
		}

	}

}
