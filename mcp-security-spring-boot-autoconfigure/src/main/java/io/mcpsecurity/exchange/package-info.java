/**
 * The state of a request and its observers. An
 * {@link io.mcpsecurity.exchange.McpExchange} is passed from step to step, and to
 * handlers as the transport context of the MCP SDK.
 */
@NullMarked
package io.mcpsecurity.exchange;

import org.jspecify.annotations.NullMarked;
