package io.mcpsecurity.downstream;

import java.net.URI;
import java.util.Map;
import java.util.function.Function;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.exchange.McpExchange;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;

/**
 * Sends requests of a reactive client to one service. The caller is that of Spring
 * Security's context, of Reactor or of the thread.
 *
 * @param service the service
 * @param connector sends them
 */
record DownstreamConnector(DownstreamService service, ClientHttpConnector connector) implements ClientHttpConnector {

	@Override
	public Mono<ClientHttpResponse> connect(HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
		McpExchange ofThread = McpExchange.current();
		return ReactiveSecurityContextHolder.getContext()
			.mapNotNull((context) -> McpExchange.of(context.getAuthentication()))
			.map((exchange) -> new DownstreamCall(this.service, uri, Map.of(), exchange))
			.switchIfEmpty(Mono.fromSupplier(() -> new DownstreamCall(this.service, uri, Map.of(), ofThread)))
			.flatMap((call) -> send(call, method, uri, requestCallback));
	}

	private Mono<ClientHttpResponse> send(DownstreamCall call, HttpMethod method, URI uri,
			Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
		call.checkDestination();
		return this.connector.connect(method, uri, (request) -> requestCallback.apply(new Request(request, call)))
			// Other failures are recorded where they are detected.
			.doOnError((ex) -> !(ex instanceof DownstreamException || ex instanceof InsufficientScopeException),
					(ex) -> call.unanswered())
			.flatMap((response) -> Mono.fromCallable(() -> {
				call.responded(response.getStatusCode().value(), response.getHeaders());
				return response;
			})
				.onErrorResume((ex) -> response.getBody()
					.doOnNext(DataBufferUtils::release)
					// Cancels the rest.
					.take(1)
					.then(Mono.error(ex))));
	}

	/** Authorizes the request after everything else that is done before it is sent. */
	private static final class Request extends ClientHttpRequestDecorator {

		private final DownstreamCall call;

		Request(ClientHttpRequest request, DownstreamCall call) {
			super(request);
			this.call = call;
		}

		private ClientHttpRequest authorized() {
			ClientHttpRequest request = getDelegate();
			request.beforeCommit(() -> Mono.<Void>fromRunnable(() -> {
				HttpHeaders headers = request.getHeaders();
				if (!request.getCookies().isEmpty()) {
					throw this.call.refuse(HttpHeaders.COOKIE);
				}
				this.call.authorize(headers, request.getAttributes());
			})
				// A token may have to be requested.
				.subscribeOn(Schedulers.boundedElastic()));
			return request;
		}

		@Override
		public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
			return authorized().writeWith(body);
		}

		@Override
		public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
			return authorized().writeAndFlushWith(body);
		}

		@Override
		public Mono<Void> setComplete() {
			return authorized().setComplete();
		}

	}

}
