package io.mcpsecurity.handler;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.jspecify.annotations.Nullable;

/**
 * A denied invocation as an exception that MCP servers turn into a JSON-RPC error. The
 * client gets that only when a part of the response has been sent already; otherwise the
 * transport responds with HTTP 403.
 */
final class Denial extends McpError {

	private static final long serialVersionUID = 1L;

	private final transient AccessDecision decision;

	private final transient Map<String, Object> challenge;

	/**
	 * Create a denial.
	 * @param decision why the invocation is denied
	 * @param scopes the scopes to request, by the names by which clients request them
	 * @param metadata the URL of the protected resource metadata
	 */
	Denial(AccessDecision decision, List<String> scopes, String metadata) {
		this(decision, challenge(decision, scopes, metadata));
	}

	private Denial(AccessDecision decision, Map<String, Object> challenge) {
		super(McpError.builder(code(decision))
			.message(decision.description())
			.data(challenge)
			.build()
			.getJsonRpcError());
		this.decision = decision;
		this.challenge = challenge;
	}

	private static Map<String, Object> challenge(AccessDecision decision, List<String> scopes, String metadata) {
		if (decision.outcome() == Outcome.FORBIDDEN) {
			return Map.of();
		}
		Map<String, Object> challenge = new LinkedHashMap<>();
		if (decision.outcome() == Outcome.MISSING_SCOPES) {
			challenge.put("error", "insufficient_scope");
		}
		else if (decision.outcome() == Outcome.INSUFFICIENT_AUTHENTICATION) {
			challenge.put("error", "insufficient_user_authentication");
			challenge.putAll(parameters(decision.authentication()));
		}
		if (!scopes.isEmpty()) {
			challenge.put("scope", String.join(" ", scopes));
		}
		challenge.put("resource_metadata", metadata);
		return Map.of(InvocationGuard.CHALLENGE, challenge);
	}

	/** The parameters of RFC 9470 section 3 for a requirement. */
	static Map<String, Object> parameters(AuthenticationRequirement requirement) {
		Map<String, Object> parameters = new LinkedHashMap<>();
		String acrValues = requirement.acrValues();
		if (acrValues != null) {
			parameters.put("acr_values", acrValues);
		}
		Long maxAge = requirement.maxAgeSeconds();
		if (maxAge != null) {
			parameters.put("max_age", maxAge);
		}
		return parameters;
	}

	private static int code(AccessDecision decision) {
		return switch (decision.outcome()) {
			case MISSING_SCOPES -> JsonRpcErrorCode.INSUFFICIENT_SCOPE;
			case INSUFFICIENT_AUTHENTICATION -> JsonRpcErrorCode.INSUFFICIENT_USER_AUTHENTICATION;
			case UNAUTHENTICATED -> JsonRpcErrorCode.UNAUTHENTICATED;
			default -> JsonRpcErrorCode.FORBIDDEN;
		};
	}

	/**
	 * The denial as a tool's result, or {@code null} if it cannot be one: only what could
	 * not be known before the call reaches clients like that.
	 */
	@Nullable CallToolResult result() {
		AccessRule rule = this.decision.rule();
		return (this.decision.canStepUp() && (rule == null || rule.when() != null)) ? CallToolResult.builder()
			.isError(true)
			.addTextContent(this.decision.description())
			.meta(this.challenge)
			.build() : null;
	}

}
