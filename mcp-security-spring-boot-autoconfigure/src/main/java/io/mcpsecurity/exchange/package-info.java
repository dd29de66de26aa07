/**
 * One request on its way: what becomes known of it, and who observes it. An
 * {@link io.mcpsecurity.exchange.McpExchange} is handed from step to step, and reaches
 * handlers as the transport context of the MCP SDK.
 */
@NullMarked
package io.mcpsecurity.exchange;

import org.jspecify.annotations.NullMarked;
