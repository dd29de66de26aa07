package io.mcpsecurity.downstream;

import java.util.Map;
import java.util.function.Consumer;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.McpExchange;
import org.jspecify.annotations.Nullable;

/**
 * Selects the caller for whom a request is sent, in code that runs on a thread without
 * the security context of the MCP request: <pre class="code">
 * orders.get().uri("/orders/7").attributes(DownstreamCaller.of(caller)).retrieve()
 * </pre>
 */
public final class DownstreamCaller {

	private static final String ATTRIBUTE = DownstreamCaller.class.getName();

	private DownstreamCaller() {
	}

	/**
	 * For the attributes of a request of a {@code RestClient} or {@code WebClient}.
	 * @param caller the caller as a handler received it, or {@link McpCaller#current()}
	 * returned it; valid also after the end of the MCP request
	 */
	public static Consumer<Map<String, Object>> of(McpCaller caller) {
		return (attributes) -> attributes.put(ATTRIBUTE, caller);
	}

	/**
	 * The exchange of the caller that is selected by the attributes, otherwise the
	 * current one. {@code null} if there is none.
	 */
	static @Nullable McpExchange exchange(Map<String, Object> attributes, @Nullable McpExchange current) {
		if (!(attributes.get(ATTRIBUTE) instanceof McpCaller caller)) {
			return current;
		}
		McpExchange exchange = McpExchange.of(caller);
		// An argument of a @Tool method is a copy of the caller, without the exchange.
		boolean copy = exchange == null && current != null && caller.equals(current.caller());
		return copy ? current : exchange;
	}

}
