package io.mcpsecurity.handler;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.aop.support.AopUtils;
import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The method that the handler of a specification calls in the end. It is found through
 * private fields: the functions that Spring AI makes for {@code @McpTool} and its kin
 * have no methods that tell the annotated method and its object, those around a
 * {@code ToolCallback} none that tells the callback, and {@link FunctionToolCallback}
 * none that tells its input type.
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
		search(handler, (values) -> {
			for (Object value : values) {
				if (value instanceof Method method) {
					found.add(new HandlerMethod(method, type(method, values)));
				}
			}
		});
		return found;
	}

	/**
	 * The types of the arguments of functions behind a handler of Spring AI's making,
	 * found in the same way.
	 */
	static List<Type> inputTypes(Object handler) {
		List<Type> found = new ArrayList<>();
		search(handler, (values) -> {
			for (Object value : values) {
				if (value instanceof FunctionToolCallback<?, ?> callback) {
					found.add(inputType(callback));
				}
			}
		});
		return found;
	}

	/**
	 * If a later version of Spring AI keeps it elsewhere, an application must not start
	 * with annotations overlooked.
	 */
	private static Type inputType(FunctionToolCallback<?, ?> callback) {
		Field field = ReflectionUtils.findField(FunctionToolCallback.class, "toolInputType");
		Assert.state(field != null,
				"This version of Spring AI is not supported: FunctionToolCallback has no toolInputType");
		ReflectionUtils.makeAccessible(field);
		Type type = (Type) ReflectionUtils.getField(field, callback);
		Assert.state(type != null, "A function without a type");
		return type;
	}

	/**
	 * Show the values of the fields of each object of Spring AI's.
	 */
	private static void search(Object handler, Consumer<List<Object>> visitor) {
		search(handler, MAX_DEPTH, Collections.newSetFromMap(new IdentityHashMap<>()), visitor);
	}

	private static void search(Object object, int depth, Set<Object> seen, Consumer<List<Object>> visitor) {
		if (depth == 0 || PACKAGES.stream().noneMatch(object.getClass().getName()::startsWith) || !seen.add(object)) {
			return;
		}
		List<Object> values = values(object);
		visitor.accept(values);
		values.forEach((value) -> search(value, depth - 1, seen, visitor));
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
