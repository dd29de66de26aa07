package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.time.Duration;

/**
 * Runs Keycloak's own main class in a process that ends when whoever started it does,
 * however that may be: its standard input is closed then.
 */
final class KeycloakMain {

	private static final Duration SHUTDOWN = Duration.ofSeconds(30);

	private KeycloakMain() {
	}

	public static void main(String[] args) throws ReflectiveOperationException {
		Thread watch = new Thread(KeycloakMain::exitWithParent, "parent-watch");
		watch.setDaemon(true);
		watch.start();
		Class.forName("io.quarkus.bootstrap.runner.QuarkusEntryPoint")
			.getMethod("main", String[].class)
			.invoke(null, (Object) args);
	}

	private static void exitWithParent() {
		try {
			while (System.in.read() != -1) {
				// Nothing is said to this process.
			}
		}
		catch (IOException ex) {
			// Closed as well.
		}
		Thread halt = new Thread(KeycloakMain::haltLater, "halt");
		halt.setDaemon(true);
		halt.start();
		System.exit(0);
	}

	private static void haltLater() {
		try {
			Thread.sleep(SHUTDOWN.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		Runtime.getRuntime().halt(1);
	}

}
