package io.mcpsecurity.invocation;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpError;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

/**
 * Stands before every handler: asks the policy with the caller that the transport brought
 * along, and makes that caller known on the thread that the handler runs on.
 * <p>
 * Without a caller nothing runs: a call that reached the MCP server past the HTTP gate is
 * denied here.
 */
public final class InvocationGuard {

	/**
	 * The key of a challenge inside an answer: in {@code _meta} of a tool's result, or in
	 * the {@code data} of a JSON-RPC error. Its value has the members {@code error},
	 * {@code scope} and {@code resource_metadata} of the challenge that RFC 6750 and RFC
	 * 9728 put into {@code WWW-Authenticate}.
	 */
	public static final String CHALLENGE = "io.mcpsecurity/challenge";

	private static final Log logger = LogFactory.getLog(InvocationGuard.class);

	private final AccessPolicies policies;

	private final ToolConditions conditions;

	private final Function<@Nullable String, String> metadata;

	private final UnaryOperator<List<String>> requestNames;

	private final Supplier<@Nullable PendingResponse> pending;

	/**
	 * Create a guard.
	 * @param policies decide, each for the callers of its endpoint
	 * @param conditions tell which conditions of rules hold
	 * @param metadata the URL of the metadata of a protected resource by its identifier
	 * ({@code null}: when there is no caller), for challenges
	 * @param requestNames the names by which clients ask for scopes
	 * @param pending the HTTP response of the request that this thread works for, or
	 * {@code null} when it did not come through the HTTP gate
	 */
	public InvocationGuard(AccessPolicies policies, ToolConditions conditions,
			Function<@Nullable String, String> metadata, UnaryOperator<List<String>> requestNames,
			Supplier<@Nullable PendingResponse> pending) {
		this.policies = policies;
		this.conditions = conditions;
		this.metadata = metadata;
		this.requestNames = requestNames;
		this.pending = pending;
	}

	/**
	 * The record of the request that this thread works for, or {@code null} when that did
	 * not come through the HTTP gate.
	 */
	@Nullable RequestRecord record() {
		PendingResponse pending = this.pending.get();
		return (pending != null) ? pending.record() : null;
	}

	/**
	 * Check a call.
	 * @param target what is to be used, a resource by its URI
	 * @param handler what serves it: the target itself, or a resource template
	 * @param context the transport's context of the request
	 * @param request what the handler is to be called with
	 * @return the caller, or {@code null} when there is none and the target is public
	 * @throws McpError if the call is denied
	 */
	public @Nullable McpCaller check(McpTarget target, McpTarget handler, McpTransportContext context, Object request) {
		McpCaller caller = caller(context);
		AccessDecision decision = this.policies.of(resource(context))
			.decide(target, handler, (caller != null) ? caller.scopes() : null, this.conditions.in(request, caller));
		AccessRule rule = decision.rule();
		if (decision.outcome() == Outcome.REPORTED && rule != null && rule.when() != null) {
			// The gate could not know.
			RequestRecord record = record();
			if (record != null) {
				record.decided(decision);
			}
			logger.warn("Would be denied: %s of %s: %s".formatted(target, caller, decision.description())
				.replaceAll("\\p{Cntrl}|[\\u2028\\u2029]", "?"));
		}
		if (decision.denied()) {
			throw Denial.error(decision, this.metadata.apply(resource(context)), this.requestNames);
		}
		return caller;
	}

	/**
	 * The denial of a call that its own handler refused.
	 * @param target what was to be used, a resource by its URI
	 * @param handler what serves it: the target itself, or a resource template
	 * @param context the transport's context of the request
	 * @param request what the handler was called with
	 * @param needed the scopes that the handler asks for
	 */
	McpError refusal(McpTarget target, McpTarget handler, McpTransportContext context, Object request,
			List<String> needed) {
		McpCaller caller = caller(context);
		AccessDecision decision = this.policies.of(resource(context))
			.refuse(target, handler, (caller != null) ? caller.scopes() : null, this.conditions.in(request, caller),
					needed);
		return Denial.error(decision, this.metadata.apply(resource(context)), this.requestNames);
	}

	/**
	 * The resource identifier of the MCP endpoint that a request came to, or {@code null}
	 * when it came another way.
	 */
	static @Nullable String resource(McpTransportContext context) {
		if (context instanceof AnonymousContext anonymous) {
			return anonymous.resource();
		}
		McpCaller caller = caller(context);
		return (caller != null) ? caller.resource() : null;
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
