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
 * The transport context that an extractor of the application reads from a request.
 * Handlers get it in addition to the caller, which no extractor can replace.
 */
final class ApplicationContexts implements Function<HttpServletRequest, McpTransportContext> {

	private final Function<HttpServletRequest, McpTransportContext> extractor;

	private ApplicationContexts(Function<HttpServletRequest, McpTransportContext> extractor) {
		this.extractor = extractor;
	}

	/**
	 * Use the extractor of the application.
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
