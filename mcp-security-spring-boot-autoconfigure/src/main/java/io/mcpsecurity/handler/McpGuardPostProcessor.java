package io.mcpsecurity.handler;

import java.util.List;
import java.util.function.Supplier;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.PriorityOrdered;
import org.springframework.util.function.SingletonSupplier;

/**
 * Guards every tool, resource, prompt and completion specification among the beans before
 * an MCP server is built from them, and every MCP server for what it was built from
 * otherwise and for what is added to it later. It comes before other post-processors, so
 * that a server which one of them needs is guarded, too.
 */
public final class McpGuardPostProcessor implements BeanPostProcessor, PriorityOrdered {

	private final ToolCallbackSpecifications callbacks;

	private final GuardedSpecifications specifications;

	private final GuardedServers servers;

	private final Supplier<EndpointContents> contents;

	/**
	 * Create a post-processor.
	 * @param beans where the {@link InvocationGuard}, the {@link OfferedTargets}, the
	 * {@link SensitiveArguments} and the {@link EndpointContents} are, looked up when
	 * first needed: a post-processor must not create other beans before their time
	 */
	public McpGuardPostProcessor(BeanFactory beans) {
		this.contents = SingletonSupplier.of(() -> beans.getBean(EndpointContents.class));
		this.callbacks = new ToolCallbackSpecifications(beans);
		Supplier<ToolConditions> conditions = () -> beans.getBean(AccessDeclarations.class).conditions();
		Supplier<OfferedTargets> offered = SingletonSupplier.of(() -> beans.getBean(OfferedTargets.class));
		this.specifications = new GuardedSpecifications(
				SingletonSupplier.of(() -> beans.getBean(InvocationGuard.class)),
				new CallerArguments(SingletonSupplier.of(() -> ToolMethod.find(beans))), offered,
				() -> beans.getBean(RuleBook.class), conditions,
				SingletonSupplier.of(() -> beans.getBean(SensitiveArguments.class)));
		this.servers = new GuardedServers(this.specifications, offered, conditions);
	}

	@Override
	public int getOrder() {
		return HIGHEST_PRECEDENCE;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		Object guarded = this.specifications.guard(this.callbacks.observe(bean, beanName));
		return this.servers.guard((guarded instanceof List<?>) ? this.contents.get().take(guarded, beanName) : guarded);
	}

	/** Whether a server that is guarded uses a transport. */
	public boolean guards(Object transport) {
		return this.servers.use(transport);
	}

}
