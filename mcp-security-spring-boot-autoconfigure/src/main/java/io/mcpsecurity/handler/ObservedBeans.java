package io.mcpsecurity.handler;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.exchange.McpExchange;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.server.common.autoconfigure.annotations.McpServerAnnotationScannerAutoConfiguration.ServerMcpAnnotatedBeans;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.target.SingletonTargetSource;
import org.springframework.util.ReflectionUtils;

/**
 * The beans with annotated methods as Spring AI calls them: through a proxy that passes
 * the exceptions of methods to the exchange, before Spring AI converts them to text. The
 * beans themselves are not changed.
 */
public final class ObservedBeans extends ServerMcpAnnotatedBeans {

	private static final Log logger = LogFactory.getLog(ObservedBeans.class);

	private static final List<Class<? extends Annotation>> ANNOTATIONS = List.of(McpTool.class, McpResource.class,
			McpPrompt.class, McpComplete.class);

	private final Map<Object, Object> observed = new IdentityHashMap<>();

	@Override
	public synchronized List<Object> getBeansByAnnotation(Class<? extends Annotation> annotation) {
		return super.getBeansByAnnotation(annotation).stream()
			.map((bean) -> this.observed.computeIfAbsent(bean, ObservedBeans::observe))
			.toList();
	}

	private static Object observe(Object bean) {
		Class<?> type = AopUtils.getTargetClass(bean);
		Method unreachable = unreachable(type);
		if (Modifier.isFinal(type.getModifiers()) || unreachable != null || !type.isInstance(bean)) {
			logger.info("Exceptions of " + ((unreachable != null) ? unreachable : type)
					+ " are seen only as Spring AI reports them: a proxy cannot override final or private code");
			return bean;
		}
		ProxyFactory factory = new ProxyFactory();
		factory.setTargetSource(new SingletonTargetSource(bean) {

			@Override
			public Class<?> getTargetClass() {
				// Spring AI looks for annotations in this class, and a proxy has none.
				return type;
			}

		});
		factory.setProxyTargetClass(true);
		factory.addAdvice((MethodInterceptor) ObservedBeans::call);
		return factory.getProxy(type.getClassLoader());
	}

	private static @Nullable Method unreachable(Class<?> type) {
		return Stream.of(ReflectionUtils.getUniqueDeclaredMethods(type, ReflectionUtils.USER_DECLARED_METHODS))
			.filter((method) -> ANNOTATIONS.stream().anyMatch(method::isAnnotationPresent))
			.filter((method) -> (method.getModifiers() & (Modifier.FINAL | Modifier.PRIVATE | Modifier.STATIC)) != 0)
			.findFirst()
			.orElse(null);
	}

	private static @Nullable Object call(MethodInvocation invocation) throws Throwable {
		McpExchange exchange = McpExchange.current();
		if (exchange == null) {
			return invocation.proceed();
		}
		try {
			Object result = invocation.proceed();
			return (result instanceof Mono<?> mono) ? mono.doOnError(exchange::failed)
					: (result instanceof Flux<?> flux) ? flux.doOnError(exchange::failed) : result;
		}
		catch (Throwable ex) {
			exchange.failed(ex);
			throw ex;
		}
	}

}
