package io.mcpsecurity.handler;

import java.lang.reflect.Field;
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
 * Sees to it that no tool is called with arguments that its own input schema refuses. The
 * MCP servers of the SDK do that themselves unless they are told not to; where one does
 * not, the boundary does, after it has decided about the caller.
 * <p>
 * Whether a server validates is read from its private fields: it has no method that
 * tells. (Validating here in any case would validate most calls twice; and Spring AI's
 * customizers, which could turn a server's own validation off, are not asked for servers
 * without sessions and for those that the application builds.)
 */
final class InputValidation {

	private static final Log logger = LogFactory.getLog(InputValidation.class);

	private volatile @Nullable JsonSchemaValidator validator;

	/**
	 * Look whether an MCP server validates.
	 * @param server the server
	 * @return whether it does
	 */
	boolean check(Object server) {
		boolean validates = validates(server);
		if (!validates && this.validator == null) {
			this.validator = McpJsonDefaults.getSchemaValidator();
			logger.warn("An MCP server does not validate tool inputs (validateToolInputs is off, or there is no"
					+ " JsonSchemaValidator): arguments are validated at the tool boundary instead");
		}
		return validates;
	}

	/**
	 * Of what cannot be found out, the worse is assumed.
	 */
	private static boolean validates(Object server) {
		try {
			Object async = (server instanceof McpSyncServer || server instanceof McpStatelessSyncServer)
					? read(server, "asyncServer") : server;
			return async != null && Boolean.TRUE.equals(read(async, "validateToolInputs"))
					&& read(async, "jsonSchemaValidator") != null;
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			logger.debug("It cannot be found out whether tool inputs are validated", ex);
			return false;
		}
	}

	/**
	 * A private field of a server: the SDK has no methods for what a server was built
	 * from.
	 */
	static Object field(Object server, String name) {
		try {
			return Objects.requireNonNull(read(server, name));
		}
		catch (ReflectiveOperationException | RuntimeException ex) {
			throw new IllegalStateException("This version of the MCP SDK is not supported: there is no " + name, ex);
		}
	}

	private static @Nullable Object read(Object object, String name) throws ReflectiveOperationException {
		Field field = object.getClass().getDeclaredField(name);
		field.setAccessible(true);
		return field.get(object);
	}

	/**
	 * The answer to a call with arguments that the tool's schema refuses, or {@code null}
	 * if there is nothing to object.
	 */
	@Nullable CallToolResult refusal(Tool tool, Object request) {
		JsonSchemaValidator validator = this.validator;
		return (validator != null)
				? ToolInputValidator.validate(tool, ((CallToolRequest) request).arguments(), true, validator) : null;
	}

}
