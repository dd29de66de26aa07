package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.function.Function;

import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.servlet.function.ServerRequest;

/**
 * What the application's own extractor finds in a request. It is honoured beside the
 * caller, whom no extractor can replace.
 */
final class ApplicationContexts implements Function<HttpServletRequest, McpTransportContext> {

	private final SingletonSupplier<Function<HttpServletRequest, McpTransportContext>> extractor;

	ApplicationContexts(ObjectProvider<McpTransportContextExtractor<HttpServletRequest>> servlet,
			ObjectProvider<McpTransportContextExtractor<ServerRequest>> functional) {
		this.extractor = SingletonSupplier.of(() -> extractor(servlet.getIfUnique(), functional));
	}

	private static Function<HttpServletRequest, McpTransportContext> extractor(
			@org.jspecify.annotations.Nullable McpTransportContextExtractor<HttpServletRequest> servlet,
			ObjectProvider<McpTransportContextExtractor<ServerRequest>> functional) {
		if (servlet != null) {
			return servlet::extract;
		}
		McpTransportContextExtractor<ServerRequest> extractor = functional.getIfUnique();
		return (extractor != null) ? (request) -> extractor.extract(ServerRequest.create(request, List.of()))
				: (request) -> McpTransportContext.EMPTY;
	}

	@Override
	public McpTransportContext apply(HttpServletRequest request) {
		return this.extractor.obtain().apply(request);
	}

}
