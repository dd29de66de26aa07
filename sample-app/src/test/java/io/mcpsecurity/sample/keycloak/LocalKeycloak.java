package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.springframework.test.util.TestSocketUtils;
import org.springframework.util.FileSystemUtils;

/**
 * Keycloak as a process of this machine.
 */
final class LocalKeycloak extends KeycloakServer {

	private final KeycloakDistribution distribution;

	private final Path home;

	private final int port = TestSocketUtils.findAvailableTcpPort();

	private Process process;

	LocalKeycloak(KeycloakDistribution distribution) {
		this.distribution = distribution;
		this.home = distribution.newHome();
	}

	@Override
	public String url() {
		return "http://localhost:" + this.port;
	}

	@Override
	public void start() {
		Path log = this.home.resolve("keycloak.log");
		try {
			this.process = this.distribution.launch(this.home, List.of("start", "--optimized", "--http-enabled=true",
					"--http-host=localhost", "--http-port=" + this.port, "--hostname=" + url(), "--cache=local"), log);
			awaitRealm(this.process::isAlive);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (IllegalStateException ex) {
			throw new IllegalStateException(ex.getMessage() + ":\n" + read(log), ex);
		}
	}

	@Override
	public void stop() {
		if (this.process == null) {
			return;
		}
		try {
			this.process.getOutputStream().close();
			this.process.waitFor(1, TimeUnit.MINUTES);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
		finally {
			this.process.destroyForcibly();
		}
	}

	@Override
	public void close() {
		stop();
		FileSystemUtils.deleteRecursively(this.home.toFile());
	}

	private static String read(Path log) {
		try {
			return Files.readString(log);
		}
		catch (IOException ex) {
			return ex.toString();
		}
	}

}
