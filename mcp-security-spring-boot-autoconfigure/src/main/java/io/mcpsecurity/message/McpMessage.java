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
 */
public record McpMessage(@Nullable String id, @Nullable String method, @Nullable McpTarget target) {

	/**
	 * Like {@link #target()}, for those who want to chain.
	 */
	public Optional<McpTarget> targetIfAny() {
		return Optional.ofNullable(this.target);
	}

}
