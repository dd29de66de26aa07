package io.mcpsecurity.audit;

import java.util.function.Function;

import javax.crypto.SecretKey;

import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * What an event says about the arguments of a call: as much as the application wants to
 * be told, never the values that are sensitive, and never more than fits into an event.
 * docs/audit-arguments.md describes the form.
 * <p>
 * Instances are immutable and safe for use by several threads.
 */
public final class ArgumentSummaries {

	/** How many chars a summary has at most when it is written as JSON. */
	public static final int MAX_LENGTH = 8192;

	/** How many chars of a string are shown. */
	public static final int MAX_STRING = 256;

	/** How many chars of the name of a member are shown. */
	public static final int MAX_NAME = 128;

	/** How many members of an object or array are shown. */
	public static final int MAX_MEMBERS = 50;

	/** How deep objects and arrays are shown. */
	public static final int MAX_DEPTH = 8;

	private final Mode mode;

	private final @Nullable SecretKey digestKey;

	private final SensitiveNames names;

	private final Credentials credentials;

	private final Function<McpTarget, SensitiveParts> sensitive;

	/**
	 * Create summaries.
	 * @param mode what to tell
	 * @param digestKey the key of {@link Mode#DIGEST}, {@code null} in other modes
	 * @param names the names of sensitive values
	 * @param sensitive the sensitive parts of the arguments of a target
	 */
	public ArgumentSummaries(Mode mode, @Nullable SecretKey digestKey, SensitiveNames names,
			Function<McpTarget, SensitiveParts> sensitive) {
		if (mode == Mode.DIGEST && digestKey == null) {
			throw new IllegalArgumentException("Digests need a key");
		}
		this.mode = mode;
		this.digestKey = (mode == Mode.DIGEST) ? digestKey : null;
		this.names = names;
		this.credentials = new Credentials(names);
		this.sensitive = sensitive;
	}

	/**
	 * Summarize the arguments of a call.
	 * @param target what was called
	 * @param arguments the arguments as Jackson reads them: maps with strings as keys,
	 * lists, strings, numbers, booleans and {@code null}; {@code null} when there are
	 * none
	 * @return strings, numbers, booleans, or lists and maps of these; {@code null} when
	 * there are no arguments, or nothing is to be told about them
	 */
	public @Nullable Object of(McpTarget target, @Nullable Object arguments) {
		if (this.mode == Mode.NONE || arguments == null) {
			return null;
		}
		ValueDigest digest = (this.digestKey != null) ? new ValueDigest(this.digestKey) : null;
		return new ArgumentSummary(this.mode, digest, this.names, this.credentials).of(arguments,
				this.sensitive.apply(target));
	}

	/**
	 * What is told about values. The sensitive ones are masked always.
	 */
	public enum Mode {

		/** Nothing. */
		NONE,

		/** The names of arguments, and of what kind their values are. */
		MASKED,

		/** A digest of each value, so that equal values can be recognized. */
		DIGEST,

		/** The values. */
		FULL

	}

}
