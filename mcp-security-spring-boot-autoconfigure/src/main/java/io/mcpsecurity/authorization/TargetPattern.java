package io.mcpsecurity.authorization;

import java.util.function.Predicate;
import java.util.function.UnaryOperator;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;

/**
 * Matches targets by a name, or by a pattern in which {@code *} matches any number of any
 * characters.
 *
 * @param kind the kind of the targets
 * @param text the name, URI, URI template or pattern
 */
public record TargetPattern(Kind kind, String text) {

	/** The wildcard; a noncharacter, so that it does not occur in names. */
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

	/** Whether the text is a name without wildcards. */
	public boolean exact() {
		return this.text.indexOf('*') < 0;
	}

	/**
	 * A fast predicate that matches targets. Resources are compared without the
	 * percent-encoding of their URIs.
	 */
	public Predicate<McpTarget> compile() {
		UnaryOperator<String> text = (this.kind == Kind.RESOURCE) ? ResourceUri::decoded : UnaryOperator.identity();
		// Before decoding, because an encoded asterisk is a literal one.
		Wildcards names = Wildcards.of(text.apply(this.text.replace('*', WILDCARD)), WILDCARD);
		return (target) -> target.kind() == this.kind && names.match(text.apply(target.name()));
	}

	/**
	 * Whether the pattern matches an offered target by its name, or a URI in canonical
	 * form that matches an offered resource template.
	 */
	boolean meets(McpTarget offered) {
		return compile().test(offered) || (this.kind == Kind.RESOURCE && offered.kind() == Kind.RESOURCE
				&& ResourceUri.canMatch(this.text) && new CommonUris(this.text, offered.name()).exist());
	}

}
