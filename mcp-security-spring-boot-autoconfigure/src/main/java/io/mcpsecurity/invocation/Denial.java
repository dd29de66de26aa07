package io.mcpsecurity.invocation;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import org.jspecify.annotations.Nullable;

/**
 * What the tool boundary puts into the answer of a denied invocation: {@code _meta} of a
 * tool's result, {@code data} of a JSON-RPC error. Being this object and not only looking
 * like it tells the boundary's own denials from what a handler made up or passed on from
 * elsewhere.
 */
final class Denial extends AbstractMap<String, Object> {

	private final AccessDecision decision;

	private final Map<String, Object> members;

	private Denial(AccessDecision decision, Map<String, Object> members) {
		this.decision = decision;
		this.members = members;
	}

	@Override
	public Set<Entry<String, Object>> entrySet() {
		return this.members.entrySet();
	}

	/**
	 * The denial as an exception that MCP servers answer with a JSON-RPC error.
	 * @param decision why the invocation is denied
	 * @param metadata the URL of the protected resource metadata
	 * @param requestNames the names by which clients ask for scopes
	 */
	static McpError error(AccessDecision decision, String metadata, UnaryOperator<List<String>> requestNames) {
		Map<String, Object> challenge = new LinkedHashMap<>();
		if (decision.outcome() == Outcome.MISSING_SCOPES) {
			challenge.put("error", "insufficient_scope");
			challenge.put("scope", String.join(" ", requestNames.apply(decision.operationScopes())));
		}
		challenge.put("resource_metadata", metadata);
		Denial denial = new Denial(decision,
				(decision.outcome() != Outcome.FORBIDDEN) ? Map.of(InvocationGuard.CHALLENGE, challenge) : Map.of());
		return McpError.builder(code(decision)).message(decision.description()).data(denial).build();
	}

	private static int code(AccessDecision decision) {
		return switch (decision.outcome()) {
			case MISSING_SCOPES -> JsonRpcErrorCode.INSUFFICIENT_SCOPE;
			case UNAUTHENTICATED -> JsonRpcErrorCode.UNAUTHENTICATED;
			default -> JsonRpcErrorCode.FORBIDDEN;
		};
	}

	/**
	 * Whether an exception is a denial of the boundary.
	 */
	static boolean is(McpError error) {
		return error.getJsonRpcError() != null && error.getJsonRpcError().data() instanceof Denial;
	}

	/**
	 * The denial as a tool's result, or {@code null} if it cannot be one: only of what
	 * the gate could not have known can a client hear this late.
	 */
	static @Nullable CallToolResult result(McpError error) {
		if (!(error.getJsonRpcError().data() instanceof Denial denial)
				|| denial.decision.outcome() != Outcome.MISSING_SCOPES) {
			return null;
		}
		AccessRule rule = denial.decision.rule();
		return (rule == null || rule.when() != null) ? CallToolResult.builder()
			.isError(true)
			.addTextContent(denial.decision.description())
			.meta(denial)
			.build() : null;
	}

	/**
	 * The decision behind a server's answer, or {@code null} if that is not a denial of
	 * the boundary.
	 */
	static @Nullable AccessDecision in(JSONRPCResponse response) {
		Object carrier = (response.error() != null) ? response.error().data()
				: (response.result() instanceof CallToolResult result) ? result.meta() : null;
		return (carrier instanceof Denial denial) ? denial.decision : null;
	}

}
