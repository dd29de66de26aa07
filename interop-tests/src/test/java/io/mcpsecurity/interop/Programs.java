package io.mcpsecurity.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs programs in processes of their own.
 */
final class Programs {

	private Programs() {
	}

	/**
	 * Run a program to its end.
	 * @param command the program, and its arguments
	 * @param environment variables of its environment
	 * @param seconds its timeout
	 */
	static Result run(List<String> command, Map<String, String> environment, int seconds) {
		try {
			Path output = Files.createTempFile(Files.createDirectories(Path.of("target")), "program", ".log");
			ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
				.redirectOutput(output.toFile());
			builder.environment().putAll(environment);
			Process process = builder.start();
			try {
				boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
				String text = Files.readString(output, StandardCharsets.UTF_8);
				return new Result(ended ? process.exitValue() : -1, ended ? text : "Timeout: " + text);
			}
			finally {
				process.descendants().forEach(ProcessHandle::destroyForcibly);
				process.destroyForcibly();
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * How a program ended.
	 *
	 * @param exit its exit status, -1 after the timeout
	 * @param output what it wrote
	 */
	record Result(int exit, String output) {

		void assertPassed() {
			assertThat(this.exit).describedAs(this.output).isZero();
		}

	}

}
