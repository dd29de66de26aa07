package io.mcpsecurity.audit;

import io.mcpsecurity.audit.RequestRecord.Connection;
import io.mcpsecurity.message.JsonText;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.RequestRecorders;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is kept of a request until it ends.
 */
class RequestRecordTests {

	/**
	 * A request can take hours, and arguments lie in its body.
	 */
	@Test
	void ofAMessageTheArgumentsAreNotKept() {
		RequestRecord request = RequestRecorders.withoutTrail()
			.begin(new Connection("https://mcp.example", null, null, null));
		request.message(
				new McpMessage("1", "tools/call", McpTarget.tool("browse"), JsonText.of("{\"query\":\"x\"}"), null));
		assertThat(request.message()).isEqualTo(new McpMessage("1", "tools/call", McpTarget.tool("browse")));
	}

}
