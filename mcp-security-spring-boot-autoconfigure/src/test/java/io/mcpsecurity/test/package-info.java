/**
 * What the tests share: an authorization server that really serves keys and really signs,
 * a secured MCP server that really listens, and an HTTP client for both.
 */
@NullMarked
package io.mcpsecurity.test;

import org.jspecify.annotations.NullMarked;
