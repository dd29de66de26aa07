package io.mcpsecurity.handler;

import io.mcpsecurity.exchange.McpExchange;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.metadata.ToolMetadata;

/**
 * A tool callback as an MCP server calls it: in the security context of the caller, on
 * any thread, passing its exceptions to the exchange, before Spring AI converts them to
 * text.
 */
record ObservedToolCallback(ToolCallback callback) implements ToolCallback {

	@Override
	public ToolDefinition getToolDefinition() {
		return this.callback.getToolDefinition();
	}

	@Override
	public ToolMetadata getToolMetadata() {
		return this.callback.getToolMetadata();
	}

	@Override
	public String call(String input) {
		return this.callback.call(input);
	}

	@Override
	public String call(String input, @Nullable ToolContext context) {
		McpExchange exchange = exchange(context);
		if (exchange == null) {
			return this.callback.call(input, context);
		}
		try {
			return exchange.run(() -> this.callback.call(input, context));
		}
		catch (RuntimeException ex) {
			exchange.failed(ex);
			throw ex;
		}
	}

	private static @Nullable McpExchange exchange(@Nullable ToolContext context) {
		Object source = (context != null) ? context.getContext().get(McpToolUtils.TOOL_CONTEXT_MCP_EXCHANGE_KEY) : null;
		if (source instanceof McpSyncServerExchange exchange) {
			return McpExchange.of(exchange.transportContext());
		}
		return (source instanceof McpTransportContext transport) ? McpExchange.of(transport) : null;
	}

}
