package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.util.List;

import io.mcpsecurity.message.McpTarget;

/**
 * A call of a handler.
 *
 * @param handler the target of the specification with the handler
 * @param methods the application's methods behind the handler, as far as they are known
 * @param request the request of the MCP SDK
 */
record HandlerCall(McpTarget handler, List<Method> methods, Object request) {

}
