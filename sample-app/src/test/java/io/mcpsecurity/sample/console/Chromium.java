package io.mcpsecurity.sample.console;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.CLI;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Playwright.CreateOptions;
import com.microsoft.playwright.PlaywrightException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real browser without a window: the one that {@code -Dchromium=} names, or else one
 * that is installed, or else Playwright's own, which is fetched when it is not there yet.
 * Whoever names a browser wants these tests to run, and so they fail without it; on a
 * machine without any they are skipped, and say so.
 */
final class Chromium implements AutoCloseable {

	private static final String NAMED = System.getProperty("chromium");

	private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome",
			"google-chrome-stable", "chrome.exe", "msedge.exe");

	private static final List<String> PLACES = List.of("/Applications/Chromium.app/Contents/MacOS/Chromium",
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
			"C:/Program Files/Google/Chrome/Application/chrome.exe",
			"C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe");

	private static final String NO_DOWNLOAD = "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD";

	private static final long MINUTES_TO_DOWNLOAD = 5;

	private final Playwright playwright;

	private final @Nullable Browser browser;

	private final String reason;

	private Chromium(Playwright playwright, @Nullable Browser browser, String reason) {
		this.playwright = playwright;
		this.browser = browser;
		this.reason = reason;
	}

	/**
	 * Start the browser, if there is one.
	 */
	static Chromium start() {
		Playwright playwright = Playwright.create(new CreateOptions().setEnv(Map.of(NO_DOWNLOAD, "1")));
		try {
			return new Chromium(playwright, launch(playwright), "");
		}
		catch (PlaywrightException ex) {
			if (NAMED != null) {
				playwright.close();
				throw ex;
			}
			String reason = "There is no Chromium that starts, so nothing tries the script of the console."
					+ " Name one with -Dchromium=/path/to/it. "
					+ String.valueOf(ex.getMessage()).replaceAll("\\s+", " ").replaceAll("\u2554.*", "");
			System.err.println("Tests are skipped. " + reason);
			return new Chromium(playwright, null, reason);
		}
	}

	private static Browser launch(Playwright playwright) {
		Optional<Path> installed = installed();
		if (installed.isPresent()) {
			return playwright.chromium().launch(new LaunchOptions().setExecutablePath(installed.get()));
		}
		if (!Files.exists(Path.of(playwright.chromium().executablePath())) && System.getenv(NO_DOWNLOAD) == null) {
			download();
		}
		return playwright.chromium().launch();
	}

	private static Optional<Path> installed() {
		if (NAMED != null) {
			return Optional.of(Path.of(NAMED));
		}
		Stream<Path> onPath = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
			.flatMap((directory) -> NAMES.stream().map((name) -> Path.of(directory, name)));
		return Stream.concat(onPath, PLACES.stream().map(Path::of)).filter(Files::isExecutable).findFirst();
	}

	private static void download() {
		try {
			System.err
				.println("No Chromium is installed: Playwright fetches its own, unless " + NO_DOWNLOAD + " is set");
			Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-cp", System.getProperty("java.class.path"), CLI.class.getName(), "install", "chromium")
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start();
			if (!process.waitFor(MINUTES_TO_DOWNLOAD, TimeUnit.MINUTES)) {
				process.descendants().forEach(ProcessHandle::destroy);
				process.destroy();
			}
		}
		catch (IOException ex) {
			throw new PlaywrightException("Chromium could not be fetched", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new PlaywrightException("Interrupted while Chromium was fetched", ex);
		}
	}

	/**
	 * The browser; without one the test is skipped.
	 */
	Browser browser() {
		Assumptions.assumeTrue(this.browser != null, this.reason);
		return this.browser;
	}

	@Override
	public void close() {
		this.playwright.close();
	}

}
