package io.mcpsecurity.audit;

import java.util.Set;
import java.util.function.Function;

import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * Summarizes the arguments of a call for its event: without sensitive values, and bounded
 * in size. The section "Arguments" of docs/audit.md describes the form.
 * <p>
 * Instances are immutable and safe for use by several threads.
 */
public final class ArgumentSummaries {

	/** The maximum length of a summary in chars, written as JSON. */
	public static final int MAX_LENGTH = 8192;

	/** The maximum length of a string in chars. */
	public static final int MAX_STRING = 256;

	/** The maximum length of the name of a member in chars. */
	public static final int MAX_NAME = 128;

	/** The maximum number of members of an object, and of elements of an array. */
	public static final int MAX_MEMBERS = 50;

	/** The maximum depth of objects and arrays. */
	public static final int MAX_DEPTH = 8;

	private final Mode mode;

	private final SensitiveNames names;

	private final Function<McpTarget, Set<String>> declared;

	/**
	 * Create summaries.
	 * @param mode what is shown
	 * @param names the names of sensitive values
	 * @param declared the additional sensitive names in the arguments of a target, as
	 * {@link SensitiveNames#with(Set)} expects them
	 */
	public ArgumentSummaries(Mode mode, SensitiveNames names, Function<McpTarget, Set<String>> declared) {
		this.mode = mode;
		this.names = names;
		this.declared = declared;
	}

	/**
	 * Summarize the arguments of a call.
	 * @param target what was called
	 * @param arguments the arguments as Jackson reads them: maps with strings as keys,
	 * lists, strings, numbers, booleans and {@code null}; {@code null} when there are
	 * none
	 * @return strings, numbers, booleans, or lists and maps of these; {@code null} when
	 * there are no arguments, or the mode is {@link Mode#NONE}
	 */
	public @Nullable Object of(McpTarget target, @Nullable Object arguments) {
		if (this.mode == Mode.NONE || arguments == null) {
			return null;
		}
		SensitiveNames names = this.names.with(this.declared.apply(target));
		return new ArgumentSummary(this.mode == Mode.FULL, names).of(arguments);
	}

	/** What is shown of the arguments. Sensitive values are masked in every mode. */
	public enum Mode {

		/** Nothing. */
		NONE,

		/** Names, and the types and sizes of values. */
		MASKED,

		/** Names and values. */
		FULL

	}

}
