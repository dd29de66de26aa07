package io.mcpsecurity.message;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The metadata of a request in {@code params._meta}. The values are not validated: they
 * can have any length and contain any characters. A value is {@code null} if it is
 * missing or not a string.
 *
 * @param traceparent the position of the request in a trace (W3C Trace Context)
 * @param tracestate the data that vendors add to it (W3C Trace Context)
 * @param protocolVersion the revision of MCP that the request follows
 * ({@code io.modelcontextprotocol/protocolVersion}, MCP 2026-07-28)
 * @param clientName the name of the client's program
 * ({@code io.modelcontextprotocol/clientInfo}, MCP 2026-07-28)
 * @param clientVersion the version of the client's program
 */
public record RequestMeta(@Nullable String traceparent, @Nullable String tracestate, @Nullable String protocolVersion,
		@Nullable String clientName, @Nullable String clientVersion) {

	private static final String CLIENT_INFO = "io.modelcontextprotocol/clientInfo";

	private static final String PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";

	private static final RequestMeta NOTHING = new RequestMeta(null, null, null, null, null);

	/**
	 * Create from the value of {@code _meta}.
	 * @return the metadata, or {@code null} if there is none
	 */
	static @Nullable RequestMeta of(@Nullable Object value) {
		if (!(value instanceof Map<?, ?> meta)) {
			return null;
		}
		Map<?, ?> client = (meta.get(CLIENT_INFO) instanceof Map<?, ?> info) ? info : Map.of();
		RequestMeta read = new RequestMeta(text(meta, "traceparent"), text(meta, "tracestate"),
				text(meta, PROTOCOL_VERSION), text(client, "name"), text(client, "version"));
		return read.equals(NOTHING) ? null : read;
	}

	private static @Nullable String text(Map<?, ?> values, String key) {
		return (values.get(key) instanceof String text) ? text : null;
	}

}
