package io.mcpsecurity.authorization;

import java.util.List;
import java.util.function.Predicate;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;

/**
 * A set of targets: one name, or a pattern in which {@code *} stands for any number of
 * any characters.
 *
 * @param kind what the targets are
 * @param text the name, URI, URI template or pattern
 */
public record TargetPattern(Kind kind, String text) {

	/**
	 * Create a pattern.
	 * @throws IllegalArgumentException if the text is blank or holds control characters
	 */
	public TargetPattern {
		if (text.isBlank() || text.chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException("'" + text + "' is not a name or pattern");
		}
	}

	/**
	 * Whether the pattern names one target only.
	 */
	public boolean exact() {
		return this.text.indexOf('*') < 0;
	}

	/**
	 * A function that tells quickly whether a target, as it is written, belongs to the
	 * set.
	 */
	public Predicate<McpTarget> compile() {
		return compile(marked());
	}

	/**
	 * A function that tells quickly whether a target, as it is written, is one of the set
	 * in another way to write the URI or pattern.
	 */
	Predicate<McpTarget> compileOtherSpellings() {
		if (this.kind != Kind.RESOURCE) {
			return (target) -> false;
		}
		return ResourceUri.spellingsOfRule(marked())
			.stream()
			.filter((spelling) -> !spelling.equals(marked()))
			.map(this::compile)
			.reduce((target) -> false, Predicate::or);
	}

	/**
	 * The text with what only stands for characters marked, so that an encoded asterisk
	 * is one.
	 */
	private String marked() {
		return this.text.replace('*', ResourceUri.WILDCARD);
	}

	private Predicate<McpTarget> compile(String marked) {
		List<String> parts = List.of(marked.split(String.valueOf(ResourceUri.WILDCARD), -1));
		return (target) -> target.kind() == this.kind && matches(parts, target.name());
	}

	/**
	 * Whether a name consists of the parts with anything between them. Each part is taken
	 * where it is found first, which leaves the most room for the others: so that no name
	 * takes longer than its length times that of a part.
	 */
	private static boolean matches(List<String> parts, String name) {
		String first = parts.get(0);
		String last = parts.get(parts.size() - 1);
		if (parts.size() == 1) {
			return name.equals(first);
		}
		int from = first.length();
		int end = name.length() - last.length();
		if (end < from || !name.startsWith(first) || !name.endsWith(last)) {
			return false;
		}
		for (String part : parts.subList(1, parts.size() - 1)) {
			int at = name.indexOf(part, from);
			from = at + part.length();
			if (at < 0 || from > end) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Whether the set has something in common with what is offered: the name, or a URI
	 * that the resource template stands for.
	 */
	boolean meets(McpTarget offered) {
		return compile().test(offered) || (this.kind == Kind.RESOURCE && offered.kind() == Kind.RESOURCE
				&& new CommonUris(this.text, offered.name()).exist());
	}

}
