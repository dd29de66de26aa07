package io.mcpsecurity.token;

import org.jspecify.annotations.Nullable;

/**
 * Text of others, as it may stand in a log message: on one line, and bounded.
 */
final class Printable {

	private static final int MAX_LENGTH = 500;

	private Printable() {
	}

	/**
	 * What was expected, and what was found instead.
	 */
	static String difference(@Nullable Object expected, @Nullable Object found) {
		return "expected " + of(expected) + ", found " + of(found);
	}

	static String of(@Nullable Object value) {
		String text = String.valueOf(value);
		String bounded = (text.length() > MAX_LENGTH) ? text.substring(0, MAX_LENGTH) + "..." : text;
		return bounded.replaceAll("[\\p{Cntrl}\\p{Cf}\\x{80}-\\x{9F}\\u2028\\u2029]", "?");
	}

}
