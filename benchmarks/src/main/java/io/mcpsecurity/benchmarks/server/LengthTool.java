package io.mcpsecurity.benchmarks.server;

import io.mcpsecurity.RequiresScope;

import org.springframework.ai.mcp.annotation.McpTool;

/**
 * The tool that is called: it does next to nothing with as much as one likes to send it.
 */
final class LengthTool {

	/**
	 * Only this starter looks at the annotation.
	 */
	@McpTool(name = "length", description = "The length of a text")
	@RequiresScope("bench:call")
	String length(String text) {
		return String.valueOf(text.length());
	}

}
