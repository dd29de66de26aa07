package io.mcpsecurity.authorization;

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
		Wildcards names = Wildcards.of(marked, ResourceUri.WILDCARD);
		return (target) -> target.kind() == this.kind && names.match(target.name());
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
