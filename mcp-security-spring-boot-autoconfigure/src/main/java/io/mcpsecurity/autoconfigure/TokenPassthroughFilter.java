package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.downstream.InboundTokens;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Refuses to send the caller's token with a {@code WebClient}.
 *
 * @param tokens checks requests
 */
record TokenPassthroughFilter(InboundTokens tokens) implements ExchangeFilterFunction {

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		return Mono.defer(() -> {
			this.tokens.check(request.url(), request.headers());
			return next.exchange(request);
		});
	}

}
