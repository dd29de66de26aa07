package io.mcpsecurity.invocation;

import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

/**
 * The transport's context of a request without a caller: all that is known is where it
 * came to.
 *
 * @param resource the resource identifier of the MCP endpoint
 */
public record AnonymousContext(String resource) implements McpTransportContext {

	@Override
	public @Nullable Object get(String key) {
		return null;
	}

}
