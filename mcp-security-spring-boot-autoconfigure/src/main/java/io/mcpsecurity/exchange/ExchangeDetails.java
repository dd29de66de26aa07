package io.mcpsecurity.exchange;

import org.jspecify.annotations.Nullable;

import org.springframework.security.web.authentication.WebAuthenticationDetails;

/**
 * The details of an authentication at an MCP endpoint, which lead from the security
 * context of a thread to the exchange that the thread works for.
 */
public final class ExchangeDetails extends WebAuthenticationDetails {

	private static final long serialVersionUID = 1L;

	private final transient McpExchange exchange;

	/**
	 * Create details.
	 * @param exchange the exchange
	 */
	public ExchangeDetails(McpExchange exchange) {
		super(exchange.connection().remoteAddress(), null);
		this.exchange = exchange;
	}

	@Nullable McpExchange exchange() {
		return this.exchange;
	}

}
