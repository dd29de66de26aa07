package io.mcpsecurity.authorization;

import java.util.regex.Pattern;

/**
 * Checks whether a URI exists that both a pattern and a resource template match. This is
 * used only to inform operators about rules; requests are matched by the server's own
 * matching of templates.
 */
final class CommonUris {

	/** The variables as the MCP SDK finds them; each matches a part of one segment. */
	private static final Pattern VARIABLE = Pattern.compile("\\{[^/]+?\\}");

	/** Matches one character of a segment. */
	private static final char ONE = '\uE000';

	/** Matches any number of characters of a segment. */
	private static final char MANY = '\uE001';

	private final String pattern;

	private final String template;

	private final boolean[][] tried;

	CommonUris(String pattern, String template) {
		this.pattern = pattern;
		this.template = VARIABLE.matcher(template).replaceAll("" + ONE + MANY);
		this.tried = new boolean[this.pattern.length() + 1][this.template.length() + 1];
	}

	boolean exist() {
		return exist(0, 0);
	}

	/** Whether a URI exists for the rest of the pattern and the rest of the template. */
	private boolean exist(int i, int j) {
		if (this.tried[i][j]) {
			return false;
		}
		this.tried[i][j] = true;
		boolean patternEnds = i == this.pattern.length();
		boolean templateEnds = j == this.template.length();
		if (!patternEnds && this.pattern.charAt(i) == '*') {
			return exist(i + 1, j) || (!templateEnds && exist(i, j + 1));
		}
		boolean segment = !patternEnds && this.pattern.charAt(i) != '/';
		if (!templateEnds && this.template.charAt(j) == MANY) {
			return exist(i, j + 1) || (segment && exist(i + 1, j));
		}
		if (patternEnds || templateEnds) {
			return patternEnds && templateEnds;
		}
		boolean same = this.pattern.charAt(i) == this.template.charAt(j);
		return (same || (segment && this.template.charAt(j) == ONE)) && exist(i + 1, j + 1);
	}

}
