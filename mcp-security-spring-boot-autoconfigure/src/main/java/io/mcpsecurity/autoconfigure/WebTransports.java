package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import jakarta.servlet.ServletContext;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.core.io.Resource;
import org.springframework.util.ClassUtils;
import org.springframework.web.servlet.function.HandlerFunction;
import org.springframework.web.servlet.function.RequestPredicate;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;

/**
 * Finds MCP transports that need not be beans: the MCP SDK's are servlets, and those of
 * Spring AI handle the routes of a {@link RouterFunction}.
 */
final class WebTransports {

	private WebTransports() {
	}

	/**
	 * The classes of transports, by the name of a servlet's registration, of a bean with
	 * routes, or of the servlet itself.
	 */
	static Map<String, Class<?>> find(ListableBeanFactory beans) {
		Map<String, Class<?>> transports = new LinkedHashMap<>();
		BiConsumer<String, Class<?>> candidates = (name, type) -> {
			if ((McpServerTransportProviderBase.class.isAssignableFrom(type)
					|| McpStatelessServerTransport.class.isAssignableFrom(type)) && !transports.containsValue(type)) {
				transports.put(name, type);
			}
		};
		beans.getBeansOfType(ServletRegistrationBean.class)
			.forEach((name, registration) -> candidates.accept(name, registration.getServlet().getClass()));
		beans.getBeansOfType(RouterFunction.class)
			.forEach((name, routes) -> routes.accept(new Routes((type) -> candidates.accept(name, type))));
		beans.getBeanProvider(ServletContext.class)
			.stream()
			.flatMap((context) -> context.getServletRegistrations().values().stream())
			.forEach((servlet) -> {
				Class<?> type = load(servlet.getClassName());
				if (type != null) {
					candidates.accept(servlet.getName(), type);
				}
			});
		return transports;
	}

	private static @Nullable Class<?> load(@Nullable String className) {
		try {
			return (className != null) ? ClassUtils.forName(className, null) : null;
		}
		catch (ClassNotFoundException | LinkageError ex) {
			// Not a class of this application.
			return null;
		}
	}

	/**
	 * The classes that handle routes. A lambda or method reference belongs to the class
	 * in whose code it is.
	 */
	private record Routes(Consumer<Class<?>> handlers) implements RouterFunctions.Visitor {

		@Override
		public void route(RequestPredicate predicate, HandlerFunction<?> handler) {
			this.handlers.accept(handler.getClass().getNestHost());
		}

		@Override
		public void startNested(RequestPredicate predicate) {
		}

		@Override
		public void endNested(RequestPredicate predicate) {
		}

		@Override
		public void resources(Function<ServerRequest, Optional<Resource>> lookup) {
		}

		@Override
		public void attributes(Map<String, Object> attributes) {
		}

		@Override
		public void unknown(RouterFunction<?> routes) {
		}

	}

}
