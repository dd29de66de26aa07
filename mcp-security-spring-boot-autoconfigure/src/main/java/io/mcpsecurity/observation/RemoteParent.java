package io.mcpsecurity.observation;

import java.util.Map;
import java.util.regex.Pattern;

import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.RequestMeta;

/**
 * Reads the parent span from the {@code _meta} of a request (MCP, SEP-414), as headers of
 * W3C Trace Context.
 */
final class RemoteParent {

	/**
	 * W3C Trace Context section 3.2: version, trace id, parent id and flags, where no id
	 * is all zeros.
	 */
	private static final Pattern TRACEPARENT = Pattern
		.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

	/** Section 3.3.1.5 requires to propagate at least 512 characters. */
	private static final Pattern TRACESTATE = Pattern.compile("[ -~]{1,512}");

	private RemoteParent() {
	}

	static Map<String, String> of(McpExchange request) {
		McpMessage message = request.message();
		RequestMeta meta = (message != null) ? message.meta() : null;
		String traceparent = (meta != null) ? meta.traceparent() : null;
		if (meta == null || traceparent == null || request.connection().traced()
				|| !TRACEPARENT.matcher(traceparent).matches()) {
			return Map.of();
		}
		String tracestate = meta.tracestate();
		return (tracestate != null && TRACESTATE.matcher(tracestate).matches())
				? Map.of("traceparent", traceparent, "tracestate", tracestate) : Map.of("traceparent", traceparent);
	}

}
