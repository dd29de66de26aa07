package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.function.Function;

import io.mcpsecurity.handler.DeclarationException;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.web.servlet.function.ServerRequest;

/**
 * What the application's own extractor finds in a request. It is honoured beside the
 * caller, whom no extractor can replace.
 */
final class ApplicationContexts implements Function<HttpServletRequest, McpTransportContext> {

	private final Function<HttpServletRequest, McpTransportContext> extractor;

	private ApplicationContexts(Function<HttpServletRequest, McpTransportContext> extractor) {
		this.extractor = extractor;
	}

	/**
	 * What the application's extractor finds.
	 * @param servlet an extractor for servlet requests, or {@code null}
	 * @param functional an extractor for requests of functional endpoints, or
	 * {@code null}
	 * @param names the names of all extractors
	 * @throws DeclarationException if one of them would be ignored
	 */
	static ApplicationContexts of(@Nullable McpTransportContextExtractor<HttpServletRequest> servlet,
			@Nullable McpTransportContextExtractor<ServerRequest> functional, String... names) {
		if (names.length > 1 || (names.length == 1 && servlet == null && functional == null)) {
			throw new DeclarationException(
					"Of the McpTransportContextExtractor beans " + List.of(names) + " none or only one would be used",
					"declare one, for HttpServletRequest or ServerRequest");
		}
		if (servlet != null) {
			return new ApplicationContexts(servlet::extract);
		}
		return new ApplicationContexts(
				(functional != null) ? (request) -> functional.extract(ServerRequest.create(request, List.of()))
						: (request) -> McpTransportContext.EMPTY);
	}

	@Override
	public McpTransportContext apply(HttpServletRequest request) {
		return this.extractor.apply(request);
	}

}
