package io.mcpsecurity.exchange;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.TestExchanges;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is kept of a request until it ends.
 */
class McpExchangeTests {

	/**
	 * A request can take hours, and arguments can be large.
	 */
	@Test
	void argumentsOfMessageAreNotKept() {
		McpExchange request = TestExchanges.withoutTrail()
			.begin(new Connection("https://mcp.example", null, null, null, false));
		request.message(new McpMessage(1, "tools/call", McpTarget.tool("browse"),
				Map.of("name", "browse", "arguments", Map.of("query", "x")), null, null));
		assertThat(request.message()).isEqualTo(new McpMessage(1, "tools/call", McpTarget.tool("browse")));
	}

	@Test
	void heldResourcesAreReleasedAtTheEndOfTheRequest() {
		AtomicInteger released = new AtomicInteger();
		McpExchange request = held(released);
		assertThat(released).hasValue(0);
		request.end(200);
		request.end(200);
		request.release();
		assertThat(released).hasValue(2);
	}

	@Test
	void heldResourcesAreKeptUntilTheHandlerEnds() {
		AtomicInteger released = new AtomicInteger();
		McpExchange request = held(released);
		request.handling();
		request.end(200);
		assertThat(released).hasValue(0);
		request.release();
		request.release();
		assertThat(released).hasValue(2);
	}

	private static McpExchange held(AtomicInteger released) {
		McpExchange request = TestExchanges.withoutTrail()
			.begin(new Connection("https://mcp.example", null, null, null, false));
		request.hold(released::incrementAndGet);
		request.hold(released::incrementAndGet);
		return request;
	}

}
