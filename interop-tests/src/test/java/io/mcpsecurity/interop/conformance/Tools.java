package io.mcpsecurity.interop.conformance;

import java.util.List;

import io.modelcontextprotocol.spec.McpSchema.AudioContent;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.EmbeddedResource;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.stereotype.Component;

/** The tools that only answer. */
@Component
class Tools {

	@McpTool(name = "test_simple_text", description = "Returns simple text")
	String simpleText() {
		return "This is a simple text response for testing.";
	}

	@McpTool(name = "test_image_content", description = "Returns an image")
	CallToolResult imageContent() {
		return CallToolResult.builder(List.of(ImageContent.builder(Data.PNG, "image/png").build())).build();
	}

	@McpTool(name = "test_audio_content", description = "Returns audio")
	CallToolResult audioContent() {
		return CallToolResult.builder(List.of(AudioContent.builder(Data.WAV, "audio/wav").build())).build();
	}

	@McpTool(name = "test_embedded_resource", description = "Returns an embedded resource")
	CallToolResult embeddedResource() {
		return CallToolResult.builder(List.of(EmbeddedResource
			.builder(TextResourceContents.builder("test://embedded-resource", "This is an embedded resource content.")
				.mimeType("text/plain")
				.build())
			.build())).build();
	}

	@McpTool(name = "test_multiple_content_types", description = "Returns text, an image and a resource")
	CallToolResult multipleContentTypes() {
		return CallToolResult.builder(
				List.of(TextContent.builder("Multiple content types test:").build(),
						ImageContent.builder(Data.PNG, "image/png").build(),
						EmbeddedResource.builder(TextResourceContents
							.builder("test://mixed-content-resource", "{\"test\":\"data\",\"value\":123}")
							.mimeType("application/json")
							.build()).build()))
			.build();
	}

	@McpTool(name = "test_error_handling", description = "Always fails")
	String errorHandling() {
		throw new IllegalStateException("This tool intentionally returns an error for testing");
	}

	/**
	 * The suite wants the stream to be closed before the answer and to be resumed; Spring
	 * AI's transport offers tools no means for it.
	 */
	@McpTool(name = "test_reconnection", description = "Answers on the stream that it was called on")
	String reconnection() throws InterruptedException {
		Thread.sleep(50);
		return "Reconnection test completed";
	}

}
