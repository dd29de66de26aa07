package io.mcpsecurity.test;

import java.time.Clock;
import java.util.List;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.ExchangeDetails;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.TestingAuthenticationToken;

/**
 * Exchanges for tests that need no audit trail.
 */
public final class TestExchanges {

	private TestExchanges() {
	}

	/**
	 * An exchange with a caller, to whom Spring Security refers by a token of theirs.
	 * @param caller the caller, or {@code null}
	 */
	public static McpExchange of(@Nullable McpCaller caller) {
		McpExchange exchange = withoutTrail().begin(new Connection(
				(caller != null) ? caller.resource() : "https://mcp.example/mcp", null, null, null, false));
		if (caller != null) {
			exchange.caller(caller);
			TestingAuthenticationToken authentication = new TestingAuthenticationToken(caller, "token");
			authentication.setDetails(new ExchangeDetails(exchange));
			exchange.authentication(authentication);
		}
		return exchange;
	}

	public static Exchanges withoutTrail(ExchangeObserver... observers) {
		return new Exchanges(ExchangeAudit.NONE, List.of(observers), Clock.systemUTC());
	}

}
