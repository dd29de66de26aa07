package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.MimeType;
import org.springframework.util.function.SingletonSupplier;

/**
 * Makes the specifications that Spring AI makes of tool callbacks once more, of
 * {@linkplain ObservedToolCallback observed} callbacks: what Spring AI makes does not
 * tell what a callback threw.
 */
final class ToolCallbackSpecifications {

	/** The beans of Spring AI's auto-configurations for tool callbacks. */
	private static final Set<String> BEANS = Set.of("syncTools", "asyncTools");

	private final Supplier<Map<String, ToolCallback>> callbacks;

	private final Supplier<McpServerProperties> properties;

	ToolCallbackSpecifications(BeanFactory beans) {
		this.callbacks = SingletonSupplier.of(() -> ToolMethod.callbacks(beans));
		this.properties = () -> beans.getBean(McpServerProperties.class);
	}

	/**
	 * The specifications of observed callbacks; any other bean as it is.
	 */
	Object observe(Object bean, String name) {
		return (BEANS.contains(name) && bean instanceof List<?> specifications)
				? specifications.stream().map(this::observe).toList() : bean;
	}

	private @Nullable Object observe(Object specification) {
		if (specification instanceof McpServerFeatures.SyncToolSpecification sync) {
			ToolCallback callback = callback(sync.tool().name());
			return (callback != null) ? McpToolUtils.toSyncToolSpecification(callback, mimeType(callback)) : sync;
		}
		if (specification instanceof McpServerFeatures.AsyncToolSpecification async) {
			ToolCallback callback = callback(async.tool().name());
			return (callback != null) ? McpToolUtils.toAsyncToolSpecification(callback, mimeType(callback)) : async;
		}
		if (specification instanceof McpStatelessServerFeatures.SyncToolSpecification sync) {
			ToolCallback callback = callback(sync.tool().name());
			return (callback != null) ? McpToolUtils.toStatelessSyncToolSpecification(callback, mimeType(callback))
					: sync;
		}
		if (specification instanceof McpStatelessServerFeatures.AsyncToolSpecification async) {
			ToolCallback callback = callback(async.tool().name());
			return (callback != null) ? McpToolUtils.toStatelessAsyncToolSpecification(callback, mimeType(callback))
					: async;
		}
		return specification;
	}

	private @Nullable ToolCallback callback(String tool) {
		ToolCallback callback = this.callbacks.get().get(tool);
		return (callback != null) ? new ObservedToolCallback(callback) : null;
	}

	private @Nullable MimeType mimeType(ToolCallback callback) {
		String type = this.properties.get().getToolResponseMimeType().get(callback.getToolDefinition().name());
		return (type != null) ? MimeType.valueOf(type) : null;
	}

}
