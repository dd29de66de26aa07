package io.mcpsecurity.sample.records;

import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpTool.McpAnnotations;
import org.springframework.ai.mcp.annotation.McpToolParam;

/**
 * What {@link ResearchTools} offers, without a word about scopes. (Not a subclass: one
 * inherits {@code @RequiresScope}.)
 */
class UnannotatedResearchTools {

	private final ResearchTools tools;

	UnannotatedResearchTools(RecordStore records, JsonMapper json) {
		this.tools = new ResearchTools(records, json);
	}

	@McpTool(name = "server_time", description = "Tells the time of the server",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	String serverTime() {
		return this.tools.serverTime();
	}

	@McpTool(name = "who_am_i", description = "Tells who is calling: subject, client, actor chain and scopes",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	String whoAmI(McpCaller caller) {
		return this.tools.whoAmI(caller);
	}

	@McpTool(name = "browse_records", description = "Lists research records",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	String browse(@McpToolParam(description = "Words of the title; all records without it",
			required = false) @Nullable String query) {
		return this.tools.browse(query);
	}

	@McpTool(name = "export_records", description = "Returns all research records as CSV or JSON",
			annotations = @McpAnnotations(readOnlyHint = true, destructiveHint = false))
	String export(@McpToolParam(description = "csv or json") String format) {
		return this.tools.export(format);
	}

	@McpTool(name = "purge_records", description = "Deletes research records")
	String purge(@McpToolParam(description = "Only those made before this date (2024-12-31); all without it",
			required = false) @Nullable String before) {
		return this.tools.purge(before);
	}

	@McpResource(uri = "research://records/{id}", name = "record", description = "One research record",
			mimeType = "application/json")
	String record(String id) {
		return this.tools.record(id);
	}

	@McpPrompt(name = "summarize_records", description = "Asks for a summary of the research records")
	String summarize() {
		return this.tools.summarize();
	}

}
