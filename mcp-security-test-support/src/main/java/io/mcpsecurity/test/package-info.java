/**
 * For tests of MCP servers that are OAuth protected resources: an authorization server
 * that signs real tokens, and an MCP client. Nothing in it depends on the library.
 */
@NullMarked
package io.mcpsecurity.test;

import org.jspecify.annotations.NullMarked;
