package io.mcpsecurity.handler;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.server.McpAsyncServer;
import io.modelcontextprotocol.server.McpStatelessAsyncServer;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import org.aopalliance.intercept.MethodInterceptor;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.ProxyFactory;

/**
 * Stands before an MCP server, so that what an application adds at run time is guarded
 * like what was there at the start, and what it removes is forgotten.
 */
final class GuardedServers {

	private static final Map<String, Function<String, McpTarget>> REMOVALS = Map.of("removeTool", McpTarget::tool,
			"removeResource", McpTarget::resource, "removeResourceTemplate", McpTarget::resource, "removePrompt",
			McpTarget::prompt);

	private final GuardedSpecifications specifications;

	private final Supplier<OfferedTargets> offered;

	GuardedServers(GuardedSpecifications specifications, Supplier<OfferedTargets> offered) {
		this.specifications = specifications;
		this.offered = offered;
	}

	/**
	 * The guarded form of an MCP server; any other object as it is.
	 */
	Object guard(Object bean) {
		return (bean instanceof McpSyncServer || bean instanceof McpAsyncServer
				|| bean instanceof McpStatelessSyncServer || bean instanceof McpStatelessAsyncServer) ? noted(bean)
						: bean;
	}

	private Object noted(Object server) {
		this.specifications.check(server);
		contents(server).forEach((list) -> list.forEach((offered) -> this.specifications.note(offered, server)));
		return proxy(server, server);
	}

	/**
	 * The guarded form of a server.
	 * @param server the server, or the asynchronous one within it
	 * @param identity by what it is known who offers something
	 */
	private Object proxy(Object server, Object identity) {
		ProxyFactory factory = new ProxyFactory(server);
		factory.setProxyTargetClass(true);
		factory.addAdvice((MethodInterceptor) (call) -> {
			String name = call.getMethod().getName();
			Object[] arguments = call.getArguments();
			if (name.startsWith("add") && arguments.length == 1) {
				arguments[0] = this.specifications.guard(arguments[0], identity);
			}
			Object result = call.proceed();
			Function<String, McpTarget> removal = REMOVALS.get(name);
			if (removal != null) {
				return forget(removal.apply((String) arguments[0]), identity, result);
			}
			return (name.equals("getAsyncServer") && result != null) ? proxy(result, identity) : result;
		});
		return factory.getProxy();
	}

	/**
	 * An asynchronous server removes when somebody subscribes, and not before.
	 */
	private @Nullable Object forget(McpTarget target, Object server, @Nullable Object result) {
		if (result instanceof Mono<?> removal) {
			return removal.doOnSuccess((nothing) -> this.offered.get().remove(server, target));
		}
		this.offered.get().remove(server, target);
		return result;
	}

	/**
	 * What a server holds that was built from specifications which are no beans.
	 */
	private static List<List<?>> contents(Object server) {
		if (server instanceof McpSyncServer sync) {
			return List.of(sync.listTools(), sync.listResources(), sync.listResourceTemplates(), sync.listPrompts());
		}
		if (server instanceof McpStatelessSyncServer sync) {
			return List.of(sync.listTools(), sync.listResources(), sync.listResourceTemplates(), sync.listPrompts());
		}
		if (server instanceof McpAsyncServer async) {
			return List.of(list(async.listTools()), list(async.listResources()), list(async.listResourceTemplates()),
					list(async.listPrompts()));
		}
		McpStatelessAsyncServer async = (McpStatelessAsyncServer) server;
		return List.of(list(async.listTools()), list(async.listResources()), list(async.listResourceTemplates()),
				list(async.listPrompts()));
	}

	private static <T> List<T> list(Flux<T> flux) {
		List<T> list = flux.collectList().block();
		return (list != null) ? list : List.of();
	}

}
