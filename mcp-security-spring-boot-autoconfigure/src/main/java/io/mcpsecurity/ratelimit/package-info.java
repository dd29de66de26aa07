/**
 * How often somebody may come: rules, the buckets of tokens that they are counted with,
 * in memory or in Redis, and how many requests of a caller are served at once.
 */
@NullMarked
package io.mcpsecurity.ratelimit;

import org.jspecify.annotations.NullMarked;
