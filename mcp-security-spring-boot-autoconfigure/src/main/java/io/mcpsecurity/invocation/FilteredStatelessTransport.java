package io.mcpsecurity.invocation;

import java.util.List;
import java.util.function.Supplier;

import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpStatelessServerHandler;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stands between a stateless transport and its server: filters listings, and lets denials
 * of the tool boundary become those of the HTTP gate.
 */
public final class FilteredStatelessTransport implements McpStatelessServerTransport {

	private final McpStatelessServerTransport transport;

	private final Supplier<ListingFilter> filter;

	private final Supplier<@Nullable PendingResponse> pending;

	/**
	 * Create a transport.
	 * @param transport the transport that speaks HTTP
	 * @param filter the filter, asked for at the first request
	 * @param pending the HTTP response of the request that this thread works for, or
	 * {@code null} when it did not come through the HTTP gate
	 */
	public FilteredStatelessTransport(McpStatelessServerTransport transport, Supplier<ListingFilter> filter,
			Supplier<@Nullable PendingResponse> pending) {
		this.transport = transport;
		this.filter = filter;
		this.pending = pending;
	}

	@Override
	public void setMcpHandler(McpStatelessServerHandler handler) {
		this.transport.setMcpHandler(new McpStatelessServerHandler() {

			@Override
			public Mono<JSONRPCResponse> handleRequest(McpTransportContext context, JSONRPCRequest request) {
				PendingResponse pending = FilteredStatelessTransport.this.pending.get();
				return Mono.defer(() -> handler.handleRequest(context, request))
					.onErrorResume((failure) -> Mono.just(HandlerError.answer(request, failure)))
					.map((response) -> HandlerError.ofInitialization(request, response))
					.map((response) -> FilteredStatelessTransport.this.filter.get().filter(request, response, context))
					.flatMap((response) -> Answer.release(response, pending));
			}

			@Override
			public Mono<Void> handleNotification(McpTransportContext context, JSONRPCNotification notification) {
				return handler.handleNotification(context, notification);
			}

		});
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

}
