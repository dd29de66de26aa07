package io.mcpsecurity.handler;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * Reads private fields of Spring AI and the MCP SDK, because these interfaces are
 * missing: the method and object of a {@code MethodToolCallback}; the method or callback
 * behind a handler that Spring AI creates; the transport of an MCP server, the
 * specifications with which it was built, and whether it validates the arguments of
 * tools.
 */
final class PrivateFields {

	private PrivateFields() {
	}

	/**
	 * The value of a field.
	 * @throws IllegalStateException if there is no such field, as in another version: an
	 * application must not start without its rules
	 */
	static @Nullable Object read(Object object, String name) {
		Field field = ReflectionUtils.findField(object.getClass(), name);
		Assert.state(field != null, () -> "This version of Spring AI or the MCP SDK is not supported: "
				+ object.getClass().getName() + " has no " + name);
		ReflectionUtils.makeAccessible(field);
		return ReflectionUtils.getField(field, object);
	}

	/** The values of all fields that can be read. */
	static List<Object> values(Object object) {
		List<Object> values = new ArrayList<>();
		ReflectionUtils.doWithFields(object.getClass(), (field) -> {
			try {
				ReflectionUtils.makeAccessible(field);
				Object value = field.get(object);
				if (value != null) {
					values.add(value);
				}
			}
			catch (InaccessibleObjectException ex) {
				// A class of the JDK.
			}
		}, (field) -> !Modifier.isStatic(field.getModifiers()));
		return values;
	}

}
