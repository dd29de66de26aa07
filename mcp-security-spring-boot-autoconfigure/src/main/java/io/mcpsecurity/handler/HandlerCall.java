package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.util.List;

import io.mcpsecurity.message.McpTarget;

/**
 * What a handler is called with.
 *
 * @param handler the target of the specification that has the handler
 * @param methods the application's methods behind the handler, as far as they are known
 * @param request the request of the MCP SDK
 */
record HandlerCall(McpTarget handler, List<Method> methods, Object request) {

}
