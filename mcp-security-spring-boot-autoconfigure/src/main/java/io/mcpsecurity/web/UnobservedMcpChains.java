package io.mcpsecurity.web;

import java.util.List;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.ResolvableType;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.web.FilterChainProxy.FilterChainDecorator;

/**
 * Keeps Spring Security from observing the filters before MCP endpoints, whose requests
 * are observed as what they are. Other chains are observed as they would be: it changes
 * the decorator that Spring Security makes for all of them, where there is one.
 */
public final class UnobservedMcpChains implements BeanPostProcessor {

	@Override
	public Object postProcessAfterInitialization(Object bean, String name) {
		if (bean instanceof ObjectPostProcessor<?> processor && isForDecorators(bean.getClass())) {
			@SuppressWarnings("unchecked")
			ObjectPostProcessor<FilterChainDecorator> decorators = (ObjectPostProcessor<FilterChainDecorator>) processor;
			return new DecoratorProcessor(decorators);
		}
		return bean;
	}

	private static boolean isForDecorators(Class<?> type) {
		return ResolvableType.forClass(type)
			.as(ObjectPostProcessor.class)
			.getGeneric()
			.resolve(Object.class) == FilterChainDecorator.class;
	}

	private record DecoratorProcessor(
			ObjectPostProcessor<FilterChainDecorator> others) implements ObjectPostProcessor<FilterChainDecorator> {

		@Override
		public <O extends FilterChainDecorator> O postProcess(O plain) {
			FilterChainDecorator decorator = this.others.postProcess(plain);
			@SuppressWarnings("unchecked")
			O result = (O) ((decorator != plain) ? new Decorator(plain, decorator) : plain);
			return result;
		}

	}

	/**
	 * The plain one for MCP endpoints, the other for the rest.
	 */
	private record Decorator(FilterChainDecorator plain, FilterChainDecorator other) implements FilterChainDecorator {

		@Override
		public FilterChain decorate(FilterChain original) {
			return this.other.decorate(original);
		}

		@Override
		public FilterChain decorate(FilterChain original, List<Filter> filters) {
			boolean mcp = !filters.isEmpty() && filters.get(filters.size() - 1) instanceof McpSecurityFilter;
			return (mcp ? this.plain : this.other).decorate(original, filters);
		}

	}

}
