package io.mcpsecurity.handler;

import java.util.function.BiFunction;

/**
 * A handler with the {@link InvocationGuard} before it.
 */
interface GuardedHandler extends BiFunction<Object, Object, Object> {

}
