package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.List;

/**
 * A pattern in which a wildcard matches any number of any characters.
 */
public final class Wildcards {

	private final List<String> parts;

	private Wildcards(List<String> parts) {
		this.parts = parts;
	}

	/**
	 * Read a text.
	 * @param text the text
	 * @param wildcard the wildcard character, which can occur several times
	 */
	public static Wildcards of(String text, char wildcard) {
		List<String> parts = new ArrayList<>();
		int from = 0;
		for (int at = text.indexOf(wildcard); at >= 0; at = text.indexOf(wildcard, from)) {
			parts.add(text.substring(from, at));
			from = at + 1;
		}
		parts.add(text.substring(from));
		return new Wildcards(parts);
	}

	/**
	 * Whether a name matches the pattern. Each part is matched at its first occurrence,
	 * which leaves the longest rest for the other parts. The time is therefore at most
	 * proportional to the length of the name times the length of a part.
	 */
	public boolean match(String name) {
		String first = this.parts.get(0);
		String last = this.parts.get(this.parts.size() - 1);
		if (this.parts.size() == 1) {
			return name.equals(first);
		}
		int from = first.length();
		int end = name.length() - last.length();
		if (end < from || !name.startsWith(first) || !name.endsWith(last)) {
			return false;
		}
		for (String part : this.parts.subList(1, this.parts.size() - 1)) {
			int at = name.indexOf(part, from);
			from = at + part.length();
			if (at < 0 || from > end) {
				return false;
			}
		}
		return true;
	}

}
