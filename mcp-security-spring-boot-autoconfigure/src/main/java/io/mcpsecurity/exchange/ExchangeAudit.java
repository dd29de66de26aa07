package io.mcpsecurity.exchange;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.mcpsecurity.message.McpMessage;
import org.jspecify.annotations.Nullable;

/**
 * Records exchanges, and denies calls whose event cannot be recorded.
 */
public interface ExchangeAudit {

	/** Records nothing. */
	ExchangeAudit NONE = new ExchangeAudit() {

		@Override
		public @Nullable Object argumentsOf(McpMessage message) {
			return null;
		}

		@Override
		public @Nullable Reservation reserve() {
			return null;
		}

		@Override
		public CompletionStage<Void> record(McpExchange exchange, @Nullable Reservation reservation) {
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public void record(DownstreamUse use) {
		}

		@Override
		public void record(ApiKeyChange change) {
		}

	};

	/**
	 * The summary of the arguments of a message, or {@code null} if they are not
	 * recorded.
	 */
	@Nullable Object argumentsOf(McpMessage message);

	/**
	 * Reserve capacity for the event of a call that is about to be made.
	 * @return the reservation, or {@code null} when none is needed
	 * @throws UnrecordableCallException if the call must not be made
	 */
	@Nullable Reservation reserve() throws UnrecordableCallException;

	/**
	 * Record an exchange that has ended.
	 * @param exchange the exchange
	 * @param reservation its reservation, or {@code null}
	 * @return completes when the response may be sent, and exceptionally if it must not
	 * be sent because the event could not be written
	 */
	CompletionStage<Void> record(McpExchange exchange, @Nullable Reservation reservation);

	/**
	 * Record a use of a downstream service, if it has an event of its own: a request for
	 * a token, or a request that was refused. Other uses are in the event of their
	 * exchange.
	 */
	void record(DownstreamUse use);

	/** Record a change of the API keys. */
	void record(ApiKeyChange change);

	/** Reserved capacity for one event. */
	interface Reservation {

	}

}
