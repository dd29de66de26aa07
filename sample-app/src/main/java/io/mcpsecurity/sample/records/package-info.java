/**
 * The research records and what agents may do with them: one class holds the records, one
 * offers them as MCP tools, a resource and a prompt, each with the scope that it needs.
 */
@NullMarked
package io.mcpsecurity.sample.records;

import org.jspecify.annotations.NullMarked;
