package io.mcpsecurity;

import org.jspecify.annotations.Nullable;

/**
 * The input of a request without any.
 */
enum NoInput implements McpInput {

	INSTANCE;

	@Override
	public <T> @Nullable T response(String key, Class<T> type) {
		return null;
	}

	@Override
	public @Nullable String state() {
		return null;
	}

	@Override
	public boolean supports(String capability) {
		return false;
	}

}
