package io.mcpsecurity.interop.styles

import io.mcpsecurity.McpCaller
import io.mcpsecurity.RequiresScope
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest
import io.modelcontextprotocol.spec.McpSchema.ElicitResult.Action
import org.springframework.ai.mcp.annotation.McpTool
import org.springframework.ai.mcp.annotation.McpToolParam
import org.springframework.ai.mcp.annotation.context.McpSyncRequestContext
import org.springframework.boot.autoconfigure.EnableAutoConfiguration
import org.springframework.context.annotation.Configuration
import org.springframework.context.annotation.Import

/** Annotated functions of a Kotlin class, which is final. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(Records::class)
open class KotlinServer

class Records {

	@McpTool(name = "status", description = "Whether the server is up")
	fun status(): String = "up"

	@McpTool(name = "read_record", description = "Reads a record")
	@RequiresScope("records:read")
	fun read(caller: McpCaller, @McpToolParam(description = "The record") id: String): String {
		check("records:read" in caller.scopes())
		return "record $id"
	}

	@McpTool(name = "delete_record", description = "Deletes a record if the user confirms")
	@RequiresScope("records:delete")
	fun delete(context: McpSyncRequestContext, @McpToolParam(description = "The record") id: String): String {
		val request = ElicitFormRequest.builder("Delete record $id?", mapOf("type" to "object", "properties" to emptyMap<String, Any>())).build()
		return if (context.elicit(request).action() == Action.ACCEPT) "deleted $id" else "kept $id"
	}

}
