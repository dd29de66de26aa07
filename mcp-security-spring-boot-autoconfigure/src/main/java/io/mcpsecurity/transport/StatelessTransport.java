package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.List;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.handler.HandlerError;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.SubscriptionFilter;
import io.modelcontextprotocol.server.McpStatelessServerHandler;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server side of Streamable HTTP without sessions: each request is independent, and
 * the response is JSON.
 */
public final class StatelessTransport implements McpStatelessServerTransport, McpDispatcher {

	private final JsonMapper json;

	private volatile @Nullable McpStatelessServerHandler handler;

	private volatile boolean closed;

	public StatelessTransport(JsonMapper json) {
		this.json = json;
	}

	@Override
	public void setMcpHandler(McpStatelessServerHandler handler) {
		StreamableTransport.requireUnused(this.handler);
		this.handler = handler;
	}

	@Override
	public Mono<Void> closeGracefully() {
		return Mono.fromRunnable(() -> this.closed = true);
	}

	@Override
	public List<String> protocolVersions() {
		return McpRevision.legacy();
	}

	@Override
	public void post(McpExchange exchange, McpMessage message, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException, IOException {
		McpStatelessServerHandler handler = handler(message.id());
		String method = message.method();
		if (method == null) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
					JsonRpcErrorCode.INVALID_REQUEST, "Invalid request: this server sends no requests to clients",
					null);
		}
		if (message.id() == null) {
			StreamableTransport.accepted(call);
			if (McpMethod.of(method).isHandledNotification()) {
				handler.handleNotification(exchange.context(), new JSONRPCNotification(method, message.params()))
					.subscribe((nothing) -> {
					}, (failure) -> HandlerError.log("A notification", failure));
			}
			return;
		}
		Object params = (McpMethod.of(method) == McpMethod.INITIALIZE) ? Initialization.read(message, this.json)
				: message.params();
		JSONRPCRequest request = new JSONRPCRequest(method, message.id(), params);
		Reply reply = new Reply(exchange, request, call, endpoint, this.json, Conversation.NONE);
		reply.serve(Mono.defer(() -> handler.handleRequest(exchange.context(), request)));
	}

	private McpStatelessServerHandler handler(@Nullable Object id) throws RefusedRequestException {
		McpStatelessServerHandler handler = this.handler;
		if (this.closed || handler == null) {
			throw StreamableTransport.stopping(id);
		}
		return handler;
	}

	@Override
	public Mono<?> call(McpExchange exchange, JSONRPCRequest request, InitializeRequest client, Reply reply)
			throws RefusedRequestException {
		McpStatelessServerHandler handler = handler(request.id());
		return Mono.defer(() -> handler.handleRequest(exchange.context(), request));
	}

	@Override
	public Mono<InitializeResult> describe(McpExchange exchange) throws RefusedRequestException {
		JSONRPCRequest request = new JSONRPCRequest(McpMethod.INITIALIZE.text(), 0, Initialization.UNKNOWN);
		return handler(null).handleRequest(exchange.context(), request)
			.mapNotNull((response) -> (InitializeResult) response.result());
	}

	@Override
	public void listen(McpExchange exchange, Object id, SubscriptionFilter filter, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException {
		throw ModernRequests.methodNotFound(id);
	}

	@Override
	public void get(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException {
		throw StreamableTransport.methodNotAllowed("POST");
	}

	@Override
	public void delete(McpExchange exchange, HttpCall call, McpEndpoint endpoint) throws RefusedRequestException {
		throw StreamableTransport.methodNotAllowed("POST");
	}

}
