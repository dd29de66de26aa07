package io.mcpsecurity.interop.styles;

import java.util.Map;

import io.mcpsecurity.RequiresScope;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult.Action;
import reactor.core.publisher.Mono;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.annotation.McpToolParam;
import org.springframework.ai.mcp.annotation.context.McpAsyncRequestContext;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.stereotype.Component;

/**
 * Annotated methods that return publishers.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(AsyncServer.Records.class)
public class AsyncServer {

	@Component
	static class Records {

		@McpTool(name = "status", description = "Whether the server is up")
		Mono<String> status() {
			return Mono.just("up");
		}

		@McpTool(name = "read_record", description = "Reads a record")
		@RequiresScope("records:read")
		Mono<String> read(@McpToolParam(description = "The record") String id) {
			return Mono.fromSupplier(() -> "record " + id);
		}

		@McpTool(name = "delete_record", description = "Deletes a record if the user confirms")
		@RequiresScope("records:delete")
		Mono<String> delete(McpAsyncRequestContext context, @McpToolParam(description = "The record") String id) {
			return context
				.elicit(ElicitFormRequest
					.builder("Delete record " + id + "?", Map.of("type", "object", "properties", Map.of()))
					.build())
				.map((result) -> ((result.action() == Action.ACCEPT) ? "deleted " : "kept ") + id);
		}

	}

}
