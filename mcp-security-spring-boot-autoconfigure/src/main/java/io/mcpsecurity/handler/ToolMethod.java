package io.mcpsecurity.handler;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;

import org.springframework.ai.mcp.AsyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.SyncMcpToolCallbackProvider;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.ai.tool.method.MethodToolCallback;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.core.ResolvableType;
import org.springframework.util.Assert;

/**
 * A {@code @Tool} method that is offered through a {@link ToolCallback}.
 *
 * @param name the tool's name
 * @param method the method
 * @param type the class that the method is called on
 */
record ToolMethod(String name, Method method, Class<?> type) {

	/**
	 * The tool methods among the callbacks that Spring AI offers. As in Spring AI, the
	 * first of a name applies.
	 */
	static Map<String, ToolMethod> find(BeanFactory beans) {
		Map<String, ToolMethod> methods = new LinkedHashMap<>();
		callbacks(beans).values()
			.stream()
			.filter(MethodToolCallback.class::isInstance)
			.map((callback) -> of((MethodToolCallback) callback))
			.forEach((method) -> methods.putIfAbsent(method.name(), method));
		return methods;
	}

	/** The callbacks that Spring AI offers, by the names of their tools. */
	static Map<String, ToolCallback> callbacks(BeanFactory beans) {
		Map<String, ToolCallback> callbacks = new LinkedHashMap<>();
		Stream
			.concat(all(beans, ToolCallback.class),
					all(beans, ToolCallbackProvider.class).filter((provider) -> !isRemote(provider))
						.flatMap((provider) -> Arrays.stream(provider.getToolCallbacks())))
			.forEach((callback) -> callbacks.putIfAbsent(callback.getToolDefinition().name(), callback));
		return callbacks;
	}

	/** The names of the tools that a bean offers through callbacks. */
	static List<String> names(BeanFactory beans, String name) {
		if (!beans.isTypeMatch(name, ToolCallback.class) && !beans.isTypeMatch(name, ToolCallbackProvider.class)) {
			return List.of();
		}
		Object bean = beans.getBean(name);
		ToolCallback[] callbacks = (bean instanceof ToolCallbackProvider provider) ? provider.getToolCallbacks()
				: new ToolCallback[] { (ToolCallback) bean };
		return Stream.of(callbacks).map((callback) -> callback.getToolDefinition().name()).toList();
	}

	/**
	 * Tools of other MCP servers are not methods, and listing them would call those
	 * servers.
	 */
	private static boolean isRemote(ToolCallbackProvider provider) {
		return provider instanceof SyncMcpToolCallbackProvider || provider instanceof AsyncMcpToolCallbackProvider;
	}

	@SuppressWarnings("unchecked")
	private static <T> Stream<T> all(BeanFactory beans, Class<T> type) {
		Stream<T> lists = beans.getBeanProvider(ResolvableType.forClassWithGenerics(List.class, type))
			.stream()
			.flatMap((list) -> ((List<T>) list).stream());
		return Stream.concat(lists, beans.getBeanProvider(type).stream());
	}

	private static ToolMethod of(MethodToolCallback callback) {
		Method method = (Method) PrivateFields.read(callback, "toolMethod");
		Object target = PrivateFields.read(callback, "toolObject");
		Assert.state(method != null, "A tool without a method");
		return new ToolMethod(callback.getToolDefinition().name(), method,
				(target != null) ? AopUtils.getTargetClass(target) : method.getDeclaringClass());
	}

	/** The names of the parameters that are to be the caller. */
	List<String> callerParameters() {
		return Stream.of(this.method.getParameters())
			.filter((parameter) -> parameter.getType() == McpCaller.class)
			.map(Parameter::getName)
			.toList();
	}

}
