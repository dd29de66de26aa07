package io.mcpsecurity.audit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.mcpsecurity.exchange.ApiKeyChange;
import io.mcpsecurity.exchange.DownstreamUse;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.UnrecordableCallException;
import io.mcpsecurity.message.McpMessage;
import org.jspecify.annotations.Nullable;

/**
 * Adds the events of exchanges to the audit trail.
 *
 * @param trail receives the events
 * @param events creates the events
 */
public record AuditRecorder(AuditTrail trail, AuditEvents events) implements ExchangeAudit {

	@Override
	public @Nullable Object argumentsOf(McpMessage message) {
		return this.events.argumentsOf(message);
	}

	@Override
	public @Nullable Reservation reserve() throws UnrecordableCallException {
		return this.trail.reserve();
	}

	@Override
	public CompletionStage<Void> record(McpExchange exchange, @Nullable Reservation reservation) {
		AuditTrail.Place place = (AuditTrail.Place) reservation;
		McpAuditEvent event = AuditEvents.due(exchange) ? this.events.of(exchange) : null;
		if (event != null && place != null) {
			return place.record(event);
		}
		if (event != null) {
			this.trail.record(event);
		}
		else if (place != null) {
			place.release();
		}
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void record(ApiKeyChange change) {
		this.trail.record(this.events.of(change));
	}

	@Override
	public void record(DownstreamUse use) {
		if (use.kind() != DownstreamUse.Kind.REQUEST) {
			this.trail.record(this.events.of(use));
		}
	}

}
