package io.mcpsecurity.test;

import java.time.Clock;
import java.util.List;

import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.Exchanges;

/**
 * Exchanges for tests that need no audit trail.
 */
public final class TestExchanges {

	private TestExchanges() {
	}

	public static Exchanges withoutTrail(ExchangeObserver... observers) {
		return new Exchanges(ExchangeAudit.NONE, List.of(observers), Clock.systemUTC());
	}

}
