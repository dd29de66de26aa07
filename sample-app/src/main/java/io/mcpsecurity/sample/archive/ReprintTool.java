package io.mcpsecurity.sample.archive;

import java.util.Map;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.downstream.Downstream;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/**
 * Orders at the archive for the caller. The client exchanges the caller's token for one
 * for the archive, so this class contains nothing about tokens.
 */
@Component
@Profile("archive")
class ReprintTool {

	private final RestClient archive;

	ReprintTool(@Downstream("archive") RestClient archive) {
		this.archive = archive;
	}

	@McpTool(name = "order_reprint", description = "Orders a reprint of a record at the archive")
	@RequiresScope("research:browse")
	String order(@McpToolParam(description = "Number of the record") int record) {
		return this.archive.post().uri("/reprints").body(Map.of("record", record)).retrieve().body(String.class);
	}

}
