package io.mcpsecurity.benchmarks.server;

import io.mcpsecurity.RequiresScope;

import org.springframework.ai.mcp.annotation.McpTool;

/**
 * The tool that is called. It does almost nothing, with arguments of any size.
 */
final class LengthTool {

	/**
	 * Only this starter enforces the annotation.
	 */
	@McpTool(name = "length", description = "The length of a text")
	@RequiresScope("bench:call")
	String length(String text) {
		return String.valueOf(text.length());
	}

}
