package io.mcpsecurity.audit;

import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

public final class ArgumentSummaries {

	@Nullable Object of(McpTarget target, @Nullable String json) {
		return null;
	}

}
