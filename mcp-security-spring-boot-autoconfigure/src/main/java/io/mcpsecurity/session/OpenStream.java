package io.mcpsecurity.session;

/**
 * A stream of messages that goes on to be sent to a client.
 */
public interface OpenStream {

	/**
	 * Send nothing any more from now on. Does not wait for anything.
	 */
	void stop();

	/**
	 * Tell the client that nothing more will come. Called after {@link #stop()}, and may
	 * wait for the connection.
	 */
	void end();

}
