package io.mcpsecurity.invocation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.mcpsecurity.audit.RequestRecord.Client;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stands between a streamable transport and its server: filters listings, and lets
 * denials of the tool boundary become those of the HTTP gate.
 */
public final class FilteredStreamableTransport implements McpStreamableServerTransportProvider {

	private final McpStreamableServerTransportProvider transport;

	private final Supplier<ListingFilter> filter;

	private final Supplier<@Nullable PendingResponse> pending;

	/**
	 * Create a transport.
	 * @param transport the transport that speaks HTTP
	 * @param filter the filter, asked for at the first request
	 * @param pending the HTTP response of the request that this thread works for, or
	 * {@code null} when it did not come through the HTTP gate
	 */
	public FilteredStreamableTransport(McpStreamableServerTransportProvider transport, Supplier<ListingFilter> filter,
			Supplier<@Nullable PendingResponse> pending) {
		this.transport = transport;
		this.filter = filter;
		this.pending = pending;
	}

	@Override
	public void setSessionFactory(McpStreamableServerSession.Factory factory) {
		this.transport.setSessionFactory((request) -> {
			if (request.protocolVersion() == null || request.clientInfo() == null || request.capabilities() == null) {
				throw new IllegalArgumentException("Invalid params");
			}
			PendingResponse response = this.pending.get();
			if (response != null) {
				response.record().client(new Client(request.clientInfo().name(), request.clientInfo().version()));
			}
			McpStreamableServerSession.McpStreamableServerSessionInit init = factory.startSession(request);
			return new McpStreamableServerSession.McpStreamableServerSessionInit(
					new FilteredSession(init.session(), request.clientInfo(), this.filter, this.pending),
					init.initResult());
		});
	}

	@Override
	public Mono<Void> notifyClients(String method, Object params) {
		return this.transport.notifyClients(method, params);
	}

	@Override
	public Mono<Void> notifyClient(String sessionId, String method, Object params) {
		return this.transport.notifyClient(sessionId, method, params);
	}

	@Override
	public Mono<Void> closeGracefully() {
		return this.transport.closeGracefully();
	}

	@Override
	public void close() {
		this.transport.close();
	}

	@Override
	public List<String> protocolVersions() {
		return this.transport.protocolVersions();
	}

	/**
	 * A session that passes everything to the server's own, and filters what that answers
	 * a request with.
	 */
	private static final class FilteredSession extends McpStreamableServerSession {

		private final McpStreamableServerSession session;

		private final Client client;

		private final Supplier<ListingFilter> filter;

		private final Supplier<@Nullable PendingResponse> pending;

		FilteredSession(McpStreamableServerSession session, McpSchema.@Nullable Implementation client,
				Supplier<ListingFilter> filter, Supplier<@Nullable PendingResponse> pending) {
			super(session.getId(), McpSchema.ClientCapabilities.builder().build(), null, Duration.ZERO, Map.of(),
					Map.of());
			this.session = session;
			this.client = (client != null) ? new Client(client.name(), client.version()) : new Client(null, null);
			this.filter = filter;
			this.pending = pending;
		}

		@Override
		public Mono<Void> responseStream(JSONRPCRequest request, McpStreamableServerTransport transport) {
			PendingResponse pending = this.pending.get();
			if (pending != null) {
				pending.record().client(this.client);
			}
			return Mono.deferContextual((context) -> {
				FilteredStream stream = new FilteredStream(transport, request, this.filter, pending,
						context.getOrDefault(McpTransportContext.KEY, McpTransportContext.EMPTY));
				// The session leaves the stream open where it knows no such method, and
				// unanswered where it cannot read the parameters.
				return Mono.defer(() -> this.session.responseStream(request, stream))
					.onErrorResume((failure) -> stream.sendMessage(HandlerError.answer(request, failure)))
					.then(Mono.defer(stream::closeGracefully));
			});
		}

		@Override
		public void setMinLoggingLevel(McpSchema.LoggingLevel level) {
			this.session.setMinLoggingLevel(level);
		}

		@Override
		public boolean isNotificationForLevelAllowed(McpSchema.LoggingLevel level) {
			return this.session.isNotificationForLevelAllowed(level);
		}

		@Override
		public <T> Mono<T> sendRequest(String method, Object params, TypeRef<T> type) {
			return this.session.sendRequest(method, params, type);
		}

		@Override
		public Mono<Void> sendNotification(String method, Object params) {
			return this.session.sendNotification(method, params);
		}

		@Override
		public Mono<Void> delete() {
			return this.session.delete();
		}

		@Override
		public McpStreamableServerSessionStream listeningStream(McpStreamableServerTransport transport) {
			return this.session.listeningStream(transport);
		}

		@Override
		public Flux<JSONRPCMessage> replay(Object lastEventId) {
			return this.session.replay(lastEventId);
		}

		@Override
		public Mono<Void> accept(JSONRPCNotification notification) {
			return this.session.accept(notification);
		}

		@Override
		public Mono<Void> accept(JSONRPCResponse response) {
			// The session fails where it has asked nothing of that id: that is the
			// client's fault, and the transport has another status for it.
			return this.session.accept(response)
				.onErrorMap((failure) -> new IllegalArgumentException("Not an answer to anything", failure));
		}

		@Override
		public Mono<Void> closeGracefully() {
			return this.session.closeGracefully();
		}

		@Override
		public void close() {
			this.session.close();
		}

	}

	/**
	 * The stream that one request is answered on.
	 */
	private record FilteredStream(McpStreamableServerTransport stream, JSONRPCRequest request,
			Supplier<ListingFilter> filter, @Nullable PendingResponse pending,
			McpTransportContext context) implements McpStreamableServerTransport {

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message) {
			return released(message).flatMap(this.stream::sendMessage);
		}

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message, String messageId) {
			return released(message).flatMap((released) -> this.stream.sendMessage(released, messageId));
		}

		private Mono<JSONRPCMessage> released(JSONRPCMessage message) {
			return (message instanceof JSONRPCResponse response)
					? Answer.release(this.filter.get().filter(this.request, response, this.context), this.pending)
						.cast(JSONRPCMessage.class)
					: Mono.just(message);
		}

		@Override
		public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
			return this.stream.unmarshalFrom(data, type);
		}

		@Override
		public List<String> protocolVersions() {
			return this.stream.protocolVersions();
		}

		@Override
		public Mono<Void> closeGracefully() {
			return this.stream.closeGracefully();
		}

		@Override
		public void close() {
			this.stream.close();
		}

	}

}
