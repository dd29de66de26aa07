package io.mcpsecurity.exchange;

import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

import org.springframework.security.web.authentication.WebAuthenticationDetails;

/**
 * The details of an authentication at an MCP endpoint. They connect the security context
 * of a thread with the exchange that the thread serves, and with its caller.
 */
public final class ExchangeDetails extends WebAuthenticationDetails implements McpTransportContext {

	private static final long serialVersionUID = 1L;

	private final transient @Nullable McpExchange exchange;

	public ExchangeDetails(McpExchange exchange) {
		super(exchange.connection().remoteAddress(), null);
		this.exchange = exchange;
	}

	@Override
	public @Nullable Object get(String key) {
		// The exchange is null after deserialization.
		McpExchange exchange = this.exchange;
		return (exchange != null) ? exchange.context().get(key) : null;
	}

}
