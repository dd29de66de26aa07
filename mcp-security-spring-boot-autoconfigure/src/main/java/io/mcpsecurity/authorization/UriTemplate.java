package io.mcpsecurity.authorization;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Matches URIs against a template as the MCP SDK does, except for URIs whose query would
 * match a variable. The SDK's own matching takes time that grows polynomially with the
 * URI's length if a segment has several variables and the URI does not match.
 */
final class UriTemplate {

	private static final Pattern VARIABLE = Pattern.compile("\\{[^/]+?\\}");

	/** The texts between the variables of each segment. */
	private final List<List<String>> segments;

	private final boolean query;

	UriTemplate(String text) {
		this.segments = Stream.of(text.split("/", -1)).map((segment) -> List.of(VARIABLE.split(segment, -1))).toList();
		this.query = text.indexOf('?') >= 0;
	}

	/**
	 * Whether the template matches a URI with at most one query. A variable matches one
	 * or more characters other than a slash.
	 */
	boolean matches(String uri) {
		if (!this.query && uri.indexOf('?') >= 0) {
			return false;
		}
		int from = 0;
		for (List<String> segment : this.segments) {
			int slash = uri.indexOf('/', from);
			int end = (slash < 0) ? uri.length() : slash;
			if (from > uri.length() || !matches(segment, uri.substring(from, end))) {
				return false;
			}
			from = end + 1;
		}
		return from > uri.length();
	}

	/**
	 * Each text is matched at its first occurrence, which leaves the longest rest for the
	 * others.
	 */
	private static boolean matches(List<String> texts, String segment) {
		String last = texts.get(texts.size() - 1);
		if (texts.size() == 1) {
			return segment.equals(last);
		}
		int from = texts.get(0).length();
		for (String text : texts.subList(1, texts.size() - 1)) {
			int at = (from < segment.length()) ? segment.indexOf(text, from + 1) : -1;
			if (at < 0) {
				return false;
			}
			from = at + text.length();
		}
		return segment.startsWith(texts.get(0)) && segment.endsWith(last) && from < segment.length() - last.length();
	}

}
