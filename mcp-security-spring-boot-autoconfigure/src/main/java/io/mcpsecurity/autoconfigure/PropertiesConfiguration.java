package io.mcpsecurity.autoconfigure;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The properties as a bean. {@code @EnableConfigurationProperties} would bind them
 * without {@link PropertyBinder}. Spring Boot binds the bean again, without effect,
 * because a record has no setters.
 */
@Configuration(proxyBeanMethods = false)
class PropertiesConfiguration {

	@Bean
	static McpSecurityProperties mcpSecurityProperties(ConfigurableEnvironment environment) {
		return PropertyBinder.bind(environment);
	}

}
