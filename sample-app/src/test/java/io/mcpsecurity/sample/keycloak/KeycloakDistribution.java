package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.springframework.util.FileSystemUtils;

/**
 * Keycloak as the build unpacks it from its Maven artifact. What takes long is done once
 * and kept for as long as nothing changes: Keycloak's own build, and a database with the
 * realm in it.
 */
final class KeycloakDistribution {

	private static final Path DIRECTORY = Path.of("target/keycloak").toAbsolutePath();

	/** What a server with these options is built for. */
	private static final List<String> BUILD = List.of("build", "--db=dev-file");

	private static final String DATA = "data";

	private static final String PROGRAM = "lib/quarkus/generated-bytecode.jar";

	private final Path distribution;

	private KeycloakDistribution(Path distribution) {
		this.distribution = distribution;
	}

	/**
	 * The distribution that the build has unpacked.
	 */
	static KeycloakDistribution unpacked() {
		try (Stream<Path> found = Files.isDirectory(DIRECTORY) ? Files.list(DIRECTORY) : Stream.empty()) {
			return new KeycloakDistribution(found
				.filter((path) -> Files.exists(path.resolve("version.txt")) && path.endsWith(name(path)))
				.findFirst()
				.orElseThrow(() -> new IllegalStateException("There is no Keycloak in " + DIRECTORY
						+ ": let `./mvnw -pl sample-app -am process-test-resources` unpack it, or skip the tests"
						+ " that need it with -Dkeycloak.skip")));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String name(Path path) {
		return "keycloak-" + version(path);
	}

	private static String version(Path distribution) {
		try {
			String text = Files.readString(distribution.resolve("version.txt")).strip();
			return text.substring(text.lastIndexOf(' ') + 1);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The version of Keycloak.
	 */
	String version() {
		return version(this.distribution);
	}

	/**
	 * Make a home for a server of its own, with the realm and an administrator in its
	 * database.
	 * @return the directory, which the caller deletes
	 */
	Path newHome() {
		try (RandomAccessFile file = new RandomAccessFile(DIRECTORY.resolve("lock").toFile(), "rw");
				FileLock lock = file.getChannel().lock()) {
			assert lock.isValid();
			Path prepared = DIRECTORY.resolve("prepared-" + fingerprint());
			if (!builtFor(prepared)) {
				FileSystemUtils.deleteRecursively(prepared);
				prepare(prepared);
			}
			Path home = Files.createTempDirectory(DIRECTORY, "run-");
			FileSystemUtils.copyRecursively(prepared, home);
			return home;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Whether it is there, and the distribution's programs are those that were built with
	 * it.
	 */
	private boolean builtFor(Path prepared) throws IOException {
		return Files.exists(prepared)
				&& Files.mismatch(prepared.resolve(PROGRAM), this.distribution.resolve(PROGRAM)) == -1;
	}

	private void prepare(Path prepared) throws IOException {
		FileSystemUtils.deleteRecursively(this.distribution.resolve(DATA));
		run(BUILD);
		run(List.of("import", "--optimized", "--file=" + KeycloakServer.REALM.toAbsolutePath()));
		Path made = Files.createTempDirectory(DIRECTORY, "making-");
		for (String directory : List.of("conf", "providers", DATA, "lib/quarkus")) {
			FileSystemUtils.copyRecursively(this.distribution.resolve(directory), made.resolve(directory));
		}
		// Now or not at all: a test machine may be killed at any time.
		Files.move(made, prepared, StandardCopyOption.ATOMIC_MOVE);
	}

	private void run(List<String> arguments) throws IOException {
		Path log = DIRECTORY.resolve(arguments.get(0) + ".log");
		Process process = launch(this.distribution, arguments, log);
		try {
			if (!process.waitFor(KeycloakServer.PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
				throw new IllegalStateException(
						"Keycloak's " + arguments.get(0) + " failed:\n" + Files.readString(log));
			}
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
		finally {
			process.destroyForcibly();
		}
	}

	/**
	 * Start Keycloak.
	 * @param home the directory with its configuration and its data
	 * @param arguments what comes after {@code kc.sh}
	 * @param log the file for everything that it writes
	 */
	Process launch(Path home, List<String> arguments, Path log) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		// As kc.sh does, except for a compiler and a collector that start sooner.
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms64m", "-Xmx512m",
				"-Dfile.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US",
				"--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
				"--add-opens=java.base/java.security=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED",
				"--enable-native-access=ALL-UNNAMED",
				"-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
						+ "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
				"-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-Dpicocli.disable.closures=true",
				"-Dkc.home.dir=" + home, "-Djboss.server.config.dir=" + home.resolve("conf"), "-cp",
				String.join(System.getProperty("path.separator"),
						this.distribution.resolve("lib/quarkus-run.jar").toString(), testClasses()),
				KeycloakMain.class.getName()));
		command.addAll(arguments);
		ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile())
			.redirectErrorStream(true)
			.redirectOutput(log.toFile());
		builder.environment().keySet().removeIf((name) -> name.startsWith("KC_") || name.equals("JAVA_TOOL_OPTIONS"));
		builder.environment().put("KC_BOOTSTRAP_ADMIN_USERNAME", KeycloakServer.ADMIN);
		builder.environment().put("KC_BOOTSTRAP_ADMIN_PASSWORD", KeycloakServer.ADMIN);
		return builder.start();
	}

	private static String testClasses() {
		try {
			return Path.of(KeycloakMain.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private String fingerprint() throws IOException {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			digest.update((version() + BUILD).getBytes(StandardCharsets.UTF_8));
			digest.update(Files.readAllBytes(KeycloakServer.REALM));
			return HexFormat.of().formatHex(digest.digest(), 0, 8);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
