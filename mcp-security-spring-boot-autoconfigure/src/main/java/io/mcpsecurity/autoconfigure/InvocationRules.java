package io.mcpsecurity.autoconfigure;

import java.util.Map;

import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.handler.DeclarationException;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.security.authorization.AuthorizationManager;

/**
 * Finds the rules that an application has written in Java.
 */
final class InvocationRules {

	private InvocationRules() {
	}

	/**
	 * The rules by the names of their beans.
	 * @param beans the application's beans
	 * @param rules those whose type is known
	 * @throws DeclarationException if it is not known whether a bean is a rule
	 */
	static Map<String, AuthorizationManager<McpInvocation>> find(ConfigurableListableBeanFactory beans,
			ObjectProvider<Map<String, AuthorizationManager<McpInvocation>>> rules) {
		Map<String, AuthorizationManager<McpInvocation>> found = rules.getIfAvailable(Map::of);
		for (String name : beans.getBeanNamesForType(AuthorizationManager.class)) {
			if (!found.containsKey(name) && beans.containsBeanDefinition(name)
					&& isAmbiguous(beans.getMergedBeanDefinition(name))) {
				throw new DeclarationException("The type of the bean '" + name
						+ "' does not say what it authorizes, and it has no effect on tools, resources and prompts",
						"declare it as AuthorizationManager<McpInvocation> if it is a rule for them, or else with the "
								+ "type that it is for, AuthorizationManager<RequestAuthorizationContext> for example");
			}
		}
		return found;
	}

	private static boolean isAmbiguous(BeanDefinition definition) {
		Class<?> authorized = definition.getResolvableType().as(AuthorizationManager.class).getGeneric().resolve();
		return definition.isAutowireCandidate() && (authorized == null || authorized == McpInvocation.class);
	}

}
