package io.mcpsecurity.audit;

import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import io.mcpsecurity.audit.RequestRecord.Connection;
import io.mcpsecurity.message.McpMessage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Begins the record of each request, and at its end hands it to the audit trail and to
 * whoever else watches.
 */
public final class RequestRecorder {

	private static final Log logger = LogFactory.getLog(RequestRecorder.class);

	private final @Nullable AuditTrail trail;

	private final AuditEvents events;

	private final List<RequestObserver> observers;

	private final Clock clock;

	/**
	 * Create a recorder.
	 * @param trail where events go, or {@code null} when there is no audit trail
	 * @param events makes events of records
	 * @param observers are told of every request
	 * @param clock tells when requests arrive
	 */
	public RequestRecorder(@Nullable AuditTrail trail, AuditEvents events, List<RequestObserver> observers,
			Clock clock) {
		this.trail = trail;
		this.events = events;
		this.observers = List.copyOf(observers);
		this.clock = clock;
	}

	/**
	 * A request has arrived.
	 */
	public RequestRecord begin(Connection connection) {
		RequestRecord request = new RequestRecord(this, connection, this.clock.instant());
		tell((observer) -> observer.arrived(request));
		return request;
	}

	/**
	 * What the event of a message's request is to say of its arguments.
	 */
	@Nullable Object argumentsOf(McpMessage message) {
		return (this.trail != null) ? this.events.argumentsOf(message) : null;
	}

	void read(RequestRecord request) {
		tell((observer) -> observer.read(request));
	}

	private void tell(Consumer<RequestObserver> event) {
		for (RequestObserver observer : this.observers) {
			try {
				event.accept(observer);
			}
			catch (RuntimeException ex) {
				logger.error("A request could not be observed: " + ex.getClass().getName());
			}
		}
	}

	AuditTrail.@Nullable Place reserve() throws AuditUnavailableException {
		return (this.trail != null) ? this.trail.reserve() : null;
	}

	CompletionStage<Void> record(RequestRecord request) {
		tell((observer) -> observer.ended(request));
		AuditTrail.Place place = request.place();
		McpAuditEvent event = (this.trail != null && AuditEvents.due(request)) ? this.events.of(request) : null;
		if (event == null) {
			if (place != null) {
				place.release();
			}
		}
		else if (place != null) {
			return place.record(event);
		}
		else if (this.trail != null) {
			this.trail.record(event);
		}
		return CompletableFuture.completedFuture(null);
	}

}
