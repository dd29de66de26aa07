package io.mcpsecurity.transport;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Consumer;

import io.mcpsecurity.McpCaller;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.MediaType;

/**
 * The stream that a client opens with GET, for messages that do not belong to a request
 * of the client.
 */
final class EventStream implements OpenStream {

	private static final byte[] BEFORE = "event: message\ndata: ".getBytes(StandardCharsets.US_ASCII);

	/** Ignored by clients. */
	static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

	private final AsyncOutput output;

	private final @Nullable McpCaller caller;

	private final @Nullable Instant expiry;

	/**
	 * Create a stream.
	 * @param call the request and its response
	 * @param caller the caller, or {@code null}
	 * @param expiry the time from which the caller's token is no longer accepted, or
	 * {@code null}
	 * @param ended called once when the stream has ended, for any reason, and not before
	 * the thread of the request has returned
	 */
	EventStream(HttpCall call, @Nullable McpCaller caller, @Nullable Instant expiry, Consumer<EventStream> ended) {
		prepare(call.response());
		this.output = AsyncOutput.start(call, () -> ended.accept(this));
		this.caller = caller;
		this.expiry = expiry;
	}

	/** Send status and headers. */
	void open() {
		this.output.open();
	}

	/** Make a response a stream of events. */
	static void prepare(HttpServletResponse response) {
		response.setStatus(HttpServletResponse.SC_OK);
		response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
		// Disables response buffering in proxies.
		response.setHeader("X-Accel-Buffering", "no");
	}

	/**
	 * Create an event. It has no id, because clients could request missed events by id,
	 * and this server does not store events.
	 * @param message a message as JSON in UTF-8, without line breaks
	 */
	static byte[] event(byte[] message) {
		byte[] event = new byte[BEFORE.length + message.length + 2];
		System.arraycopy(BEFORE, 0, event, 0, BEFORE.length);
		System.arraycopy(message, 0, event, BEFORE.length, message.length);
		event[event.length - 2] = '\n';
		event[event.length - 1] = '\n';
		return event;
	}

	/**
	 * Send a message.
	 * @param message the message as JSON in UTF-8
	 * @return whether the client can still receive it
	 */
	boolean send(byte[] message) {
		return this.output.write(event(message));
	}

	/** Write a comment: the container detects a closed connection only when it writes. */
	@Override
	public void probe() {
		this.output.write(COMMENT);
	}

	@Override
	public void end() {
		this.output.end();
	}

	@Override
	public @Nullable McpCaller caller() {
		return this.caller;
	}

	@Override
	public @Nullable Instant expiry() {
		return this.expiry;
	}

}
