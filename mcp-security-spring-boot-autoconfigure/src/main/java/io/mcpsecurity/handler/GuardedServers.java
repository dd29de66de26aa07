package io.mcpsecurity.handler;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

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
import org.springframework.util.Assert;

/**
 * Guards MCP servers, so that what an application adds at run time is guarded as well,
 * and what it removes is no longer offered.
 */
final class GuardedServers {

	private static final Map<String, Function<String, McpTarget>> REMOVALS = Map.of("removeTool", McpTarget::tool,
			"removeResource", McpTarget::resource, "removeResourceTemplate", McpTarget::resource, "removePrompt",
			McpTarget::prompt);

	private final GuardedSpecifications specifications;

	private final Supplier<OfferedTargets> offered;

	private final Supplier<ToolConditions> conditions;

	private final Set<Object> transports = Collections.newSetFromMap(new IdentityHashMap<>());

	GuardedServers(GuardedSpecifications specifications, Supplier<OfferedTargets> offered,
			Supplier<ToolConditions> conditions) {
		this.specifications = specifications;
		this.offered = offered;
		this.conditions = conditions;
	}

	/** The guarded form of an MCP server; any other object as it is. */
	Object guard(Object bean) {
		return (bean instanceof McpSyncServer || bean instanceof McpAsyncServer
				|| bean instanceof McpStatelessSyncServer || bean instanceof McpStatelessAsyncServer) ? guarded(bean)
						: bean;
	}

	private synchronized Object guarded(Object server) {
		Object async = InputValidation.async(server);
		this.transports.add(Objects.requireNonNull(PrivateFields.read(async, "mcpTransportProvider")));
		int held = Stream.of("tools", "resources", "resourceTemplates", "prompts", "completions")
			.mapToInt((name) -> guardHeld(Objects.requireNonNull(PrivateFields.read(async, name)), server))
			.sum();
		List<?> offered = contents(server).stream().flatMap(List::stream).toList();
		Assert.state(held >= offered.size(), "This version of the MCP SDK is not supported");
		offered.forEach((each) -> this.specifications.note(each, server));
		boolean validates = this.specifications.check(server);
		offered.stream().map(GuardedSpecifications::target).forEach((target) -> requireValidation(target, validates));
		return proxy(server, server);
	}

	/**
	 * Guard the specifications that a server was built from; those that are beans are
	 * already guarded.
	 * @param specifications a list or map of the server
	 * @return their number
	 */
	@SuppressWarnings("unchecked")
	private int guardHeld(Object specifications, Object server) {
		if (specifications instanceof Map<?, ?> map) {
			((Map<Object, Object>) map).replaceAll((key, spec) -> this.specifications.guardHeld(spec, server));
			return map.size();
		}
		((List<Object>) specifications).replaceAll((spec) -> this.specifications.guardHeld(spec, server));
		return ((List<?>) specifications).size();
	}

	private void requireValidation(McpTarget target, boolean validates) {
		if (!validates && this.conditions.get().has(target)) {
			throw new DeclarationException(
					"@RequiresScope(when = ...) on " + target + ": its server does not validate the arguments",
					"remove validateToolInputs(false), or throw InsufficientScopeException in the method instead");
		}
	}

	/** Whether a server that is guarded uses a transport. */
	synchronized boolean use(Object transport) {
		return this.transports.contains(transport);
	}

	/**
	 * The guarded form of a server.
	 * @param server the server, or the asynchronous server within it
	 * @param identity the server in {@link OfferedTargets}
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
				return removed(removal.apply((String) arguments[0]), identity, result);
			}
			return (name.equals("getAsyncServer") && result != null) ? proxy(result, identity) : result;
		});
		return factory.getProxy();
	}

	/** An asynchronous server removes on subscription. */
	private @Nullable Object removed(McpTarget target, Object server, @Nullable Object result) {
		if (result instanceof Mono<?> removal) {
			return removal.doOnSuccess((nothing) -> this.offered.get().remove(server, target));
		}
		this.offered.get().remove(server, target);
		return result;
	}

	/** The contents of a server that is built. */
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
