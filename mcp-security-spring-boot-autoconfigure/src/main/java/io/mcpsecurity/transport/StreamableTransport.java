package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Client;
import io.mcpsecurity.handler.HandlerError;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.SubscriptionFilter;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;

/**
 * The server side of Streamable HTTP with sessions (MCP 2025-03-26, 2025-06-18 and
 * 2025-11-25, Transports).
 */
public final class StreamableTransport implements McpStreamableServerTransportProvider, McpDispatcher {

	private static final Log logger = LogFactory.getLog(StreamableTransport.class);

	private final JsonMapper json;

	private final Sessions sessions;

	private final boolean disallowDelete;

	/** By the ids of the SDK's sessions that they have. */
	private final Map<String, ModernSubscription> subscriptions = new ConcurrentHashMap<>();

	private volatile McpStreamableServerSession.@Nullable Factory factory;

	/**
	 * Create a transport.
	 * @param json reads and writes messages
	 * @param sessions the sessions
	 * @param disallowDelete whether clients may not end their sessions
	 */
	public StreamableTransport(JsonMapper json, Sessions sessions, boolean disallowDelete) {
		this.json = json;
		this.sessions = sessions;
		this.disallowDelete = disallowDelete;
	}

	JsonMapper json() {
		return this.json;
	}

	@Override
	public List<String> protocolVersions() {
		return McpRevision.legacy();
	}

	/** A second server is refused, because the handlers of the first one are guarded. */
	static void requireUnused(@Nullable Object server) {
		if (server != null) {
			throw new IllegalStateException("Two MCP servers use one transport. Build one server, as a bean, with all "
					+ "that the endpoint offers; mcp-security.endpoints configures further endpoints");
		}
	}

	@Override
	public void setSessionFactory(McpStreamableServerSession.Factory factory) {
		requireUnused(this.factory);
		this.factory = factory;
	}

	@Override
	public Mono<Void> notifyClients(String method, Object params) {
		return Flux.defer(() -> Flux.fromIterable(this.sessions.all()))
			.filter((session) -> session.transport() == this && session.isListening())
			.flatMap((session) -> session.sdk().sendNotification(method, params).onErrorComplete())
			.then(Mono.fromRunnable(
					() -> this.subscriptions.values().forEach((subscription) -> subscription.send(method, params))));
	}

	@Override
	public Mono<Void> notifyClient(String sessionId, String method, Object params) {
		return Flux.defer(() -> Flux.fromIterable(this.sessions.all()))
			.filter((session) -> session.transport() == this && session.id().equals(sessionId))
			.flatMap((session) -> session.sdk().sendNotification(method, params))
			.then(Mono.fromRunnable(() -> {
				ModernSubscription subscription = this.subscriptions.get(sessionId);
				if (subscription != null) {
					subscription.send(method, params);
				}
			}));
	}

	@Override
	public Mono<Void> closeGracefully() {
		return Mono.fromRunnable(() -> this.sessions.all()
			.stream()
			.filter((session) -> session.transport() == this)
			.forEach(this.sessions::delete));
	}

