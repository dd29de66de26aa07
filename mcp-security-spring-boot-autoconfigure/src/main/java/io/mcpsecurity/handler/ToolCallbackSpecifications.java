package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.MimeType;
import org.springframework.util.function.SingletonSupplier;

/**
 * Creates the specifications of tool callbacks again, for
 * {@linkplain ObservedToolCallback observed} callbacks: those that Spring AI creates do
 * not expose the exceptions of callbacks.
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

	/** The specifications of observed callbacks; any other bean as it is. */
	Object observe(Object bean, String name) {
		return (BEANS.contains(name) && bean instanceof List<?> specifications)
				? specifications.stream().map(this::observe).toList() : bean;
	}

	private Object observe(Object specification) {
		ToolCallback callback = (GuardedSpecifications.isSpecification(specification)
				&& Specifications.offered((Record) specification) instanceof Tool tool) ? callback(tool.name()) : null;
		if (callback == null) {
			return specification;
		}
		MimeType type = mimeType(callback);
		if (specification instanceof McpServerFeatures.SyncToolSpecification) {
			return McpToolUtils.toSyncToolSpecification(callback, type);
		}
		if (specification instanceof McpServerFeatures.AsyncToolSpecification) {
			return McpToolUtils.toAsyncToolSpecification(callback, type);
		}
		return (specification instanceof McpStatelessServerFeatures.SyncToolSpecification)
				? McpToolUtils.toStatelessSyncToolSpecification(callback, type)
				: McpToolUtils.toStatelessAsyncToolSpecification(callback, type);
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
