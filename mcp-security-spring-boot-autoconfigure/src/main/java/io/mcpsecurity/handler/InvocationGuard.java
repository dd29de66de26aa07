package io.mcpsecurity.handler;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.EventText;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Checks every call of a handler: the policy decides for the caller of the exchange.
 * <p>
 * Without an exchange nothing runs: a call that did not come through an endpoint of this
 * library is denied.
 */
public final class InvocationGuard {

	/**
	 * The key of a challenge inside a response: in {@code _meta} of a tool's result, or
	 * in the {@code data} of a JSON-RPC error. Its value has the members {@code error},
	 * {@code scope}, {@code acr_values}, {@code max_age} and {@code resource_metadata} of
	 * the challenge that RFC 6750, RFC 9470 and RFC 9728 put into
	 * {@code WWW-Authenticate}.
	 */
	public static final String CHALLENGE = "io.mcpsecurity/challenge";

	private static final int MAX_REPORT = 2000;

	private static final Log logger = LogFactory.getLog(InvocationGuard.class);

	private final AccessPolicies policies;

	private final ToolConditions conditions;

	private final AuthorizationRules rules;

	private final Function<@Nullable String, String> metadata;

	private final UnaryOperator<List<String>> requestNames;

	/**
	 * Create a guard.
	 * @param policies decide, each for the callers of its endpoint
	 * @param conditions evaluate conditions of rules
	 * @param rules the application's own rules
	 * @param metadata the URL of the metadata of a protected resource by its identifier,
	 * {@code null} for a call that did not come through an endpoint
	 * @param requestNames the names by which clients request scopes
	 */
	public InvocationGuard(AccessPolicies policies, ToolConditions conditions, AuthorizationRules rules,
			Function<@Nullable String, String> metadata, UnaryOperator<List<String>> requestNames) {
		this.policies = policies;
		this.conditions = conditions;
		this.rules = rules;
		this.metadata = metadata;
		this.requestNames = requestNames;
	}

	/**
	 * Check a call.
	 * @param exchange the exchange, or {@code null} when the call did not come through an
	 * endpoint
	 * @param target the target, a resource by its URI
	 * @param call the handler and its request
	 * @throws McpError if the call is denied
	 */
	void check(@Nullable McpExchange exchange, McpTarget target, HandlerCall call) {
		if (exchange == null) {
			logger.warn("A call of " + call.handler()
					+ " did not come through an endpoint of this library, and was denied");
			throw denial(null, AccessDecision.deny(Outcome.UNAUTHENTICATED, null));
		}
		if (exchange.hidden()) {
			// A template may match the name of a hidden target.
			throw McpError.RESOURCE_NOT_FOUND.apply(target.name());
		}
		McpCaller caller = exchange.caller();
		AccessDecision decision = policy(exchange).decide(target, call.handler(), caller,
				this.conditions.in(call, caller));
		AccessRule rule = decision.rule();
		if (decision.outcome() == Outcome.REPORTED && rule != null && rule.when() != null) {
			// It could not be known before.
			exchange.decided(decision);
			report(target, caller, decision);
		}
		decision = this.rules.decide(decision, exchange, target, arguments(call.request()));
		if (decision.denied()) {
			throw denial(exchange, decision);
		}
	}

	private static Map<String, Object> arguments(Object request) {
		@Nullable Map<String, Object> arguments = null;
		if (request instanceof CallToolRequest call) {
			arguments = call.arguments();
		}
		else if (request instanceof GetPromptRequest prompt) {
			arguments = prompt.arguments();
		}
		else if (request instanceof CompleteRequest completion) {
			arguments = Collections.singletonMap(completion.argument().name(), completion.argument().value());
		}
		return (arguments != null) ? Collections.unmodifiableMap(arguments) : Map.of();
	}

	/** Log a call that passes only because the policy reports instead of denying. */
	public static void report(@Nullable Object what, @Nullable McpCaller caller, AccessDecision decision) {
		logger.warn(EventText.of("Would be denied: %s of %s: %s".formatted(what, caller, decision.description()),
				MAX_REPORT));
	}

	/**
	 * The denial of a call that its own handler refused.
	 * @param exchange the exchange
	 * @param target the target, a resource by its URI
	 * @param call the handler and its request
	 * @param needed the scopes that the handler requires
	 * @param authentication the authentication that the handler requires
	 */
	Denial refusal(McpExchange exchange, McpTarget target, HandlerCall call, List<String> needed,
			AuthenticationRequirement authentication) {
		McpCaller caller = exchange.caller();
		return denial(exchange, policy(exchange).refuse(target, call.handler(), caller,
				this.conditions.in(call, caller), needed, authentication));
	}

	/** The denial of a call that Spring Security has denied within its handler. */
	Denial forbidden(McpExchange exchange) {
		return denial(exchange, exchange.denial(null));
	}

	private AccessPolicy policy(McpExchange exchange) {
		return this.policies.of(exchange.connection().resource());
	}

	private Denial denial(@Nullable McpExchange exchange, AccessDecision decision) {
		if (exchange != null) {
			exchange.decided(decision);
		}
		return new Denial(decision, (exchange != null)
				? this.requestNames.apply(exchange.challenged(policy(exchange), decision)) : List.of(),
				this.metadata.apply((exchange != null) ? exchange.connection().resource() : null));
	}

}
