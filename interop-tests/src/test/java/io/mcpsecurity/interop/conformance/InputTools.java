package io.mcpsecurity.interop.conformance;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.InputRequiredException;
import io.mcpsecurity.McpInput;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.ListRootsResult;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.SamplingMessage;
import io.modelcontextprotocol.spec.McpSchema.TextContent;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * The tools of revision 2026-07-28, in which a server asks its client by the result of a
 * request.
 */
@Component
class InputTools {

	private final ObjectProvider<McpSyncServer> server;

	InputTools(ObjectProvider<McpSyncServer> server) {
		this.server = server;
	}

	@McpTool(name = "test_input_required_result_elicitation", description = "Asks the user")
	String elicitation(McpTransportContext context) {
		ElicitResult name = McpInput.of(context).response("user_name", ElicitResult.class);
		if (name == null) {
			throw new InputRequiredException(null).elicit("user_name", question("What is your name?", "name"));
		}
		return "Hello, " + name.content().get("name") + "!";
	}

	@McpTool(name = "test_input_required_result_sampling", description = "Asks the client's model")
	String sampling(McpTransportContext context) {
		CreateMessageResult answer = McpInput.of(context).response("capital_question", CreateMessageResult.class);
		if (answer == null) {
			throw new InputRequiredException(null).sample("capital_question", prompt("What is the capital of France?"));
		}
		return String.valueOf(answer.content());
	}

	@McpTool(name = "test_input_required_result_list_roots", description = "Asks for the roots")
	String roots(McpTransportContext context) {
		ListRootsResult roots = McpInput.of(context).response("client_roots", ListRootsResult.class);
		if (roots == null) {
			throw new InputRequiredException(null).roots("client_roots");
		}
		return String.valueOf(roots.roots());
	}

	@McpTool(name = "test_input_required_result_request_state", description = "Asks with a state")
	String requestState(McpTransportContext context) {
		return confirmed(context);
	}

	@McpTool(name = "test_input_required_result_tampered_state", description = "Asks with a state")
	String tamperedState(McpTransportContext context) {
		return confirmed(context);
	}

	private static String confirmed(McpTransportContext context) {
		McpInput input = McpInput.of(context);
		if (input.response("confirm", ElicitResult.class) == null) {
			throw new InputRequiredException("asked").elicit("confirm", question("Please confirm", "ok"));
		}
		return "asked".equals(input.state()) ? "state-ok" : "no state";
	}

	@McpTool(name = "test_input_required_result_multiple_inputs", description = "Asks three questions")
	String multipleInputs(McpTransportContext context) {
		McpInput input = McpInput.of(context);
		if (input.response("user_name", ElicitResult.class) == null
				|| input.response("greeting", CreateMessageResult.class) == null
				|| input.response("client_roots", ListRootsResult.class) == null) {
			throw new InputRequiredException("asked").elicit("user_name", question("What is your name?", "name"))
				.sample("greeting", prompt("Generate a greeting"))
				.roots("client_roots");
		}
		return "answered";
	}

	@McpTool(name = "test_input_required_result_multi_round", description = "Asks twice")
	String multiRound(McpTransportContext context) {
		McpInput input = McpInput.of(context);
		if (input.state() == null) {
			throw new InputRequiredException("first").elicit("step1", question("Step 1: What is your name?", "name"));
		}
		if (input.state().equals("first")) {
			throw new InputRequiredException("second").elicit("step2",
					question("Step 2: What is your favorite color?", "color"));
		}
		return "answered";
	}

	@McpTool(name = "test_input_required_result_capabilities", description = "Asks what the client can answer")
	String capabilities(McpTransportContext context) {
		McpInput input = McpInput.of(context);
		InputRequiredException required = new InputRequiredException(null);
		if (input.supports("elicitation")) {
			required.elicit("user_name", question("What is your name?", "name"));
		}
		if (input.supports("sampling")) {
			required.sample("greeting", prompt("Generate a greeting"));
		}
		throw required;
	}

	@McpPrompt(name = "test_input_required_result_prompt", description = "Asks the user")
	String prompt(McpTransportContext context) {
		ElicitResult answer = McpInput.of(context).response("user_context", ElicitResult.class);
		if (answer == null) {
			throw new InputRequiredException(null).elicit("user_context",
					question("What context should the prompt use?", "context"));
		}
		return "Use " + answer.content();
	}

	@McpTool(name = "test_missing_capability", description = "Needs the client's model")
	String missingCapability() {
		throw new InputRequiredException(null).sample("greeting", prompt("Generate a greeting"));
	}

	@McpTool(name = "test_streaming_elicitation", description = "Asks the user")
	String streamingElicitation() {
		throw new InputRequiredException(null).elicit("user_name", question("What is your name?", "name"));
	}

	@McpTool(name = "test_trigger_tool_change", description = "Changes the tools")
	String changeTools() {
		this.server.ifAvailable(McpSyncServer::notifyToolsListChanged);
		return "changed";
	}

	@McpTool(name = "test_trigger_prompt_change", description = "Changes the prompts")
	String changePrompts() {
		this.server.ifAvailable(McpSyncServer::notifyPromptsListChanged);
		return "changed";
	}

	private static ElicitFormRequest question(String message, String field) {
		return ElicitFormRequest
			.builder(message, Map.of("type", "object", "properties", Map.of(field, Map.of("type", "string")),
					"required", List.of(field)))
			.build();
	}

	private static CreateMessageRequest prompt(String text) {
		return CreateMessageRequest
			.builder(List.of(SamplingMessage.builder(Role.USER, TextContent.builder(text).build()).build()), 100)
			.build();
	}

}
