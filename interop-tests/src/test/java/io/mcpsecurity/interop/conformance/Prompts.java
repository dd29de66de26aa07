package io.mcpsecurity.interop.conformance;

import java.util.List;
import java.util.stream.Stream;

import io.modelcontextprotocol.spec.McpSchema.CompleteRequest.CompleteArgument;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.EmbeddedResource;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.PromptMessage;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;

import org.springframework.ai.mcp.annotation.McpArg;
import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.stereotype.Component;

@Component
class Prompts {

	@McpPrompt(name = "test_simple_prompt", description = "A simple prompt")
	GetPromptResult simple() {
		return messages(TextContent.builder("This is a simple prompt for testing.").build());
	}

	@McpPrompt(name = "test_prompt_with_arguments", description = "A prompt with arguments")
	GetPromptResult withArguments(
			@McpArg(name = "arg1", description = "First test argument", required = true) String arg1,
			@McpArg(name = "arg2", description = "Second test argument", required = true) String arg2) {
		return messages(TextContent.builder("Prompt with arguments: arg1='" + arg1 + "', arg2='" + arg2 + "'").build());
	}

	@McpPrompt(name = "test_prompt_with_embedded_resource", description = "A prompt with a resource")
	GetPromptResult withEmbeddedResource(@McpArg(name = "resourceUri", description = "URI of the resource to embed",
			required = true) String resourceUri) {
		return messages(EmbeddedResource
			.builder(TextResourceContents.builder(resourceUri, "Embedded resource content for testing.")
				.mimeType("text/plain")
				.build())
			.build(), TextContent.builder("Please process the embedded resource above.").build());
	}

	@McpPrompt(name = "test_prompt_with_image", description = "A prompt with an image")
	GetPromptResult withImage() {
		return messages(ImageContent.builder(Data.PNG, "image/png").build(),
				TextContent.builder("Please analyze the image above.").build());
	}

	@McpComplete(prompt = "test_prompt_with_arguments")
	List<String> complete(CompleteArgument argument) {
		return Stream.of("paris", "park", "party", "testValue1", "testValue2")
			.filter((value) -> value.startsWith(argument.value()))
			.toList();
	}

	private static GetPromptResult messages(Content... contents) {
		return GetPromptResult
			.builder(Stream.of(contents).map((content) -> PromptMessage.builder(Role.USER, content).build()).toList())
			.build();
	}

}
