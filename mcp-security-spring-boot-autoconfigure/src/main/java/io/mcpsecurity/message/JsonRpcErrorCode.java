package io.mcpsecurity.message;

/**
 * The JSON-RPC error codes that this server returns. Its own codes are in the part of the
 * server range that MCP 2026-07-28 reserves for implementations (-32000 to -32019).
 */
public final class JsonRpcErrorCode {

	/** The body is not JSON (JSON-RPC 2.0 section 5.1). */
	public static final int PARSE_ERROR = -32700;

	/** The JSON is not a message (JSON-RPC 2.0 section 5.1). */
	public static final int INVALID_REQUEST = -32600;

	/** There is no such method (JSON-RPC 2.0 section 5.1). */
	public static final int METHOD_NOT_FOUND = -32601;

	/** The method's parameters are wrong (JSON-RPC 2.0 section 5.1). */
	public static final int INVALID_PARAMS = -32602;

	/** An internal error (JSON-RPC 2.0 section 5.1). */
	public static final int INTERNAL_ERROR = -32603;

	/** There is no such session; the code of MCP's TypeScript SDK. */
	public static final int SESSION_NOT_FOUND = -32001;

	/** HTTP headers disagree with the body (MCP 2026-07-28, Streamable HTTP). */
	public static final int HEADER_MISMATCH = -32020;

	/** The client lacks a capability (MCP 2026-07-28, Overview, "_meta"). */
	public static final int MISSING_CLIENT_CAPABILITY = -32021;

	/** The revision of MCP is not supported (MCP 2026-07-28, Versioning). */
	public static final int UNSUPPORTED_PROTOCOL_VERSION = -32022;

	/** Credentials are missing or invalid. */
	public static final int UNAUTHENTICATED = -32010;

	/** Scopes are missing. */
	public static final int INSUFFICIENT_SCOPE = -32011;

	/** Temporarily unavailable, for example because tokens cannot be checked. */
	public static final int UNAVAILABLE = -32012;

	/** The use is denied, independently of scopes. */
	public static final int FORBIDDEN = -32013;

	/** The user must sign in again or in another way (RFC 9470). */
	public static final int INSUFFICIENT_USER_AUTHENTICATION = -32014;

	/** There have been too many requests. */
	public static final int RATE_LIMITED = -32015;

	private JsonRpcErrorCode() {
	}

}
