package io.mcpsecurity.test.context;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.autoconfigure.McpSecurityProperties;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.test.McpTestClient;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TokenShape;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.token.TokenProfile;
import io.mcpsecurity.transport.ProtectedResource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanDefinitionCustomizer;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.boot.test.http.server.LocalTestWebServer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * Implements {@link AutoConfigureTestAuthorizationServer}. All instances are equal, so
 * that tests share an application context.
 */
record TestAuthorizationServerContextCustomizer() implements ContextCustomizer {

	private static final String FIRST = "authorization-servers[0].";

	/** What belongs to the issuer that is replaced. */
	private static final Pattern ISSUER = Pattern.compile("issuer|jwk-set-uri|advertised-as|introspection\\..*");

	private static final String BOOT = "spring.security.oauth2.resourceserver.jwt.";

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
		TestAuthorizationServer server = TestAuthorizationServer.start();
		ConfigurableEnvironment environment = context.getEnvironment();
		environment.getPropertySources()
			.addFirst(new MapPropertySource("testAuthorizationServer", properties(environment, server)));
		GenericApplicationContext beans = (GenericApplicationContext) context;
		beans.registerBean(TestAuthorizationServer.class, () -> issueFor(server, beans));
		// Lazy, because the port of the application is not known before it has started.
		BeanDefinitionCustomizer lazy = (definition) -> definition.setLazyInit(true);
		beans.registerBean(McpTestClient.class, () -> new McpTestClient(endpoint(beans), server), lazy);
		beans.registerBean(McpSecurityContract.class, () -> new McpSecurityContract(beans.getBean(McpTestClient.class),
				beans.getBean(AccessPolicy.class).ruleBook()), lazy);
	}

	/**
	 * The properties that replace the authorization server. A list comes from one
	 * property source as a whole, so the first element is copied, with its placeholders.
	 */
	private static Map<String, Object> properties(Environment environment, TestAuthorizationServer server) {
		Map<String, String> configured = new Binder(ConfigurationPropertySources.get(environment))
			.bind("mcp-security", Bindable.mapOf(String.class, String.class))
			.orElse(Map.of());
		Map<String, Object> properties = new LinkedHashMap<>();
		if (configured.keySet().stream().anyMatch((name) -> name.startsWith("authorization-servers"))
				|| !environment.containsProperty(BOOT + "issuer-uri")) {
			configured.forEach((name, value) -> {
				// The keys of the map contain an index as .0 instead of [0].
				String indexed = name.replaceAll("\\.(\\d+)(?=\\.|$)", "[$1]");
				if (indexed.startsWith(FIRST) && !ISSUER.matcher(indexed.substring(FIRST.length())).matches()) {
					properties.put("mcp-security." + indexed, value);
				}
			});
			properties.put("mcp-security." + FIRST + "issuer", server.issuer());
		}
		else {
			properties.put(BOOT + "issuer-uri", server.issuer());
			if (environment.containsProperty(BOOT + "jwk-set-uri")) {
				properties.put(BOOT + "jwk-set-uri", server.jwkSetUri());
			}
		}
		return properties;
	}

	/**
	 * Set the audience and the shape of tokens that the application accepts.
	 */
	private static TestAuthorizationServer issueFor(TestAuthorizationServer server, BeanFactory beans) {
		List<AuthorizationServer> servers = beans.getBean(McpSecurityProperties.class).authorizationServers();
		Provider provider = servers.isEmpty() ? Provider.GENERIC : servers.get(0).provider();
		List<String> audiences = servers.isEmpty()
				? beans.getBean(OAuth2ResourceServerProperties.class).getJwt().getAudiences()
				: servers.get(0).audiences();
		if (audiences.isEmpty()) {
			audiences = TokenProfile.of(provider).audiences();
		}
		return server.issueFor(
				audiences.isEmpty() ? beans.getBean(ProtectedResource.class).identifier().toString() : audiences.get(0),
				TokenShape.valueOf(provider.name()));
	}

	private static URI endpoint(ApplicationContext context) {
		return URI.create(LocalTestWebServer.obtain(context).uri(context.getBean(ProtectedResource.class).endpoint()));
	}

	/**
	 * Creates the customizer for annotated classes.
	 */
	static final class Factory implements ContextCustomizerFactory {

		@Override
		public @Nullable ContextCustomizer createContextCustomizer(Class<?> testClass,
				List<ContextConfigurationAttributes> attributes) {
			return TestContextAnnotationUtils.hasAnnotation(testClass, AutoConfigureTestAuthorizationServer.class)
					? new TestAuthorizationServerContextCustomizer() : null;
		}

	}

}
