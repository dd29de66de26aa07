package io.mcpsecurity.transport;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.MediaType;

/**
 * The HTTP response to one JSON-RPC request. It is JSON if the server's response is the
 * only message, and a stream of events as soon as another message precedes the response.
 * The thread of the request writes it if possible; the request becomes asynchronous only
 * if the handler continues after that thread has returned.
 * <p>
 * Any thread may send and respond. A lock guards the state and the order of what is
 * written; code that waits for the container or the application never runs while the lock
 * is held.
 */
final class Reply implements McpStreamableServerTransport, OpenStream {

	private static final Log logger = LogFactory.getLog(Reply.class);

	private final McpExchange exchange;

	private final JSONRPCRequest request;

	private final HttpCall call;

	private final McpEndpoint endpoint;

	private final JsonMapper json;

	private final Conversation conversation;

	private final Thread requestThread = Thread.currentThread();

	private final ReentrantLock lock = new ReentrantLock();

	/** Whether events are sent. */
	private boolean streaming;

	/** Whether the server has responded. Nothing is sent after the response. */
	private boolean responded;

	/** Whether writing has ended. */
	private volatile boolean done;

	/** Whether the thread that holds the lock must end the stream. */
	private volatile boolean ending;

	private volatile @Nullable Subscription subscription;

	/** Replaces the request thread when that returns. */
	private @Nullable AsyncOutput output;

	/**
	 * Create a reply.
	 * @param exchange the exchange of the request
	 * @param request the request
	 * @param call the HTTP request and its response
	 * @param endpoint the endpoint of the request
	 * @param json writes messages
	 * @param conversation what the request belongs to
	 */
	Reply(McpExchange exchange, JSONRPCRequest request, HttpCall call, McpEndpoint endpoint, JsonMapper json,
			Conversation conversation) {
		this.exchange = exchange;
		this.request = request;
		this.call = call;
		this.endpoint = endpoint;
		this.json = json;
		this.conversation = conversation;
	}

	/**
	 * Serve the request, and return as soon as this thread is no longer needed.
	 * @param result the server's processing of the request; it completes with the
	 * response, or sends it through this transport before it completes
	 */
	void serve(Mono<?> result) throws IOException {
		this.exchange.handling();
		try {
			result.subscribe(new Subscriber(Context.of(McpTransportContext.KEY, this.exchange.context())));
		}
		catch (RuntimeException | Error ex) {
			this.exchange.release();
			throw ex;
		}
		this.lock.lock();
		try {
			if (!this.done) {
				this.output = AsyncOutput.start(this.call, this::over);
				if (this.streaming) {
					this.output.open();
				}
				return;
			}
		}
		finally {
			unlock();
		}
		over();
	}

	private void over() {
		this.done = true;
		Subscription subscription = this.subscription;
		if (subscription != null && this.conversation.isCancelledByClosing()) {
			subscription.cancel();
		}
		this.exchange.result(Result.PROTOCOL_ERROR);
		this.exchange.end(this.call.response().getStatus());
		this.conversation.closed(this);
	}

	@Override
	public Mono<Void> sendMessage(JSONRPCMessage message) {
		return Mono.fromRunnable(() -> {
			if (message instanceof JSONRPCResponse response) {
				respond(() -> response);
			}
			else {
				send(message, (message instanceof JSONRPCRequest question) ? question.id() : null);
			}
		});
	}

	@Override
	public Mono<Void> sendMessage(JSONRPCMessage message, String messageId) {
		return sendMessage(message);
	}

