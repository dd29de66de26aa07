package io.mcpsecurity.message;

import java.util.List;
import java.util.stream.Stream;

/**
 * The revisions of MCP that a server supports.
 *
 * @param legacy whether it supports 2025-11-25 and the revisions before, which clients
 * negotiate with {@code initialize}
 * @param modern whether it supports 2026-07-28
 */
public record ProtocolRevisions(boolean legacy, boolean modern) {

	/**
	 * The names of the revisions, the oldest first.
	 */
	public List<String> names() {
		return Stream
			.concat(this.legacy ? McpRevision.legacy().stream() : Stream.of(),
					this.modern ? McpRevision.modern().stream() : Stream.of())
			.toList();
	}

}
