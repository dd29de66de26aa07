package io.mcpsecurity.invocation;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.util.function.SingletonSupplier;

/**
 * Guards every tool, resource, prompt and completion specification among the beans,
 * before an MCP server is built from them.
 */
public final class SpecificationGuardPostProcessor implements BeanPostProcessor {

	private final GuardedSpecifications specifications;

	/**
	 * Create a post-processor.
	 * @param beans where the {@link InvocationGuard} is, looked up at the first call: a
	 * post-processor must not create other beans before their time
	 */
	public SpecificationGuardPostProcessor(BeanFactory beans) {
		this.specifications = new GuardedSpecifications(
				SingletonSupplier.of(() -> beans.getBean(InvocationGuard.class)),
				new CallerArguments(SingletonSupplier.of(() -> ToolMethod.find(beans))));
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		return this.specifications.guard(bean);
	}

}