	/**
	 * Send a message before the response.
	 * @param question the id of a request to the client, or {@code null} for a
	 * notification
	 */
	private void send(JSONRPCMessage message, @Nullable Object question) {
		if (!this.call.acceptable().events() || !this.conversation.permits(message)) {
			if (question != null) {
				throw new IllegalStateException("The client cannot be asked during a call: it accepts no events, or its"
						+ " revision of MCP has no requests of servers (see InputRequiredException)");
			}
			logger.debug("A notification is dropped: the client does not accept it");
			return;
		}
		byte[] event = EventStream.event(this.json.writeValueAsBytes(message));
		this.lock.lock();
		try {
			if (!this.responded && !this.done && !this.streaming) {
				this.streaming = true;
				EventStream.prepare(this.call.response());
				this.conversation.opened(this);
			}
			boolean open = !this.responded && !this.done;
			if (open && question != null) {
				this.conversation.addPending(question, this);
			}
			if (!(open && write(event)) && question != null) {
				throw new IllegalStateException("The response has ended, so the client cannot be asked");
			}
		}
		finally {
			unlock();
		}
	}

	/**
	 * Respond as soon as the event of the exchange is recorded. Only the first response
	 * is sent.
	 */
	private void respond(Supplier<JSONRPCResponse> made) {
		boolean stream;
		this.lock.lock();
		try {
			if (this.responded) {
				return;
			}
			this.responded = true;
			stream = this.streaming;
		}
		finally {
			unlock();
		}
		Body body = body(made.get());
		CompletableFuture<Void> recorded = this.exchange.end(stream ? HttpServletResponse.SC_OK : body.status())
			.toCompletableFuture();
		if (Thread.currentThread() != this.requestThread) {
			// Not on the thread of a sink, which slow clients would block, and not on the
			// thread of a handler: Reactor interrupts threads of completed operators, and
			// the container closes the connection of an interrupted thread.
			recorded.whenComplete(
					(nothing, failure) -> Schedulers.boundedElastic().schedule(() -> complete(body, failure != null)));
		}
		else {
			complete(body, isFailed(recorded));
		}
	}

	private Body body(JSONRPCResponse made) {
		Responses responses = this.endpoint.responses();
		JSONRPCResponse response;
		JSONRPCResponse formed;
		byte[] bytes;
		try {
			response = responses.present(this.exchange, this.request, made);
			formed = this.conversation.form(response);
			bytes = this.json.writeValueAsBytes(formed);
		}
		catch (RuntimeException ex) {
			response = Responses.failure(this.request, new IllegalStateException("No response can be written", ex));
			formed = response;
			bytes = this.json.writeValueAsBytes(response);
		}
		Responses.record(this.exchange, response);
		RefusedRequestException refusal = responses.refusal(this.exchange, response);
		return new Body(bytes, refusal, (refusal != null) ? refusal.status() : this.conversation.status(formed));
	}

	private static boolean isFailed(CompletableFuture<Void> recorded) {
		try {
			recorded.get();
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return true;
		}
		catch (ExecutionException ex) {
			return true;
		}
	}

	private void complete(Body body, boolean unrecorded) {
		this.lock.lock();
		try {
			if (this.done) {
				this.exchange.release();
				return;
			}
			RefusedRequestException refusal = unrecorded ? Responses.unrecorded(this.exchange, this.request.id())
					: body.refusal();
			HttpServletResponse response = this.call.response();
			if (this.streaming) {
				writeLast(EventStream.event(unrecorded
						? this.json.writeValueAsBytes(Responses.unrecorded(this.request.id())) : body.bytes()));
			}
			else if (refusal != null) {
				writeLast(refusal.prepare(response));
			}
			else if (this.call.acceptable().json()) {
				response.setStatus(body.status());
				response.setContentType(MediaType.APPLICATION_JSON_VALUE);
				response.setContentLength(body.bytes().length);
				writeLast(body.bytes());
			}
			else {
				EventStream.prepare(response);
				writeLast(EventStream.event(body.bytes()));
			}
			this.done = true;
		}
		finally {
			unlock();
		}
	}

	/**
	 * Write the end of the response. What is held for the request is released before the
	 * last byte, because the client may send its next request after that, and not
	 * earlier, because a client that does not read can hold this thread.
	 */
	private void writeLast(byte[] bytes) {
		if (this.output != null) {
			this.exchange.release();
			write(bytes);
			this.output.complete();
			return;
		}
		int last = Math.max(0, bytes.length - 1);
		try {
			ServletOutputStream out = this.call.response().getOutputStream();
			out.write(bytes, 0, last);
			this.exchange.release();
			out.write(bytes, last, bytes.length - last);
			if (this.streaming) {
				this.call.response().flushBuffer();
			}
		}
		catch (IOException ex) {
			// The client is gone.
		}
		finally {
			this.exchange.release();
		}
	}

