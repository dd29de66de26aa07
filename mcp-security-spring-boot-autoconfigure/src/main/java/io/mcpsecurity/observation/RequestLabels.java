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
 * What labels say of a request's method and target: words of a bounded set, whatever
 * clients send.
 * <p>
 * Safe for use by several threads.
 */
public final class RequestLabels {

	/** There is no method or target. */
	public static final String NONE = "none";

	/** Neither the specification nor this server knows it. */
	public static final String UNKNOWN = "unknown";

	/** This server offers it, but too many others have been labels before. */
	public static final String OTHER = "other";

	/** How many targets become labels under their own names. */
	public static final int MAX_TARGETS = 1000;

	private final OfferedTargets offered;

	private final Set<McpTarget> named = ConcurrentHashMap.newKeySet();

	/**
	 * Create the labels.
	 * @param offered what the servers offer
	 */
	public RequestLabels(OfferedTargets offered) {
		this.offered = offered;
	}

	/**
	 * The method; {@value #NONE} when no message was read, or one without a method, which
	 * is a client's response.
	 */
	public String method(@Nullable McpMessage message) {
		String method = (message != null) ? message.method() : null;
		if (method == null) {
			return NONE;
		}
		return (McpMethod.of(method) != McpMethod.OTHER) ? method : UNKNOWN;
	}

	/**
	 * The name of what the request is for as the server offers it: of a resource the URI,
	 * or the template that stands for it.
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
	 * What the request is for as the server offers it, or {@code null} when it is for
	 * nothing that is offered.
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
	 * Tools can come and go at run time under ever new names; labels stay.
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
