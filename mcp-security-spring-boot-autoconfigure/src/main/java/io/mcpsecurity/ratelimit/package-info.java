/**
 * Rate limits: rules and their token buckets, in memory or in Redis, and the limit of
 * concurrent requests of a caller.
 */
@NullMarked
package io.mcpsecurity.ratelimit;

import org.jspecify.annotations.NullMarked;
