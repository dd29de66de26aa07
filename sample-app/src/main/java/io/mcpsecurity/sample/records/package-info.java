/**
 * The research records: one class stores the records, and one offers them as MCP tools, a
 * resource and a prompt, each with the scope that it requires.
 */
@NullMarked
package io.mcpsecurity.sample.records;

import org.jspecify.annotations.NullMarked;
