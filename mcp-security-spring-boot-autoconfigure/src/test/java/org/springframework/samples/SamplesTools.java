package org.springframework.samples;

import io.mcpsecurity.RequiresScope;

import org.springframework.ai.mcp.annotation.McpTool;

/**
 * An application whose package begins like those of Spring, as Spring's samples do.
 */
public class SamplesTools {

	@McpTool(name = "sample", description = "Does something")
	@RequiresScope("samples:use")
	public String sample() {
		return "done";
	}

}