	/**
	 * Write bytes, and flush them if the response is a stream.
	 * @return whether the client can receive them
	 */
	private boolean write(byte[] bytes) {
		if (this.output != null) {
			this.done |= !this.output.write(bytes);
			return !this.done;
		}
		try {
			this.call.response().getOutputStream().write(bytes);
			if (this.streaming) {
				this.call.response().flushBuffer();
			}
		}
		catch (IOException ex) {
			// The client is gone.
			this.done = true;
		}
		return !this.done;
	}

	/**
	 * Stop sending, and complete the response. This ends only a stream; a response that
	 * has not begun is still sent. This does not wait for a thread that is writing to a
	 * client that does not read; that thread ends the stream.
	 */
	@Override
	public void end() {
		this.ending = true;
		if (this.lock.tryLock()) {
			unlock();
		}
		this.conversation.failPending(this::equals);
	}

	/** Release the lock, and end the stream if that was requested meanwhile. */
	private void unlock() {
		do {
			if (this.ending) {
				endStream();
			}
			this.lock.unlock();
		}
		while (this.ending && this.lock.tryLock());
	}

	/** Send an error as the last event, if the connection accepts it at once. */
	private void endStream() {
		this.ending = false;
		if (!this.streaming || this.done) {
			return;
		}
		Instant expiry = expiry();
		write(EventStream.event(this.json
			.writeValueAsBytes(Responses.ended(this.request.id(), expiry != null && Instant.now().isAfter(expiry)))));
		this.done = true;
		if (this.output != null) {
			this.output.end();
			return;
		}
		try {
			// The handler may still be running on the request thread.
			this.call.response().getOutputStream().close();
		}
		catch (IOException ex) {
			// The client is gone, so the stream has ended.
		}
	}

	/**
	 * Write a comment to a stream whose handler still runs.
	 */
	@Override
	public void probe() {
		if (this.lock.tryLock()) {
			try {
				if (this.streaming && !this.responded && !this.done && this.output != null) {
					write(EventStream.COMMENT);
				}
			}
			finally {
				unlock();
			}
		}
	}

	@Override
	public @Nullable McpCaller caller() {
		return this.exchange.caller();
	}

	@Override
	public @Nullable Instant expiry() {
		return this.endpoint.callExpiry(this.exchange);
	}

	@Override
	public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
		return this.json.convertValue(data, this.json.constructType(type.getType()));
	}

	@Override
	public Mono<Void> closeGracefully() {
		return Mono.empty();
	}

	@Override
	public void close() {
		end();
	}

	/**
	 * The body of a response.
	 *
	 * @param bytes the JSON-RPC response
	 * @param refusal the refusal that replaces it unless events were already sent, or
	 * {@code null}
	 * @param status the HTTP status unless events were already sent
	 */
	@SuppressWarnings("ArrayRecordComponent")
	private record Body(byte[] bytes, @Nullable RefusedRequestException refusal, int status) {
	}

	/** Receives the result of the server's processing. */
	private final class Subscriber implements CoreSubscriber<Object> {

		private final Context context;

		Subscriber(Context context) {
			this.context = context;
		}

		@Override
		public Context currentContext() {
			return this.context;
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			Reply.this.subscription = subscription;
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(Object response) {
			respond(() -> (JSONRPCResponse) response);
		}

		@Override
		public void onError(Throwable failure) {
			respond(() -> Responses.failure(Reply.this.request, failure));
		}

		/** Respond with an error if the handler completes without a result. */
		@Override
		public void onComplete() {
			respond(() -> Responses.failure(Reply.this.request,
					new IllegalStateException("The handler has no result")));
		}

	}

}
