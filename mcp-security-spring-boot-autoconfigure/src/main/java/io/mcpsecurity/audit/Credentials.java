package io.mcpsecurity.audit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds text that looks like a credential, and masks it.
 */
record Credentials(SensitiveNames names) {

	/** The replacement for masked text. */
	static final String MASK = "***";

	/**
	 * The number of chars after the shown part of a text that are searched as well, to
	 * recognize a credential of which only the beginning is shown.
	 */
	private static final int LOOK_AHEAD = 768;

	/**
	 * Patterns of credentials that are recognized without context. No pattern repeats a
	 * group, because that would overflow the stack for long texts.
	 */
	static final Pattern FORM = Pattern.compile(String.join("|",
			// A JSON object in base64: JSON Web Tokens, sealed or signed.
			"eyJ[\\w.~+/=-]{6,}+",
			// Private keys in PEM, to the end of the text: the end marker may be missing.
			"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.*",
			// Authorization headers, RFC 9110 section 11.4.
			"(?i:bearer|dpop)[\\s:]{1,16}+[\\w.~+/=-]++",
			"(?i:basic|negotiate)\\s{1,16}+(?=[a-z+/]{0,64}+[A-Z0-9=])[\\w.~+/=-]{6,}+",
			// The part of a URI before the host, RFC 3986 section 3.2.1.
			"(?<=://)(?:[^\\s/?#@]{1,500}+(?=@)|[^\\s/?#@]{500}+)",
			// Keys with a known prefix.
			"(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|sk-|[rs]k_(?:live|test)_|AKIA|ASIA|AIza|hf_|npm_|mcpk_)[\\w-]{10,}+"),
			Pattern.DOTALL);

	/** The length of the shortest key with a known prefix. */
	private static final int SHORTEST_KEY = 13;

	/**
	 * A name that may be followed by its value: {@code name=}, {@code "name":},
	 * {@code --name }.
	 */
	private static final Pattern NAME = Pattern
		.compile("(?<![\\p{L}\\p{N}_-])([\\p{L}\\p{N}_-]{1,128}+)[\"'\\\\]{0,8}+(?:\\s{0,16}+[:=>]|\\s)");

	/**
	 * The safe form of a text without credentials.
	 * @param text the text
	 * @param max how many chars the result has at most
	 */
	String mask(String text, int max) {
		return mask(text, max, named(text, Math.min(text.length(), max)));
	}

	/**
	 * The safe form of a name. Only text that matches {@link #FORM} is masked, because
	 * the name of a tool or resource can contain a word like "password" without a value.
	 * @param name the name
	 * @param max how many chars the result has at most
	 */
	static String maskName(String name, int max) {
		return mask(name, max, Math.min(name.length(), max));
	}

	private static String mask(String text, int max, int end) {
		// The result never contains text after this index, although masks can be shorter.
		int shown = Math.min(text.length(), max);
		if (end == shown && !mayHaveForm(text, Math.min(text.length(), shown + LOOK_AHEAD))) {
			return EventText.of(text, max);
		}
		StringBuilder masked = new StringBuilder();
		int from = 0;
		Matcher form = FORM.matcher(text)
			.region(0, Math.min(text.length(), shown + LOOK_AHEAD))
			.useTransparentBounds(true);
		while (from < end && form.find() && form.start() < end) {
			masked.append(text, from, form.start()).append(MASK);
			from = form.end();
		}
		if (from < end) {
			masked.append(text, from, end);
		}
		if (end < shown) {
			masked.append((from < end) ? MASK : "");
		}
		else if (Math.max(from, shown) < text.length()) {
			masked.append(EventText.MORE);
		}
		return EventText.of(masked.toString(), max);
	}

	/**
	 * Whether a text can match {@link #FORM}: it has a colon, white space, the beginning
	 * of a JSON object in base64, or a character of a key's prefix and the length of a
	 * key. Most names have none of these, and this check is much faster than the pattern.
	 */
	static boolean mayHaveForm(String text, int end) {
		boolean marked = false;
		for (int i = 0; i < end; i++) {
			char c = text.charAt(i);
			if (c == ':' || c <= ' ' || (c == 'e' && text.startsWith("yJ", i + 1))) {
				return true;
			}
			marked = marked || c == '_' || c == '-' || c == 'A';
		}
		return marked && end >= SHORTEST_KEY;
	}

	/** Whether a text contains a character that can separate a name from its value. */
	private static boolean mayNameAValue(String text, int end) {
		for (int i = 0; i < end; i++) {
			char c = text.charAt(i);
			if (c == ':' || c == '=' || c == '>' || c <= ' ') {
				return true;
			}
		}
		return false;
	}

	/**
	 * The index at which the value of a sensitive name begins, or the length of the shown
	 * part. The end of such a value is unknown, so the rest of the text is masked.
	 */
	private int named(String text, int shown) {
		if (!mayNameAValue(text, shown)) {
			return shown;
		}
		Matcher name = NAME.matcher(text).region(0, shown);
		while (name.find()) {
			boolean separated = !Character.isWhitespace(text.charAt(name.end() - 1)) || name.group(1).startsWith("-");
			if (separated && this.names.contains(name.group(1))) {
				return name.end();
			}
		}
		return shown;
	}

}
