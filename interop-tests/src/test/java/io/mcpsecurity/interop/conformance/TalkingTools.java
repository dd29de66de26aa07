package io.mcpsecurity.interop.conformance;

import java.util.List;
import java.util.Map;

import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.SamplingMessage;
import io.modelcontextprotocol.spec.McpSchema.TextContent;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.ai.mcp.annotation.context.McpSyncRequestContext;
import org.springframework.stereotype.Component;

/**
 * The tools that send something before they answer. With STATELESS, Spring AI leaves them
 * out, with a warning in the log.
 */
@Component
class TalkingTools {

	@McpTool(name = "test_tool_with_logging", description = "Logs while it runs")
	String withLogging(McpSyncRequestContext context) throws InterruptedException {
		context.info("Tool execution started");
		Thread.sleep(50);
		context.info("Tool processing data");
		Thread.sleep(50);
		context.info("Tool execution completed");
		return "Tool with logging executed";
	}

	@McpTool(name = "test_logging_tool", description = "Logs while it runs")
	String logging(McpSyncRequestContext context) {
		context.info("Tool execution started");
		return "Tool with logging executed";
	}

	@McpTool(name = "test_tool_with_progress", description = "Reports progress while it runs")
	String withProgress(McpSyncRequestContext context) throws InterruptedException {
		for (int percentage : List.of(0, 50, 100)) {
			if (percentage > 0) {
				Thread.sleep(50);
			}
			context.progress((progress) -> progress.percentage(percentage));
		}
		return "Tool with progress executed";
	}

	@McpTool(name = "test_sampling", description = "Asks the client's model")
	String sampling(McpSyncRequestContext context,
			@McpToolParam(description = "The prompt to send to the LLM") String prompt) {
		CreateMessageResult result = context.sample(CreateMessageRequest
			.builder(List.of(SamplingMessage.builder(Role.USER, TextContent.builder(prompt).build()).build()), 100)
			.build());
		return "LLM response: " + ((result.content() instanceof TextContent text) ? text.text() : result.content());
	}

	@McpTool(name = "test_elicitation", description = "Asks the user")
	String elicitation(McpSyncRequestContext context,
			@McpToolParam(description = "The message to show the user") String message) {
		ElicitResult result = elicit(context, message,
				Map.of("type", "object", "properties",
						Map.of("username", Map.of("type", "string", "description", "User's response"), "email",
								Map.of("type", "string", "description", "User's email address")),
						"required", List.of("username", "email")));
		return "User response: action=" + result.action() + ", content=" + result.content();
	}

	@McpTool(name = "test_elicitation_sep1034_defaults", description = "Asks the user, with defaults (SEP-1034)")
	String elicitationDefaults(McpSyncRequestContext context) {
		ElicitResult result = elicit(context, "Please review and update the form fields with defaults",
				Map.of("type", "object", "properties", Map.of("name", Map.of("type", "string", "default", "John Doe"), //
						"age", Map.of("type", "integer", "default", 30), //
						"score", Map.of("type", "number", "default", 95.5), //
						"status",
						Map.of("type", "string", "enum", List.of("active", "inactive", "pending"), "default", "active"), //
						"verified", Map.of("type", "boolean", "default", true)), "required", List.of()));
		return "Elicitation completed: action=" + result.action() + ", content=" + result.content();
	}

	@McpTool(name = "test_elicitation_sep1330_enums", description = "Asks the user, with choices (SEP-1330)")
	String elicitationEnums(McpSyncRequestContext context) {
		List<String> options = List.of("option1", "option2", "option3");
		ElicitResult result = elicit(context, "Please select options from the enum fields", Map.of(
				"type", "object", "properties", Map.of("untitledSingle", Map.of("type", "string", "enum", options), //
						"titledSingle",
						Map.of("type", "string", "oneOf", titled("First Option", "Second Option", "Third Option")), //
						"legacyEnum",
						Map.of("type", "string", "enum", List.of("opt1", "opt2", "opt3"), "enumNames",
								List.of("Option One", "Option Two", "Option Three")), //
						"untitledMulti", Map.of("type", "array", "items", Map.of("type", "string", "enum", options)), //
						"titledMulti",
						Map.of("type", "array", "items",
								Map.of("anyOf", titled("First Choice", "Second Choice", "Third Choice")))),
				"required", List.of()));
		return "Elicitation completed: action=" + result.action() + ", content=" + result.content();
	}

	private static List<Map<String, Object>> titled(String first, String second, String third) {
		return List.of(Map.of("const", "value1", "title", first), Map.of("const", "value2", "title", second),
				Map.of("const", "value3", "title", third));
	}

	private static ElicitResult elicit(McpSyncRequestContext context, String message, Map<String, Object> schema) {
		return context.elicit(ElicitFormRequest.builder(message, schema).build());
	}

}
