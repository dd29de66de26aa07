package io.mcpsecurity.authorization;

import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
	 * A function that tells quickly whether a target belongs to the set.
	 */
	Predicate<McpTarget> compile() {
		if (exact()) {
			return (target) -> target.kind() == this.kind && target.name().equals(this.text);
		}
		Pattern regex = Pattern.compile(
				Stream.of(this.text.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
				Pattern.DOTALL);
		return (target) -> target.kind() == this.kind && regex.matcher(target.name()).matches();
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