	@Override
	public void post(McpExchange exchange, McpMessage message, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException, IOException {
		if (this.sessions.isStopping()) {
			throw stopping(message.id());
		}
		String method = message.method();
		if (McpMethod.of(method) == McpMethod.INITIALIZE && message.id() != null) {
			initialize(exchange, message, call, endpoint);
			return;
		}
		McpSession session = session(exchange, call, endpoint, message);
		exchange.client(session.client());
		if (method == null) {
			respond(exchange, session, message, call);
		}
		else if (message.id() == null) {
			accepted(call);
			// Other notifications are dropped, because the MCP SDK would log their
			// parameters.
			if (McpMethod.of(method).isHandledNotification()) {
				session.sdk()
					.accept(new JSONRPCNotification(method, message.params()))
					.contextWrite((context) -> context.put(McpTransportContext.KEY, exchange.context()))
					.subscribe((nothing) -> {
					}, (failure) -> logger.debug("A notification could not be handled", failure));
			}
		}
		else {
			JSONRPCRequest request = new JSONRPCRequest(method, message.id(), message.params());
			Reply reply = new Reply(exchange, request, call, endpoint, this.json, session);
			reply.serve(Mono.defer(() -> session.sdk().responseStream(request, reply)));
		}
	}

	/**
	 * Open a session. The session id of the request is ignored, so that a client whose
	 * session has ended gets a new one.
	 */
	private void initialize(McpExchange exchange, McpMessage message, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException, IOException {
		McpStreamableServerSession.Factory factory = factory(message.id());
		InitializeRequest initialize = Initialization.read(message, this.json);
		Client client = new Client(initialize.clientInfo().name(), initialize.clientInfo().version());
		exchange.client(client);
		McpStreamableServerSession.McpStreamableServerSessionInit init = factory.startSession(initialize);
		McpSession session = new McpSession(init.session(), client, endpoint.owner(exchange), this);
		JSONRPCRequest request = new JSONRPCRequest(McpMethod.INITIALIZE.text(), message.id(), message.params());
		Reply reply = new Reply(exchange, request, call, endpoint, this.json, session);
		reply.serve(init.initResult().map((result) -> {
			this.sessions.open(session);
			call.response().setHeader(HttpCall.SESSION_ID, session.id());
			return JSONRPCResponse.result(request.id(), result);
		}));
	}

	private McpStreamableServerSession.Factory factory(@Nullable Object id) throws RefusedRequestException {
		McpStreamableServerSession.Factory factory = this.factory;
		if (factory == null || this.sessions.isStopping()) {
			throw stopping(id);
		}
		return factory;
	}

	/**
	 * The MCP SDK has a session object for each request, which is not added to the
	 * sessions, and whose id is not sent to the client.
	 */
	@Override
	public Mono<?> call(McpExchange exchange, JSONRPCRequest request, InitializeRequest client, Reply reply)
			throws RefusedRequestException {
		McpStreamableServerSession session = factory(request.id()).startSession(client).session();
		// The request contains the level.
		session.setMinLoggingLevel(LoggingLevel.DEBUG);
		return Mono.defer(() -> session.responseStream(request, reply));
	}

	@Override
	public Mono<InitializeResult> describe(McpExchange exchange) throws RefusedRequestException {
		return factory(null).startSession(Initialization.UNKNOWN).initResult();
	}

	/**
	 * The MCP SDK notifies the sessions that have subscribed to a resource, so the stream
	 * has such a session.
	 */
	@Override
	public void listen(McpExchange exchange, Object id, SubscriptionFilter filter, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException {
		McpStreamableServerSession session = factory(id).startSession(Initialization.UNKNOWN).session();
		EventStream stream = new EventStream(call, exchange.caller(), endpoint.expiry(exchange), (ending) -> {
			ModernSubscription subscription = this.subscriptions.remove(session.getId());
			if (subscription != null) {
				this.sessions.closed(subscription);
			}
			session.close();
			exchange.end(HttpServletResponse.SC_OK);
		});
		filter.resources()
			.forEach((uri) -> session
				.responseStream(new JSONRPCRequest(McpMethod.RESOURCES_SUBSCRIBE.text(), uri, Map.of("uri", uri)),
						new NoTransport())
				.contextWrite((context) -> context.put(McpTransportContext.KEY, exchange.context()))
				.subscribe());
		ModernSubscription subscription = new ModernSubscription(id, filter, stream, this.json);
		subscription.acknowledge(() -> this.subscriptions.put(session.getId(), subscription));
		this.sessions.opened(subscription);
	}

	private McpSession session(McpExchange exchange, HttpCall call, McpEndpoint endpoint, @Nullable McpMessage message)
			throws RefusedRequestException {
		Object id = (message != null && message.isRequest()) ? message.id() : null;
		String sessionId = call.sessionId();
		if (sessionId == null) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "session",
					JsonRpcErrorCode.INVALID_REQUEST, "Invalid request: this needs a session", id);
		}
		McpSession session = this.sessions.find(sessionId, endpoint.owner(exchange));
		if (session == null || session.transport() != this) {
			throw Sessions.notFound(id);
		}
		return session;
	}

	/**
	 * Accept a response of the client. The handler that waits for it continues on another
	 * thread, because it can take long, and the client may need its connection for
	 * another response.
	 */
	private void respond(McpExchange exchange, McpSession session, McpMessage message, HttpCall call)
			throws RefusedRequestException {
		Object id = message.id();
		Map<String, @Nullable Object> outcome = message.outcome();
		if (id == null || outcome == null || !session.removePending(id)) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
					"Invalid request: no request is pending for this response");
		}
		JSONRPCResponse.JSONRPCError error = outcome.containsKey("error")
				? this.json.convertValue(outcome.get("error"), JSONRPCResponse.JSONRPCError.class) : null;
		accepted(call);
		session.sdk()
			.accept((error != null) ? JSONRPCResponse.error(id, error)
					: JSONRPCResponse.result(id, outcome.get("result")))
			.contextWrite((context) -> context.put(McpTransportContext.KEY, exchange.context()))
			.subscribeOn(Schedulers.boundedElastic())
			.subscribe((nothing) -> {
			}, (failure) -> HandlerError.log("A client's response", failure));
	}

	@Override
	public void get(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException {
		if (this.sessions.isStopping()) {
			throw stopping(null);
		}
		if (!call.acceptable().events()) {
			throw Acceptable.refusal("text/event-stream");
		}
		McpSession session = session(exchange, call, endpoint, null);
		exchange.client(session.client());
		EventStream stream = new EventStream(call, exchange.caller(), endpoint.expiry(exchange), (ending) -> {
			session.closed(ending);
			exchange.end(HttpServletResponse.SC_OK);
		});
		// Before the client gets the response, so that it does not miss messages after
		// that.
		session.listen(stream);
		stream.open();
	}

	@Override
	public void delete(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException {
		if (this.disallowDelete) {
			throw methodNotAllowed("GET, POST");
		}
		this.sessions.delete(session(exchange, call, endpoint, null));
		call.response().setStatus(HttpServletResponse.SC_OK);
	}

	static void accepted(HttpCall call) {
		call.response().setStatus(HttpServletResponse.SC_ACCEPTED);
		call.response().setContentLength(0);
	}

	static RefusedRequestException stopping(@Nullable Object id) {
		return new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "stopping",
				JsonRpcErrorCode.UNAVAILABLE, "This server is shutting down", id);
	}

	static RefusedRequestException methodNotAllowed(String allowed) {
		return new RefusedRequestException(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed",
				"This server does not support this HTTP method")
			.header(HttpHeaders.ALLOW, allowed);
	}

	/**
	 * The transport of a request whose response is not used.
	 */
	private static final class NoTransport implements McpStreamableServerTransport {

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message) {
			return Mono.empty();
		}

		@Override
		public Mono<Void> sendMessage(JSONRPCMessage message, String messageId) {
			return Mono.empty();
		}

		@Override
		public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Mono<Void> closeGracefully() {
			return Mono.empty();
		}

		@Override
		public void close() {
			// There is nothing to close.
		}

	}

}
