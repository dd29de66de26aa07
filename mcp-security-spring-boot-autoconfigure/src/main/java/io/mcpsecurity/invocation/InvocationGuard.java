package io.mcpsecurity.invocation;

import java.util.function.Supplier;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpError;
import org.jspecify.annotations.Nullable;

import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * Stands before every handler: asks the policy with the caller that the transport brought
 * along, and makes that caller known on the thread that the handler runs on.
 * <p>
 * Without a caller nothing runs: a call that reached the MCP server past the HTTP gate is
 * denied here.
 */
public final class InvocationGuard {

	private final AccessPolicy policy;

	/**
	 * Create a guard.
	 * @param policy decides
	 */
	public InvocationGuard(AccessPolicy policy) {
		this.policy = policy;
	}

	/**
	 * Check a call.
	 * @param target what is to be used, a resource by its URI
	 * @param handler what serves it: the target itself, or a resource template
	 * @param context the transport's context of the request
	 * @return the caller, or {@code null} when there is none and the target is public
	 * @throws McpError if the call is denied
	 */
	public @Nullable McpCaller check(McpTarget target, McpTarget handler, McpTransportContext context) {
		McpCaller caller = caller(context);
		AccessDecision decision = this.policy.decide(target, handler, (caller != null) ? caller.scopes() : null);
		if (decision.denied()) {
			throw McpError.builder(code(decision)).message(decision.description()).build();
		}
		return caller;
	}

	private static int code(AccessDecision decision) {
		return switch (decision.outcome()) {
			case MISSING_SCOPES -> JsonRpcErrorCode.INSUFFICIENT_SCOPE;
			case UNAUTHENTICATED -> JsonRpcErrorCode.UNAUTHENTICATED;
			default -> JsonRpcErrorCode.FORBIDDEN;
		};
	}

	static @Nullable McpCaller caller(McpTransportContext context) {
		return (context instanceof McpCaller caller) ? caller : McpCaller.current().orElse(null);
	}

	/**
	 * Run a handler for a caller.
	 * @param caller the caller that {@link #check} returned, or {@code null}
	 * @param handler the handler
	 * @return what the handler returns
	 */
	public <T> T runAs(@Nullable McpCaller caller, Supplier<T> handler) {
		if (caller == null || McpCaller.current().filter(caller::equals).isPresent()) {
			return handler.get();
		}
		SecurityContext before = SecurityContextHolder.getContext();
		SecurityContext context = SecurityContextHolder.createEmptyContext();
		context.setAuthentication(new PreAuthenticatedAuthenticationToken(caller, null, AuthorityUtils
			.createAuthorityList(caller.scopes().stream().map((scope) -> "SCOPE_" + scope).toList())));
		SecurityContextHolder.setContext(context);
		try {
			return handler.get();
		}
		finally {
			SecurityContextHolder.setContext(before);
		}
	}

}
