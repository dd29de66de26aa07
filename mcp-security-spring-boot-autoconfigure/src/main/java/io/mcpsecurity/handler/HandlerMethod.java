package io.mcpsecurity.handler;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.util.ClassUtils;

/**
 * The method that the handler of a specification calls in the end. It is found through
 * private fields: the functions that Spring AI makes for {@code @McpTool} and its kin
 * have no methods that tell the annotated method and its object, and those around a
 * {@code ToolCallback} none that tells the callback.
 *
 * @param method the method
 * @param type the class that it is called on
 */
record HandlerMethod(Method method, Class<?> type) {

	/** Where callbacks and the specifications around them are made. */
	private static final List<String> PACKAGES = List.of("org.springframework.ai.", "io.modelcontextprotocol.server.",
			"io.mcpsecurity.handler.");

	private static final int MAX_DEPTH = 7;

	/**
	 * The methods behind a handler of Spring AI's making, be it of {@code @McpTool} and
	 * its kin or of a {@code ToolCallback}. Empty for any other handler, whose fields are
	 * not read.
	 */
	static List<HandlerMethod> find(Object handler) {
		List<HandlerMethod> found = new ArrayList<>();
		search(handler, MAX_DEPTH, Collections.newSetFromMap(new IdentityHashMap<>()), found);
		return found;
	}

	/**
	 * Whether a handler of the MCP SDK's making leads to one that is guarded.
	 */
	static boolean isGuarded(Object handler) {
		Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
		search(handler, MAX_DEPTH, seen, new ArrayList<>());
		return seen.stream().anyMatch(GuardedHandler.class::isInstance);
	}

	private static void search(Object object, int depth, Set<Object> seen, List<HandlerMethod> found) {
		if (depth == 0 || PACKAGES.stream().noneMatch(object.getClass().getName()::startsWith) || !seen.add(object)) {
			return;
		}
		List<Object> values = values(object);
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

	private static List<Object> values(Object object) {
		List<Object> values = new ArrayList<>();
		for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
			for (Field field : type.getDeclaredFields()) {
				Object value = Modifier.isStatic(field.getModifiers()) ? null : value(field, object);
				if (value != null) {
					values.add(value);
				}
			}
		}
		return values;
	}

	private static @Nullable Object value(Field field, Object object) {
		try {
			return field.trySetAccessible() ? field.get(object) : null;
		}
		catch (IllegalAccessException ex) {
			return null;
		}
	}

}
