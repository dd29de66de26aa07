package com.example.research;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.ScopeCheck;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;

@Component
public class ResearchTools {

	private final ScopeCheck scopes;

	ResearchTools(ScopeCheck scopes) {
		this.scopes = scopes;
	}

	@McpTool(name = "server_time", description = "Tells the time")
	public String serverTime() {
		return "noon";
	}

	@McpTool(name = "who_am_i", description = "Tells who is calling")
	public String whoAmI() {
		Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
		McpCaller caller = McpCaller.current().orElseThrow();
		return "%s %s %s %s %s %s".formatted(authentication.getClass().getSimpleName(), authentication.getName(),
				authentication.getAuthorities(), caller.client(), caller.scopes(), caller.claim("tenant"));
	}

	@McpTool(name = "browse_records", description = "Lists research records")
	@RequiresScope("research:browse")
	public String browse() {
		return "Water levels";
	}

	@McpTool(name = "purge_records", description = "Deletes the research records of a year, or all of them")
	@RequiresScope("research:purge")
	public String purge(String year, McpCaller caller) {
		if (year.equals("all") && !this.scopes.holds(caller, "research:admin")) {
			throw new InsufficientScopeException("research:admin");
		}
		return "Purged by " + caller.subject();
	}

	@McpTool(name = "close_archive", description = "Closes the archive")
	@PreAuthorize("authentication.name == 'archivist'")
	public String close() {
		return "Closed";
	}

	@McpResource(uri = "research://records/{id}", name = "record", description = "A research record")
	@RequiresScope("research:browse")
	public String record(String id) {
		return "Record " + id;
	}

	@McpPrompt(name = "summarize_records", description = "Asks for a summary")
	@RequiresScope("research:browse")
	public String summarize() {
		return "Summarize the records";
	}

}
