package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.downstream.Downstream;

import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/**
 * Registers the clients of each downstream service. They are candidates for injection
 * with {@link Downstream} only. (A {@code BeanRegistrar} cannot set qualifiers.)
 */
class DownstreamRegistrar implements ImportBeanDefinitionRegistrar {

	private static final String WEB_CLIENT = "org.springframework.web.reactive.function.client.WebClient";

	private final ConfigurableEnvironment environment;

	private final boolean reactive;

	DownstreamRegistrar(Environment environment, ClassLoader classLoader) {
		this.environment = (ConfigurableEnvironment) environment;
		this.reactive = ClassUtils.isPresent(WEB_CLIENT, classLoader);
	}

	@Override
	public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
		PropertyBinder.downstream(this.environment).forEach((name) -> {
			register(registry, name, DownstreamConfiguration.CLIENTS, "restClient");
			if (this.reactive) {
				register(registry, name, DownstreamConfiguration.REACTIVE_CLIENTS, "webClient");
			}
		});
	}

	private static void register(BeanDefinitionRegistry registry, String name, String factory, String method) {
		RootBeanDefinition definition = new RootBeanDefinition();
		definition.setFactoryBeanName(factory);
		definition.setFactoryMethodName(method);
		definition.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
		definition.addQualifier(new AutowireCandidateQualifier(Downstream.class, name));
		definition.setDefaultCandidate(false);
		registry.registerBeanDefinition("mcpDownstream-" + name + "-" + method, definition);
	}

}
