package io.mcpsecurity.interop.styles;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult.Action;
import io.modelcontextprotocol.spec.McpSchema.Tool;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Specifications of the MCP SDK instead of annotated methods, with scopes from the
 * configuration, and a tool that adds another one at run time.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class HandBuiltServer {

	@Bean
	List<SyncToolSpecification> tools(ObjectProvider<McpSyncServer> server) {
		return List.of(tool("status", (exchange, id) -> "up"), tool("read_record", (exchange, id) -> "record " + id),
				tool("delete_record", HandBuiltServer::delete), tool("install", (exchange, id) -> {
					server.getObject().addTool(tool("added_later", (another, same) -> "added"));
					return "installed";
				}));
	}

	private static String delete(McpSyncServerExchange exchange, String id) {
		return (exchange
			.createElicitation(ElicitFormRequest
				.builder("Delete record " + id + "?", Map.of("type", "object", "properties", Map.of()))
				.build())
			.action() == Action.ACCEPT) ? "deleted " + id : "kept " + id;
	}

	private static SyncToolSpecification tool(String name, BiFunction<McpSyncServerExchange, String, String> handler) {
		return SyncToolSpecification.builder()
			.tool(Tool.builder(name, Map.of("type", "object", "properties", Map.of("id", Map.of("type", "string"))))
				.description(name)
				.build())
			.callHandler((exchange, request) -> CallToolResult.builder()
				.addTextContent(handler.apply(exchange, String.valueOf(request.arguments().get("id"))))
				.build())
			.build();
	}

}
