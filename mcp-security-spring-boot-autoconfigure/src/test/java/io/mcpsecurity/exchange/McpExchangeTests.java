package io.mcpsecurity.exchange;

import java.util.Map;

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
	void ofAMessageTheArgumentsAreNotKept() {
		McpExchange request = TestExchanges.withoutTrail()
			.begin(new Connection("https://mcp.example", null, null, null, false));
		request.message(new McpMessage(1, "tools/call", McpTarget.tool("browse"),
				Map.of("name", "browse", "arguments", Map.of("query", "x")), null, null));
		assertThat(request.message()).isEqualTo(new McpMessage(1, "tools/call", McpTarget.tool("browse")));
	}

}
