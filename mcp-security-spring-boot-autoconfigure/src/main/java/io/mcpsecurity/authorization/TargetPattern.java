package io.mcpsecurity.authorization;

import java.util.function.Predicate;
import java.util.function.UnaryOperator;

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

	/** Stands for any characters, and is no character itself. */
	private static final char WILDCARD = '\uFFFF';

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
	 * A function that tells quickly whether a target belongs to the set. Resources are
	 * compared without the percent-encoding of their URIs.
	 */
	public Predicate<McpTarget> compile() {
		UnaryOperator<String> text = (this.kind == Kind.RESOURCE) ? ResourceUri::decoded : UnaryOperator.identity();
		// Before decoding: an encoded asterisk is one.
		Wildcards names = Wildcards.of(text.apply(this.text.replace('*', WILDCARD)), WILDCARD);
		return (target) -> target.kind() == this.kind && names.match(text.apply(target.name()));
	}

	/**
	 * Whether the set has something in common with what is offered: the name, or a URI in
	 * canonical form that the resource template stands for.
	 */
	boolean meets(McpTarget offered) {
		return compile().test(offered) || (this.kind == Kind.RESOURCE && offered.kind() == Kind.RESOURCE
				&& ResourceUri.canMatch(this.text) && new CommonUris(this.text, offered.name()).exist());
	}

}
