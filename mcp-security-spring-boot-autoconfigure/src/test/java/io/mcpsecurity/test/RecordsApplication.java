package io.mcpsecurity.test;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresScope;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.method.MethodToolCallbackProvider;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * A server with one of each: declared by annotation, undeclared, tool, resource,
 * template, prompt, Spring AI's {@code @McpTool} and {@code @Tool}.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(RecordsApplication.Records.class)
public class RecordsApplication {

	@Bean
	ToolCallbackProvider callbacks() {
		return MethodToolCallbackProvider.builder().toolObjects(new Callbacks()).build();
	}

	/**
	 * The tools, resources and prompts.
	 */
	public static class Records {

		@McpTool(name = "time", description = "Tells the time")
		String time() {
			return "noon";
		}

		@McpTool(name = "who", description = "Tells who calls")
		String who(McpCaller caller) {
			return caller.toString();
		}

		@McpTool(name = "browse", description = "Lists records")
		@RequiresScope("records:browse")
		String browse(@McpToolParam(required = false) String query) {
			return "browsed " + query;
		}

		@McpTool(name = "move", description = "Moves a record")
		@RequiresScope({ "records:browse", "records:write" })
		String move() {
			return "moved";
		}

		@McpTool(name = "export", description = "Exports records")
		@RequiresScope(anyOf = { "records:export", "records:admin" })
		String export() {
			return "exported";
		}

		@McpResource(uri = "records://all", name = "all")
		@RequiresScope("records:browse")
		String all() {
			return "all records";
		}

		@McpResource(uri = "records://{id}/details", name = "details")
		@RequiresScope("records:browse")
		String details(String id) {
			return "details of " + id;
		}

		@McpPrompt(name = "summarize", description = "Summarizes")
		@RequiresScope("records:browse")
		String summarize() {
			return "Summarize the records";
		}

	}

	/**
	 * The tools that are offered through a callback.
	 */
	public static class Callbacks {

		@Tool(name = "purge", description = "Deletes records")
		@RequiresScope("records:purge")
		public String purge() {
			return "purged";
		}

		@Tool(name = "whoToo", description = "Tells who calls")
		public String whoToo(String greeting, McpCaller caller) {
			return greeting + " " + caller.subject() + " "
					+ McpCaller.current().map(McpCaller::subject).orElse("nobody");
		}

	}

}
