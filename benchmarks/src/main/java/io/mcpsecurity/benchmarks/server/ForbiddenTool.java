package io.mcpsecurity.benchmarks.server;

import io.mcpsecurity.RequiresScope;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.security.access.prepost.PreAuthorize;

/**
 * A tool that no token is good for, where anybody looks: this starter at the one
 * annotation, method security at the other.
 */
class ForbiddenTool {

	@McpTool(name = "forbidden", description = "The length of a text, for nobody")
	@RequiresScope("bench:forbidden")
	@PreAuthorize("hasAuthority('SCOPE_bench:forbidden')")
	public String forbidden(String text) {
		return String.valueOf(text.length());
	}

}
