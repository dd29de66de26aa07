package io.mcpsecurity.exchange;

import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;

import io.mcpsecurity.exchange.McpExchange.Connection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Begins exchanges, and notifies the observers and the audit trail.
 */
public final class Exchanges {

	private static final Log logger = LogFactory.getLog(Exchanges.class);

	private final ExchangeAudit audit;

	private final List<ExchangeObserver> observers;

	private final Clock clock;

	public Exchanges(ExchangeAudit audit, List<ExchangeObserver> observers, Clock clock) {
		this.audit = audit;
		this.observers = List.copyOf(observers);
		this.clock = clock;
	}

	/** Begin the exchange of a request that has arrived. */
	public McpExchange begin(Connection connection) {
		McpExchange exchange = new McpExchange(this, connection, this.clock.instant());
		notify((observer) -> observer.arrived(exchange));
		return exchange;
	}

	/** Record a use of a downstream service. */
	public void used(DownstreamUse use) {
		McpExchange exchange = use.exchange();
		if (exchange != null) {
			exchange.used(use);
		}
		this.audit.record(use);
		notify((observer) -> observer.used(use));
	}

	/** Record a change of the API keys. */
	public void changed(ApiKeyChange change) {
		this.audit.record(change);
	}

	ExchangeAudit audit() {
		return this.audit;
	}

	void read(McpExchange exchange) {
		notify((observer) -> observer.read(exchange));
	}

	void ended(McpExchange exchange) {
		notify((observer) -> observer.ended(exchange));
	}

	private void notify(Consumer<ExchangeObserver> event) {
		for (ExchangeObserver observer : this.observers) {
			try {
				event.accept(observer);
			}
			catch (RuntimeException ex) {
				logger.error("A request could not be observed: " + ex.getClass().getName());
			}
		}
	}

}
