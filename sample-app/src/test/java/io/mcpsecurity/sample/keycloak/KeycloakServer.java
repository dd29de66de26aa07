package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

import org.testcontainers.DockerClientFactory;

/**
 * A real Keycloak with the realm of the sample, on a free port: a container where Docker
 * answers, and else a process of this machine. It can be stopped and started again, with
 * its data and at the same port. It ends with the test machine.
 */
public abstract class KeycloakServer implements AutoCloseable {

	/** The realm's file, of which there is only this one. */
	static final Path REALM = Path.of("keycloak/realm-mcp.json");

	static final String ADMIN = "admin";

	/** For a machine that is slow, and has much else to do. */
	static final Duration PATIENCE = Duration.ofMinutes(5);

	private static final Duration PAUSE = Duration.ofMillis(200);

	private final HttpClient http = HttpClient.newHttpClient();

	/**
	 * The server that tests have in common. The first who asks starts it.
	 */
	public static KeycloakServer shared() {
		return Shared.SERVER;
	}

	/**
	 * Its address, without a path.
	 */
	public abstract String url();

	/**
	 * Stop the server. Its data stay.
	 */
	public abstract void stop();

	/**
	 * Start the server again and wait until it serves the realm.
	 */
	public abstract void start();

	/**
	 * Stop the server and leave nothing behind.
	 */
	@Override
	public abstract void close();

	/**
	 * The issuer identifier of the realm.
	 */
	public String issuer() {
		return url() + "/realms/mcp";
	}

	/**
	 * Wait until the realm is served.
	 * @param alive whether there is still something to wait for
	 */
	void awaitRealm(BooleanSupplier alive) {
		long end = System.nanoTime() + PATIENCE.toNanos();
		while (!serves()) {
			if (!alive.getAsBoolean() || System.nanoTime() > end) {
				throw new IllegalStateException("Keycloak does not serve " + issuer());
			}
			pause();
		}
	}

	private boolean serves() {
		HttpRequest discovery = HttpRequest.newBuilder(URI.create(issuer() + "/.well-known/openid-configuration"))
			.timeout(Duration.ofSeconds(10))
			.build();
		try {
			return this.http.send(discovery, BodyHandlers.discarding()).statusCode() == 200;
		}
		catch (IOException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
	}

	private static void pause() {
		try {
			Thread.sleep(PAUSE.toMillis());
		}
		catch (InterruptedException ex) {
			throw interrupted(ex);
		}
	}

	static IllegalStateException interrupted(InterruptedException ex) {
		Thread.currentThread().interrupt();
		return new IllegalStateException(ex);
	}

	/**
	 * Is not made before somebody asks.
	 */
	private static final class Shared {

		private static final KeycloakServer SERVER = launch();

		private static KeycloakServer launch() {
			KeycloakDistribution distribution = KeycloakDistribution.unpacked();
			KeycloakServer server = DockerClientFactory.instance().isDockerAvailable()
					? new ContainedKeycloak(distribution.version()) : new LocalKeycloak(distribution);
			Runtime.getRuntime().addShutdownHook(new Thread(server::close));
			server.start();
			return server;
		}

	}

}
