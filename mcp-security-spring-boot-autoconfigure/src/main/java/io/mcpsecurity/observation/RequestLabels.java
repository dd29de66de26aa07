package io.mcpsecurity.observation;

import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * The labels for the method and target of a request. The number of different values is
 * bounded, independently of what clients send.
 * <p>
 * Safe for use by several threads.
 */
public final class RequestLabels {

	/** There is no method or target. */
	public static final String NONE = "none";

	/** The method or target is unknown to the specification and to this server. */
	public static final String UNKNOWN = "unknown";

	/** The server offers the target, but the maximum number of labels is reached. */
	public static final String OTHER = "other";

	/** The maximum number of targets with their own label. */
	public static final int MAX_TARGETS = 1000;

	private final OfferedTargets offered;

	private final Set<McpTarget> named = ConcurrentHashMap.newKeySet();

	public RequestLabels(OfferedTargets offered) {
		this.offered = offered;
	}

	/**
	 * The method; {@value #NONE} if no message was read, or the message is a client's
	 * response.
	 */
	public String method(@Nullable McpMessage message) {
		String method = (message != null) ? message.method() : null;
		if (method == null) {
			return NONE;
		}
		return (McpMethod.of(method) != McpMethod.OTHER) ? method : UNKNOWN;
	}

	/**
	 * The name of the target as the server offers it. For a resource this is the URI or
	 * the matching resource template.
	 */
	public String target(McpExchange request) {
		McpMessage message = request.message();
		if (message == null || message.target() == null) {
			return NONE;
		}
		McpTarget offered = offered(request);
		if (offered == null) {
			return UNKNOWN;
		}
		return isNamed(offered) ? offered.name() : OTHER;
	}

	/**
	 * The target as the server offers it, or {@code null} if the target is not offered.
	 */
	@Nullable McpTarget offered(McpExchange request) {
		McpTarget handler = request.handler();
		if (handler != null) {
			return handler;
		}
		McpMessage message = request.message();
		McpTarget target = (message != null) ? message.target() : null;
		if (target == null || this.offered.hints(target) != null) {
			return target;
		}
		return this.offered.handlersOf(target).stream().min(Comparator.comparing(McpTarget::name)).orElse(null);
	}

	/**
	 * Tools can be added and removed at run time under new names, but labels are never
	 * removed.
	 */
	private boolean isNamed(McpTarget target) {
		if (this.named.contains(target)) {
			return true;
		}
		synchronized (this.named) {
			return this.named.size() < MAX_TARGETS && this.named.add(target);
		}
	}

}
