package io.mcpsecurity.message;

import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * What one JSON-RPC message asks for.
 *
 * @param id the request's id as JSON text ({@code 7}, {@code "a"}), or {@code null} for a
 * notification; kept as text so that an answer repeats it to the letter
 * @param method the method, or {@code null} for a response of the client
 * @param target what the method is to be used on, or {@code null} when the method has no
 * target
 * @param arguments the arguments, to the letter, or {@code null} when there are none, or
 * they are {@linkplain #withoutArguments() not kept}. Of {@code completion/complete} it
 * is an object made of the argument that is to be completed and of those that the client
 * has already: <code>{"argument":{"name":"value"},"context":{"other":"value"}}</code>,
 * either of which may be missing. It can hold secrets and is no part of
 * {@link #toString()}.
 * @param meta what the request tells about itself, or {@code null} when it tells nothing
 */
public record McpMessage(@Nullable String id, @Nullable String method, @Nullable McpTarget target,
		@Nullable JsonText arguments, @Nullable RequestMeta meta) {

	/**
	 * Create a message without arguments that tells nothing about itself.
	 */
	public McpMessage(@Nullable String id, @Nullable String method, @Nullable McpTarget target) {
		this(id, method, target, null, null);
	}

	/**
	 * Like {@link #target()}, for those who want to chain.
	 */
	public Optional<McpTarget> targetIfAny() {
		return Optional.ofNullable(this.target);
	}

	/**
	 * This message for those who keep it longer than its arguments, which can be long,
	 * are needed.
	 */
	public McpMessage withoutArguments() {
		return (this.arguments != null) ? new McpMessage(this.id, this.method, this.target, null, this.meta) : this;
	}

	@Override
	public String toString() {
		return "McpMessage[id=" + this.id + ", method=" + this.method + ", target=" + this.target + "]";
	}

}
