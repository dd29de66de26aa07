package io.mcpsecurity.exchange;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.function.Function;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.ResourceUri;
import io.mcpsecurity.authorization.ScopeRequirement;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authorization.AuthorizationResult;

/**
 * The rules that an application defines in Java. They are called if the policy grants
 * access, and one that denies is sufficient. As in Spring Security, a rule that returns
 * {@code null} abstains; one that throws denies.
 */
public final class AuthorizationRules {

	/** No rules. */
	public static final AuthorizationRules NONE = new AuthorizationRules(Map.of(), (resource) -> null);

	private static final Log logger = LogFactory.getLog(AuthorizationRules.class);

	private final Map<String, AuthorizationManager<McpInvocation>> managers;

	private final Function<String, @Nullable String> endpoints;

	/**
	 * Create rules.
	 * @param managers the rules, by the names of their beans
	 * @param endpoints the name of an MCP endpoint by its resource identifier
	 */
	public AuthorizationRules(Map<String, AuthorizationManager<McpInvocation>> managers,
			Function<String, @Nullable String> endpoints) {
		this.managers = new LinkedHashMap<>(managers);
		this.endpoints = endpoints;
	}

	/**
	 * Decide after the policy.
	 * @param decision the decision of the policy
	 * @param exchange the exchange
	 * @param target the target, a resource by its URI, or {@code null}
	 * @param arguments the arguments, or {@code null} before they are known
	 * @return the decision of the policy, or a denial
	 */
	public AccessDecision decide(AccessDecision decision, McpExchange exchange, @Nullable McpTarget target,
			@Nullable Map<String, Object> arguments) {
		boolean allowed = decision.outcome() == Outcome.GRANTED || decision.outcome() == Outcome.REPORTED;
		String denying = (allowed && target != null) ? denying(exchange, target, arguments) : null;
		return (denying == null || target == null) ? decision
				: exchange.denial(new AccessRule(target, Access.DENY, ScopeRequirement.NONE, "bean " + denying));
	}

	/** The rule that denies a use, or {@code null} if none does. */
	public @Nullable String denying(McpExchange exchange, McpTarget target, @Nullable Map<String, Object> arguments) {
		if (this.managers.isEmpty()) {
			return null;
		}
		McpMessage message = exchange.message();
		String name = (target.kind() == McpTarget.Kind.RESOURCE) ? ResourceUri.decoded(target.name()) : target.name();
		Invocation invocation = new Invocation(exchange.caller(), McpInvocation.Kind.valueOf(target.kind().name()),
				name, (message != null && message.method() != null) ? message.method() : "",
				this.endpoints.apply(exchange.connection().resource()), arguments);
		return exchange.run(() -> this.managers.entrySet()
			.stream()
			.filter((manager) -> denies(manager, exchange, invocation))
			.findFirst()
			.map(Entry::getKey)
			.orElse(null));
	}

	private static boolean denies(Entry<String, AuthorizationManager<McpInvocation>> manager, McpExchange exchange,
			McpInvocation invocation) {
		try {
			AuthorizationResult result = manager.getValue().authorize(exchange::authentication, invocation);
			return result != null && !result.isGranted();
		}
		catch (AccessDeniedException ex) {
			return true;
		}
		catch (RuntimeException ex) {
			// Without its message, which can repeat arguments.
			logger.warn("The bean " + manager.getKey() + " cannot decide, so the call is denied ("
					+ ex.getClass().getName() + ")");
			return true;
		}
	}

	private record Invocation(@Nullable McpCaller caller, Kind kind, String name, String method,
			@Nullable String endpoint, @Nullable Map<String, Object> arguments) implements McpInvocation {
	}

}
