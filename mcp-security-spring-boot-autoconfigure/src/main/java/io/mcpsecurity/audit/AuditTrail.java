package io.mcpsecurity.audit;

import java.util.concurrent.CompletionStage;

/**
 * Takes events from the threads that serve requests and brings them to the sinks.
 */
public interface AuditTrail {

	/**
	 * Keep a place for the event of a call that is about to be made.
	 * @return the place, to be filled or released
	 * @throws AuditUnavailableException if the call must not be made, because its event
	 * could not be accepted
	 */
	Place reserve() throws AuditUnavailableException;

	/**
	 * Record the event of a request for which no place was kept.
	 */
	void record(McpAuditEvent event);

	/**
	 * The place of one event to come.
	 */
	interface Place {

		/**
		 * Record the event.
		 * @return completes when every sink has written the event, exceptionally when one
		 * could not; completed already when nobody needs to wait
		 */
		CompletionStage<Void> record(McpAuditEvent event);

		/**
		 * There will be no event.
		 */
		void release();

	}

}
