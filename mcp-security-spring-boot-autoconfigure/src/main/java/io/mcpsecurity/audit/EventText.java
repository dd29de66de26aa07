package io.mcpsecurity.audit;

/**
 * Makes text of others safe for events: it can neither break a line nor steer a terminal,
 * hide or reorder what is read, nor be without end.
 */
public final class EventText {

	/** What stands where something was left out. */
	static final String MORE = "\u2026";

	private static final char REPLACEMENT = '\uFFFD';

	private EventText() {
	}

	/**
	 * The safe form of a text. Replaced by U+FFFD are control characters (ANSI escapes
	 * and U+0085 too), separators of lines and paragraphs, invisible characters of format
	 * (marks that turn the direction of text among them), lone surrogates and
	 * noncharacters.
	 * @param text the text
	 * @param max how many chars the result has at most; positive. What is longer is cut,
	 * never inside a surrogate pair, and ends with U+2026.
	 */
	public static String of(String text, int max) {
		int end = text.length();
		if (end > max) {
			end = max - 1;
			if (end > 0 && Character.isSurrogatePair(text.charAt(end - 1), text.charAt(end))) {
				end--;
			}
		}
		int unsafe = firstUnsafe(text, end);
		if (unsafe == end) {
			return (end == text.length()) ? text : text.substring(0, end) + MORE;
		}
		StringBuilder safe = new StringBuilder(end + 1).append(text, 0, unsafe);
		for (int i = unsafe; i < end; i += Character.charCount(text.codePointAt(i))) {
			int c = text.codePointAt(i);
			safe.appendCodePoint(isSafe(c) ? c : REPLACEMENT);
		}
		return ((end == text.length()) ? safe : safe.append(MORE)).toString();
	}

	private static int firstUnsafe(String text, int end) {
		for (int i = 0; i < end; i += Character.charCount(text.codePointAt(i))) {
			if (!isSafe(text.codePointAt(i))) {
				return i;
			}
		}
		return end;
	}

	private static boolean isSafe(int c) {
		if (c < 0x7f) {
			return c >= ' ';
		}
		boolean nonCharacter = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
		return !nonCharacter && switch (Character.getType(c)) {
			case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
					Character.PARAGRAPH_SEPARATOR ->
				false;
			default -> true;
		};
	}

}
