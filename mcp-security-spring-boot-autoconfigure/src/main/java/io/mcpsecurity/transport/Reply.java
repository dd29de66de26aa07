package io.mcpsecurity.transport;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Result;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
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
 * The HTTP response to one JSON-RPC request. It is JSON when the server's response is the
 * only message, and a stream of events as soon as there is another message before it. The
 * thread of the request writes it if it can; only where the handler goes on after that
 * thread has returned, the request becomes asynchronous.
 */
final class Reply implements McpStreamableServerTransport, OpenStream {

	private static final Log logger = LogFactory.getLog(Reply.class);

	private final McpExchange exchange;

	private final JSONRPCRequest message;

	private final HttpServletRequest request;

	private final HttpServletResponse response;

	private final Acceptable acceptable;

	private final Responses responses;

	private final JsonMapper json;

	private final Owner owner;

	private final ReentrantLock lock = new ReentrantLock();

	private final Thread requestThread = Thread.currentThread();

	private boolean streaming;

	private boolean completed;

	private boolean returned;

	private volatile boolean ended;

	private @Nullable AsyncContext async;

	private @Nullable AsyncOutput output;

	/**
	 * Create a reply.
	 * @param exchange the exchange of the request
	 * @param message the request
	 * @param call the HTTP request and its response
	 * @param responses what becomes of the server's response
	 * @param json writes messages
	 * @param owner has the reply among its streams while it is one
	 */
	Reply(McpExchange exchange, JSONRPCRequest message, HttpCall call, Responses responses, JsonMapper json,
			Owner owner) {
		this.exchange = exchange;
		this.message = message;
		this.request = call.request();
		this.response = call.response();
		this.acceptable = call.acceptable();
		this.responses = responses;
		this.json = json;
		this.owner = owner;
	}

