package io.mcpsecurity.soak;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.mcpsecurity.test.TestAuthorizationServer;
import org.awaitility.Awaitility;

import org.springframework.test.util.TestSocketUtils;

/**
 * A {@link SoakApplication} in a Java machine of its own, with a heap that is small.
 */
final class SoakServer implements AutoCloseable {

	private final int door = TestSocketUtils.findAvailableTcpPort();

	private final int port = TestSocketUtils.findAvailableTcpPort();

	private final Process process;

	SoakServer(TestAuthorizationServer authorizationServer, int heap, List<String> properties) {
		List<String> command = new ArrayList<>(
				List.of(System.getProperty("soak.java", ProcessHandle.current().info().command().orElse("java")),
						"-Xmx" + heap + "m", "-XX:+ExitOnOutOfMemoryError", "-cp",
						System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
						SoakApplication.class.getName(), String.valueOf(this.door)));
		Stream
			.concat(Stream.of("server.port=" + this.port, "mcp-security.resource=" + url(),
					"mcp-security.authorization-servers=" + authorizationServer.issuer(), "spring.main.banner-mode=off",
					"logging.level.root=error", "server.tomcat.mbeanregistry.enabled=true",
					"server.tomcat.basedir=target/tomcat"), properties.stream())
			.forEach((property) -> command.add("--" + property));
		try {
			this.process = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(new File("target/soak-server.log"))
				.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Awaitility.await().atMost(Duration.ofMinutes(3)).ignoreExceptions().until(() -> state() != null);
	}

	String url() {
		return "http://localhost:" + this.port + "/mcp";
	}

	int port() {
		return this.port;
	}

	/**
	 * How the server is.
	 */
	State state() {
		try {
			HttpURLConnection connection = (HttpURLConnection) URI.create("http://localhost:" + this.door)
				.toURL()
				.openConnection();
			connection.setConnectTimeout(10_000);
			connection.setReadTimeout(60_000);
			String[] state = new String(connection.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
				.split(" ");
			return new State(Long.parseLong(state[0]) >> 20, Integer.parseInt(state[1]), Integer.parseInt(state[2]),
					Long.parseLong(state[3]));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(30, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * How the server is.
	 *
	 * @param heap megabytes in use after a collection
	 * @param threads live threads
	 * @param busy threads of Tomcat that are busy
	 * @param connections open connections
	 */
	record State(long heap, int threads, int busy, long connections) {
	}

}
