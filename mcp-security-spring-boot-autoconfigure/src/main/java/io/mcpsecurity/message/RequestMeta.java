package io.mcpsecurity.message;

import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * What a request tells about itself in {@code params._meta}: each value as the client
 * sent it, unchecked, of any length and with any characters, or {@code null} when it is
 * missing or not a string.
 *
 * @param traceparent where the request stands in a trace (W3C Trace Context)
 * @param tracestate what vendors add to that (W3C Trace Context)
 * @param protocolVersion the revision of MCP that the request follows
 * ({@code io.modelcontextprotocol/protocolVersion}, MCP 2026-07-28)
 * @param clientName the name of the client's program
 * ({@code io.modelcontextprotocol/clientInfo}, MCP 2026-07-28)
 * @param clientVersion the version of the client's program
 */
public record RequestMeta(@Nullable String traceparent, @Nullable String tracestate, @Nullable String protocolVersion,
		@Nullable String clientName, @Nullable String clientVersion) {

	static final String CLIENT_INFO = "io.modelcontextprotocol/clientInfo";

	static final Set<String> CLIENT_INFO_KEYS = Set.of("name", "version");

	private static final String PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";

	static final Set<String> KEYS = Set.of("traceparent", "tracestate", PROTOCOL_VERSION);

	private static final RequestMeta NOTHING = new RequestMeta(null, null, null, null, null);

	/**
	 * Create from the members that were read.
	 * @return {@code null} when there is nothing in them
	 */
	static @Nullable RequestMeta of(Map<String, @Nullable String> meta, Map<String, @Nullable String> clientInfo) {
		RequestMeta read = new RequestMeta(meta.get("traceparent"), meta.get("tracestate"), meta.get(PROTOCOL_VERSION),
				clientInfo.get("name"), clientInfo.get("version"));
		return read.equals(NOTHING) ? null : read;
	}

}