	/**
	 * Serve the request, and return as soon as this thread is no longer needed.
	 * @param result the server's processing of the request; it completes with the
	 * response, or has sent it to this as a transport before it completes
	 */
	void serve(Mono<?> result) throws IOException {
		McpTransportContext context = this.exchange.context();
		result.subscribe(new Subscriber(Context.of(McpTransportContext.KEY, context)));
		this.lock.lock();
		try {
			this.returned = true;
			if (!this.completed && !this.ended) {
				this.async = this.request.startAsync(this.request, this.response);
				this.async.setTimeout(0);
				this.async.addListener(new EventStream.End(this::over));
				if (this.streaming) {
					this.output = AsyncOutput.begin(this.async);
				}
			}
			else {
				over();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void over() {
		this.ended = true;
		this.exchange.result(Result.PROTOCOL_ERROR);
		this.exchange.end(this.response.getStatus());
		this.owner.closed(this);
	}

	@Override
	public Mono<Void> sendMessage(JSONRPCMessage message) {
		return Mono.fromRunnable(() -> {
			if (message instanceof JSONRPCResponse response) {
				respond(response);
			}
			else {
				send(message);
			}
		});
	}

	@Override
	public Mono<Void> sendMessage(JSONRPCMessage message, String messageId) {
		return sendMessage(message);
	}

	/**
	 * Send a message before the response.
	 */
	private void send(JSONRPCMessage message) {
		if (!this.acceptable.events()) {
			if (message instanceof JSONRPCRequest) {
				throw new IllegalStateException("The client does not accept events, so it cannot be asked");
			}
			logger.debug("A notification is dropped: the client does not accept events");
			return;
		}
		byte[] event = EventStream.event(this.json.writeValueAsBytes(message));
		this.lock.lock();
		try {
			if (this.completed || this.ended) {
				if (message instanceof JSONRPCRequest) {
					throw new IllegalStateException("The response is complete");
				}
				return;
			}
			if (message instanceof JSONRPCRequest question) {
				this.owner.asked(question.id(), this);
			}
			if (!this.streaming) {
				this.streaming = true;
				EventStream.prepare(this.response);
				this.owner.opened(this);
				if (this.async != null) {
					this.output = AsyncOutput.begin(this.async);
				}
			}
			write(event, true);
		}
		catch (IOException ex) {
			gone();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Respond, as soon as the event of the exchange is recorded.
	 */
	private void respond(JSONRPCResponse made) {
		JSONRPCResponse presented = this.responses.present(this.exchange, this.message, made);
		RefusedRequestException refusal = this.responses.refusal(this.exchange, presented);
		CompletableFuture<Void> recorded = this.exchange
			.end((refusal != null && !this.streaming) ? refusal.status() : HttpServletResponse.SC_OK)
			.toCompletableFuture();
		if (Thread.currentThread() != this.requestThread) {
			// Neither on the thread of a sink, which slow clients would hold, nor on that
			// of a handler: Reactor interrupts those of operators that are done, and the
			// container closes the connection of a thread that is interrupted.
			recorded.whenComplete((nothing, failure) -> Schedulers.boundedElastic()
				.schedule(() -> complete(presented, refusal, failure != null)));
		}
		else {
			complete(presented, refusal, isFailed(recorded));
		}
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

	private void complete(JSONRPCResponse response, @Nullable RefusedRequestException refusal, boolean unrecorded) {
		this.lock.lock();
		try {
			if (this.completed || this.ended) {
				return;
			}
			this.completed = true;
			if (this.streaming) {
				JSONRPCResponse last = unrecorded ? Responses.unrecorded(response.id()) : response;
				write(EventStream.event(this.json.writeValueAsBytes(last)), true);
			}
			else if (unrecorded || refusal != null) {
				RefusedRequestException refused = unrecorded ? Responses.unrecorded(this.exchange, response.id())
						: refusal;
				byte[] body = refused.prepare(this.response);
				start();
				write(body, false);
			}
			else {
				byte[] body = this.json.writeValueAsBytes(response);
				prepare(body.length);
				start();
				write(this.acceptable.json() ? body : EventStream.event(body), false);
			}
			if (this.output != null) {
				this.output.complete();
			}
		}
		catch (IOException ex) {
			gone();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void prepare(int length) {
		if (this.acceptable.json()) {
			this.response.setStatus(HttpServletResponse.SC_OK);
			this.response.setContentType(MediaType.APPLICATION_JSON_VALUE);
			this.response.setContentLength(length);
		}
		else {
			EventStream.prepare(this.response);
		}
	}

	private void start() throws IOException {
		if (this.async != null) {
			this.output = AsyncOutput.begin(this.async);
		}
	}

	private void write(byte[] bytes, boolean flush) throws IOException {
		if (this.output != null) {
			if (!this.output.write(bytes)) {
				gone();
			}
			return;
		}
		this.response.getOutputStream().write(bytes);
		if (flush) {
			this.response.flushBuffer();
		}
	}

	private void gone() {
		this.ended = true;
		if (this.output != null) {
			this.output.abort();
		}
	}

	/**
	 * Send nothing any more, and complete the response. Only a stream is ended: a
	 * response that has not begun is given.
	 */
	@Override
	public void end() {
		this.lock.lock();
		try {
			if (!this.streaming || this.completed || this.ended) {
				return;
			}
			this.ended = true;
			if (this.output != null) {
				this.output.complete();
			}
			else if (!this.returned) {
				// The handler has not returned, and its thread may take long.
				this.response.getOutputStream().close();
			}
		}
		catch (IOException ex) {
			// The client is gone, so the stream has ended.
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public @Nullable McpCaller caller() {
		return this.exchange.caller();
	}

	@Override
	public @Nullable Instant expiry() {
		return this.owner.expiry(this.exchange);
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
	 * What has the streams of a session.
	 */
	interface Owner {

		/**
		 * The client is asked something on a stream.
		 * @param id the id that its response will have
		 * @param stream the stream
		 */
		void asked(Object id, OpenStream stream);

		/**
		 * A stream has been opened.
		 */
		void opened(OpenStream stream);

		/**
		 * A stream has ended, or what could have become one.
		 */
		void closed(OpenStream stream);

		/**
		 * When the token of an exchange is not accepted any more, or {@code null}.
		 */
		@Nullable Instant expiry(McpExchange exchange);

		/**
		 * Of replies that are never streams.
		 *
		 * @param ended called when the reply has ended
		 */
		record Ending(Runnable ended) implements Owner {

			@Override
			public void asked(Object id, OpenStream stream) {
				throw new IllegalStateException("There is no session in which clients can be asked");
			}

			@Override
			public void opened(OpenStream stream) {
			}

			@Override
			public void closed(OpenStream stream) {
				this.ended.run();
			}

			@Override
			public @Nullable Instant expiry(McpExchange exchange) {
				return null;
			}

		}

	}

	/**
	 * Takes what the server makes of the request.
	 */
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
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(Object response) {
			respond((JSONRPCResponse) response);
		}

		@Override
		public void onError(Throwable failure) {
			respond(Responses.failure(Reply.this.message, failure));
		}

		@Override
		public void onComplete() {
			// The response was sent before.
		}

	}

}
