package io.mcpsecurity.handler;

import java.util.Objects;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.util.ToolInputValidator;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Validates the arguments of tools for servers that do not: those of the MCP SDK do so
 * unless that is switched off. (Validating here in any case would validate most calls
 * twice.)
 */
final class InputValidation {

	private static final Log logger = LogFactory.getLog(InputValidation.class);

	private volatile @Nullable JsonSchemaValidator validator;

	/**
	 * Whether an MCP server validates. If not, arguments are validated here from now on.
	 */
	boolean check(Object server) {
		Object async = async(server);
		boolean validates = Boolean.TRUE.equals(PrivateFields.read(async, "validateToolInputs"))
				&& PrivateFields.read(async, "jsonSchemaValidator") != null;
		if (!validates && this.validator == null) {
			this.validator = McpJsonDefaults.getSchemaValidator();
			logger.warn("An MCP server does not validate tool inputs (validateToolInputs is off, or there is no"
					+ " JsonSchemaValidator): arguments are validated at the tool boundary instead");
		}
		return validates;
	}

	/** The asynchronous server within a synchronous one; any other as it is. */
	static Object async(Object server) {
		return (server instanceof McpSyncServer || server instanceof McpStatelessSyncServer)
				? Objects.requireNonNull(PrivateFields.read(server, "asyncServer")) : server;
	}

	/**
	 * The response to a call with arguments that the tool's schema does not allow, or
	 * {@code null} if it allows them.
	 */
	@Nullable CallToolResult refusal(Tool tool, Object request) {
		JsonSchemaValidator validator = this.validator;
		return (validator != null)
				? ToolInputValidator.validate(tool, ((CallToolRequest) request).arguments(), true, validator) : null;
	}

}
