package io.mcpsecurity.benchmarks.server;

import io.mcpsecurity.RequiresScope;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.security.access.prepost.PreAuthorize;

/**
 * A tool that no token grants access to: this starter enforces one of the annotations,
 * and method security the other.
 */
class ForbiddenTool {

	@McpTool(name = "forbidden", description = "The length of a text, for nobody")
	@RequiresScope("bench:forbidden")
	@PreAuthorize("hasAuthority('SCOPE_bench:forbidden')")
	public String forbidden(String text) {
		return String.valueOf(text.length());
	}

}
