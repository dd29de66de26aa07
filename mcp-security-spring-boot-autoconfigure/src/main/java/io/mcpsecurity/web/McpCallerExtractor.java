package io.mcpsecurity.web;

import java.util.concurrent.atomic.AtomicBoolean;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.invocation.AnonymousContext;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.function.ServerRequest;

/**
 * Brings the caller from the gate to the handlers, and lets nobody through to the MCP
 * transport who has not come through the gate: on whatever path, by whatever servlet,
 * with whatever method a filter behind the gate may have put in place of the client's.
 */
public final class McpCallerExtractor implements McpTransportContextExtractor<ServerRequest> {

	private static final Log logger = LogFactory.getLog(McpCallerExtractor.class);

	private final AtomicBoolean told = new AtomicBoolean();

	/**
	 * The caller of a request.
	 * @throws ResponseStatusException with 404 if the request has not come through the
	 * gate
	 */
	@Override
	public McpTransportContext extract(ServerRequest request) {
		RequestRecord record = RequestRecordFilter.ifAny(request.servletRequest());
		if (record == null || (request.method().equals(HttpMethod.POST) && record.message() == null)) {
			if (this.told.compareAndSet(false, true)) {
				logger.warn("A request has come to an MCP transport without passing the filter chain that secures it, "
						+ "and was refused. Is the transport mapped to another path than its endpoint, "
						+ "or does a filter change the methods of requests?");
			}
			throw new ResponseStatusException(HttpStatus.NOT_FOUND);
		}
		return McpCaller.current()
			.<McpTransportContext>map((caller) -> caller)
			.orElseGet(() -> new AnonymousContext(record.connection().resource()));
	}

}
