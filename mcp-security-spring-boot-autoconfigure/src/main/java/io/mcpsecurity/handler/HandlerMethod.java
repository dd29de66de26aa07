package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

import org.springframework.aop.support.AopUtils;
import org.springframework.util.ClassUtils;

/**
 * The method that the handler of a specification calls.
 *
 * @param method the method
 * @param type the class that it is called on
 */
record HandlerMethod(Method method, Class<?> type) {

	/** The packages of callbacks and the specifications around them. */
	private static final List<String> PACKAGES = List.of("org.springframework.ai.", "io.modelcontextprotocol.server.",
			"io.mcpsecurity.handler.");

	private static final int MAX_DEPTH = 7;

	/**
	 * The methods behind a handler that Spring AI has created for an annotated method or
	 * a {@code ToolCallback}. Empty for any other handler, whose fields are not read.
	 */
	static List<HandlerMethod> find(Object handler) {
		List<HandlerMethod> found = new ArrayList<>();
		search(handler, MAX_DEPTH, Collections.newSetFromMap(new IdentityHashMap<>()), found);
		return found;
	}

	/** Whether a handler that the MCP SDK has created leads to one that is guarded. */
	static boolean isGuarded(Object handler) {
		Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
		search(handler, MAX_DEPTH, seen, new ArrayList<>());
		return seen.stream().anyMatch(GuardedHandler.class::isInstance);
	}

	private static void search(Object object, int depth, Set<Object> seen, List<HandlerMethod> found) {
		if (depth == 0 || PACKAGES.stream().noneMatch(object.getClass().getName()::startsWith) || !seen.add(object)) {
			return;
		}
		List<Object> values = PrivateFields.values(object);
		for (Object value : values) {
			if (value instanceof Method method) {
				found.add(new HandlerMethod(method, type(method, values)));
			}
			search(value, depth - 1, seen, found);
		}
	}

	private static Class<?> type(Method method, List<Object> values) {
		return values.stream()
			.filter(method.getDeclaringClass()::isInstance)
			.findFirst()
			.<Class<?>>map((object) -> ClassUtils.getUserClass(AopUtils.getTargetClass(object)))
			.orElse(method.getDeclaringClass());
	}

}
