/**
 * What the tests share besides {@code mcp-security-test-support}: a secured MCP server,
 * and other servers and documents.
 */
@NullMarked
package io.mcpsecurity.test;

import org.jspecify.annotations.NullMarked;
