package io.mcpsecurity.transport;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

import io.mcpsecurity.exchange.McpExchange.Client;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMethod;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/**
 * A session: the session of the MCP SDK, its owner, its open streams, and the pending
 * requests to its client.
 */
final class McpSession implements Conversation {

	/** The maximum number of pending requests to the client. */
	private static final int MAX_QUESTIONS = 1000;

	private static final Log logger = LogFactory.getLog(McpSession.class);

	private static final JSONRPCError GONE = new JSONRPCError(JsonRpcErrorCode.INTERNAL_ERROR, "The client is gone",
			null);

	private static final TypeRef<Object> ANY = new TypeRef<>() {
	};

	private final McpStreamableServerSession session;

	private final Client client;

	private final StreamableTransport transport;

	private final Set<OpenStream> streams = ConcurrentHashMap.newKeySet();

	/** The stream of each pending request to the client by its id, the oldest first. */
	private final Map<Object, Object> questions = Collections.synchronizedMap(new LinkedHashMap<>() {

		private static final long serialVersionUID = 1L;

		@Override
		protected boolean removeEldestEntry(Map.Entry<Object, Object> eldest) {
			return size() > MAX_QUESTIONS;
		}

	});

	private volatile SessionOwner owner;

	private volatile long lastUse;

	private volatile @Nullable EventStream listening;

	private boolean heard;

	private boolean closed;

	/**
	 * Create a session.
	 * @param session the session of the MCP SDK
	 * @param client the client as it describes itself
	 * @param owner its owner
	 * @param transport the transport that opened it
	 */
	McpSession(McpStreamableServerSession session, Client client, SessionOwner owner, StreamableTransport transport) {
		this.session = session;
		this.client = client;
		this.owner = owner;
		this.transport = transport;
	}

	String id() {
		return this.session.getId();
	}

	McpStreamableServerSession sdk() {
		return this.session;
	}

	StreamableTransport transport() {
		return this.transport;
	}

	Client client() {
		return this.client;
	}

	SessionOwner owner() {
		return this.owner;
	}

	/** Transfer the session to another owner, if it still belongs to the first one. */
	synchronized boolean give(SessionOwner from, SessionOwner to) {
		if (!this.owner.equals(from)) {
			return false;
		}
		this.owner = to;
		return true;
	}

	long lastUse() {
		return this.lastUse;
	}

	void used(long nanos) {
		this.lastUse = nanos;
	}

	/** The streams that are open in the session. */
	Set<OpenStream> streams() {
		return this.streams;
	}

	@Override
	public boolean permits(JSONRPCMessage message) {
		return true;
	}

	@Override
	public void opened(OpenStream stream) {
		synchronized (this) {
			if (!this.closed) {
				this.streams.add(stream);
				return;
			}
		}
		stream.end();
	}

	@Override
	public void closed(OpenStream stream) {
		failPending(stream::equals);
		synchronized (this) {
			this.streams.remove(stream);
			if (this.listening == stream) {
				// Another open stream replaces it.
				this.listening = this.streams.stream()
					.filter(EventStream.class::isInstance)
					.map(EventStream.class::cast)
					.findAny()
					.orElse(null);
			}
		}
	}

	/** Use a stream for messages that do not belong to a request of the client. */
	void listen(EventStream stream) {
		synchronized (this) {
			if (!this.heard) {
				this.heard = true;
				this.session.listeningStream(new Listening());
			}
			this.listening = stream;
		}
		opened(stream);
	}

	/**
	 * Whether there is a stream for messages that do not belong to a request of the
	 * client.
	 */
	boolean isListening() {
		return this.listening != null;
	}

	@Override
	public void addPending(Object id, Object stream) {
		this.questions.put(id, stream);
	}

	/**
	 * Remove a pending request when the client responds.
	 * @return whether the request was pending
	 */
	boolean removePending(Object id) {
		return this.questions.remove(id) != null;
	}

	/**
	 * Fail pending requests. Otherwise a handler would wait until the timeout of the
	 * request.
	 */
	@Override
	public void failPending(Predicate<Object> streams) {
		List<Object> ids = new ArrayList<>();
		synchronized (this.questions) {
			this.questions.forEach((id, stream) -> {
				if (streams.test(stream)) {
					ids.add(id);
				}
			});
			this.questions.keySet().removeAll(ids);
		}
		ids.forEach((id) -> this.session.accept(JSONRPCResponse.error(id, GONE))
			.subscribeOn(Schedulers.boundedElastic())
			.subscribe((nothing) -> {
			}, (failure) -> logger.debug("A failed request to a client was no longer pending", failure)));
	}

	/** Ping the client if it has an open stream. */
	void ping() {
		if (isListening()) {
			this.session.sendRequest(McpMethod.PING.text(), null, ANY).subscribe((pong) -> {
			}, (failure) -> logger.debug("A client did not respond to a ping", failure));
		}
	}

	/** End the session and all its streams. */
	void close() {
		synchronized (this) {
			this.closed = true;
		}
		this.streams.forEach((stream) -> Sessions.guarded(stream::end));
		failPending((stream) -> true);
		this.session.close();
	}

	/** The transport that represents the listening stream to the MCP SDK. */
	private final class Listening implements McpStreamableServerTransport {

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message) {
			return Mono.fromRunnable(() -> {
				EventStream stream = McpSession.this.listening;
				if (message instanceof JSONRPCRequest question) {
					addPending(question.id(), this);
				}
				if ((stream == null || !stream.send(McpSession.this.transport.json().writeValueAsBytes(message)))
						&& message instanceof JSONRPCRequest question) {
					removePending(question.id());
					throw new IllegalStateException("The client does not listen");
				}
			});
		}

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message, String messageId) {
			return sendMessage(message);
		}

		@Override
		public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
			JsonMapper json = McpSession.this.transport.json();
			return json.convertValue(data, json.constructType(type.getType()));
		}

		@Override
		public Mono<Void> closeGracefully() {
			return Mono.fromRunnable(this::close);
		}

		@Override
		public void close() {
			// The session ends its streams.
		}

	}

}
