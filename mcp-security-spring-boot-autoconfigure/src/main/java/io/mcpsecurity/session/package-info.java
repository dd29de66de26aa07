/**
 * Whom the sessions of MCP 2025-11-25 belong to, and the streams that are open in them:
 * no session is anybody's but of the caller that opened it, and no stream outlives the
 * token that it was opened with.
 */
@NullMarked
package io.mcpsecurity.session;

import org.jspecify.annotations.NullMarked;
