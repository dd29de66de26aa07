package io.mcpsecurity.test;

import java.util.Collection;
import java.util.List;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

/**
 * Callers for decisions.
 */
public final class Callers {

	private Callers() {
	}

	/**
	 * A caller with scopes.
	 */
	public static McpCaller with(String... scopes) {
		return with(List.of(scopes));
	}

	/**
	 * A caller with scopes, or {@code null} without any.
	 */
	public static @Nullable McpCaller of(@Nullable Collection<String> scopes) {
		return (scopes != null) ? with(scopes) : null;
	}

	/**
	 * A caller with scopes.
	 */
	public static McpCaller with(Collection<String> scopes) {
		return McpCaller.builder("alice", "https://issuer.example", "https://mcp.example").scopes(scopes).build();
	}

}
