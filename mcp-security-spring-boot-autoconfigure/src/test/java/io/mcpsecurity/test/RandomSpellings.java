package io.mcpsecurity.test;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Random ways to write the path of a file, which an ordinary handler reads as that file:
 * it decodes the path once and lets the file system make sense of the rest. The same seed
 * gives the same ones.
 */
public final class RandomSpellings {

	private static final String[] DETOURS = { "./", "/", "//", ".//./", "x/../", "x//../", "x/./../", "x/y/../../",
			"?/../", "#/../", "a?b/../", "?/x#/../../", "%/../", "\u00e4 +/../", ".../../" };

	private static final String[] ENDINGS = { "/", "//", "/.", "/./", "/x/..", "/?/../", "/x//.." };

	private final Random random;

	public RandomSpellings(long seed) {
		// Seeds that are close together would all begin with much the same numbers.
		this.random = new Random(seed * 0x9E3779B97F4A7C15L);
	}

	/**
	 * A way to write a path, without a slash that is not encoded.
	 * @param path the path of a file, relative and plain
	 */
	public String of(String path) {
		String spelling = path;
		for (int i = this.random.nextInt(4); i > 0; i--) {
			spelling = detoured(spelling);
		}
		if (this.random.nextInt(4) == 0) {
			spelling += oneOf(ENDINGS);
		}
		return encoded(spelling);
	}

	private String detoured(String path) {
		String[] segments = path.split("(?<=/)(?=[^/])");
		int place = this.random.nextInt(segments.length);
		segments[place] = oneOf(DETOURS) + segments[place];
		return String.join("", segments);
	}

	/**
	 * Percent-encoded: slashes and what has a meaning of its own always, the rest now and
	 * then.
	 */
	private String encoded(String path) {
		StringBuilder encoded = new StringBuilder();
		double often = this.random.nextDouble();
		path.codePoints().forEach((c) -> {
			String text = Character.toString(c);
			boolean reserved = "/%+".contains(text);
			if (c == ' ' && this.random.nextBoolean()) {
				encoded.append('+');
			}
			else if (reserved || this.random.nextDouble() < often) {
				for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
					encoded.append((this.random.nextBoolean() ? "%%%02x" : "%%%02X").formatted(octet));
				}
			}
			else {
				encoded.append(text);
			}
		});
		return encoded.toString();
	}

	private String oneOf(String... texts) {
		return texts[this.random.nextInt(texts.length)];
	}

}
