package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.List;

/**
 * A text in which a wildcard stands for any number of any characters.
 */
public final class Wildcards {

	private final List<String> parts;

	private Wildcards(List<String> parts) {
		this.parts = parts;
	}

	/**
	 * Read a text.
	 * @param text the text
	 * @param wildcard the character that is the wildcard, however often it occurs
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
	 * Whether a name consists of the parts between wildcards, with anything between them.
	 * Each part is taken where it is found first, which leaves the most room for the
	 * others: so that no name takes longer than its length times that of a part.
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
