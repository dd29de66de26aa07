package io.mcpsecurity.audit;

/**
 * Makes untrusted text safe for events and logs: it contains no line breaks, terminal
 * control sequences, or characters that hide or reorder text, and its length is limited.
 */
public final class EventText {

	/** The replacement for omitted text. */
	static final String MORE = "\u2026";

	private static final char REPLACEMENT = '\uFFFD';

	private EventText() {
	}

	/**
	 * The safe form of a text. U+FFFD replaces control characters (including ANSI escapes
	 * and U+0085), line and paragraph separators, invisible format characters (including
	 * marks that change the direction of text), lone surrogates and noncharacters.
	 * @param text the text
	 * @param max the maximum length of the result in chars; positive. A longer text is
	 * truncated, never inside a surrogate pair, and ends with U+2026.
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

	/**
	 * The safe form of a name or an id that a client sent, without text that looks like a
	 * credential, because clients can send credentials in the wrong place.
	 * @param text the text
	 * @param max the maximum length of the result in chars; positive
	 */
	public static String ofSent(String text, int max) {
		return Credentials.maskName(text, max);
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
