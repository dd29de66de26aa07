package io.mcpsecurity.interop.conformance;

import java.util.List;

import io.modelcontextprotocol.spec.McpSchema.BlobResourceContents;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;

import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.stereotype.Component;

@Component
class Resources {

	@McpResource(uri = "test://static-text", name = "static-text", description = "A static text",
			mimeType = "text/plain")
	ReadResourceResult staticText() {
		return text("test://static-text", "text/plain", "This is the content of the static text resource.");
	}

	@McpResource(uri = "test://static-binary", name = "static-binary", description = "A static image",
			mimeType = "image/png")
	ReadResourceResult staticBinary() {
		return ReadResourceResult
			.builder(List
				.of(BlobResourceContents.builder("test://static-binary", Data.PNG).mimeType("image/png").build()))
			.build();
	}

	@McpResource(uri = "test://template/{id}/data", name = "template-data", description = "Data by id",
			mimeType = "application/json")
	ReadResourceResult template(String id) {
		return text("test://template/" + id + "/data", "application/json",
				"{\"id\":\"" + id + "\",\"templateTest\":true,\"data\":\"Data for ID: " + id + "\"}");
	}

	@McpResource(uri = "test://watched-resource", name = "watched-resource", description = "A resource to subscribe to",
			mimeType = "text/plain")
	ReadResourceResult watched() {
		return text("test://watched-resource", "text/plain", "Watched resource content");
	}

	private static ReadResourceResult text(String uri, String mimeType, String text) {
		return ReadResourceResult.builder(List.of(TextResourceContents.builder(uri, text).mimeType(mimeType).build()))
			.build();
	}

}
