package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.McpInvocation;
import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.client.ClientDenials;
import io.mcpsecurity.exchange.AuthorizationRules;
import io.mcpsecurity.handler.DeclarationException;
import io.mcpsecurity.handler.McpGuardPostProcessor;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.McpEndpoint;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpTransportContextExtractor;
import io.modelcontextprotocol.server.transport.HttpServletStatelessServerTransport;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import io.modelcontextprotocol.spec.MissingMcpTransportSession;
import jakarta.servlet.http.HttpServletRequest;
import org.aopalliance.intercept.MethodInvocation;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.server.common.autoconfigure.McpServerStatelessAutoConfiguration;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStatelessServerTransport;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStreamableServerTransportProvider;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.support.BeanDefinitionOverrideException;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.context.reactive.StandardReactiveWebEnvironment;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authorization.AuthorizationResult;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.test.util.AopTestUtils;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.web.context.WebApplicationContext;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * When this starter does its work, when it backs off, and when it refuses to start; all
 * with the real auto-configurations of Spring Boot and Spring AI around it.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpSecurityAutoConfigurationTests {

	private static final String ISSUER = "https://login.example.com/realms/main";

	private final WebApplicationContextRunner bare = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.main.banner-mode=off", "spring.jmx.enabled=false");

	private final WebApplicationContextRunner configured = this.bare.withPropertyValues(
			"mcp-security.resource=https://mcp.example.com/mcp", "mcp-security.authorization-servers=" + ISSUER,
			"spring.ai.mcp.server.protocol=STREAMABLE");

	@Test
	void streamableServerIsSecured() {
		this.configured.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).hasSingleBean(McpSyncServer.class);
			assertThat(context).hasSingleBean(StreamableTransport.class);
			assertThat(context).hasSingleBean(McpServerTransportProviderBase.class);
			assertThat(context).doesNotHaveBean(McpStatelessServerTransport.class)
				.doesNotHaveBean(RouterFunction.class);
			assertThat(gated(context, "/mcp")).isTrue();
		});
	}

	@Test
	void statelessServerIsSecured() {
		this.configured.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).hasSingleBean(McpStatelessSyncServer.class);
			assertThat(context).hasSingleBean(StatelessTransport.class);
			assertThat(context).hasSingleBean(McpStatelessServerTransport.class);
			assertThat(context).doesNotHaveBean(McpServerTransportProviderBase.class)
				.doesNotHaveBean(RouterFunction.class);
			assertThat(gated(context, "/mcp")).isTrue();
		});
	}

	@Test
	void configuredEndpointIsSecuredInsteadOfDefault() {
		this.configured.withPropertyValues("spring.ai.mcp.server.streamable-http.mcp-endpoint=/api/tools")
			.run((context) -> {
				assertThat(gated(context, "/api/tools")).isTrue();
				assertThat(chain(context, "/.well-known/oauth-protected-resource/api/tools"))
					.isSameAs(context.getBean(MetadataConfiguration.CHAIN));
				assertThat(gated(context, "/mcp")).isFalse();
			});
	}

	@Test
	void anAuthorizationServerAtTheOriginOfAFurtherEndpointHasItsOwnMetadata() {
		String location = "/.well-known/oauth-authorization-server";
		this.configured.run((context) -> assertThat(chain(context, location))
			.isSameAs(context.getBean(MetadataConfiguration.ABSENT_CHAIN)));
		this.configured.withUserConfiguration(BuiltByHand.class)
			.withPropertyValues("mcp-security.endpoints.admin.path=/admin",
					"mcp-security.endpoints.admin.resource=https://login.example.com/admin")
			.run((context) -> assertThat(chain(context, location))
				.isNotSameAs(context.getBean(MetadataConfiguration.ABSENT_CHAIN)));
	}

	@Test
	void protocolDefaultsToStreamable() {
		this.bare
			.withInitializer((context) -> new StreamableProtocolDefault(Supplier::get)
				.postProcessEnvironment(context.getEnvironment(), new SpringApplication()))
			.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
					"mcp-security.authorization-servers=" + ISSUER)
			.run((context) -> assertThat(context).hasSingleBean(StreamableTransport.class));
	}

	@Test
	void defaultProtocolIsLogged(CapturedOutput output) {
		String line = "spring.ai.mcp.server.protocol is not set: the server uses STREAMABLE";
		start("logging.level.io.mcpsecurity=info");
		assertThat(output.getOut().lines().filter((each) -> each.contains(line))).hasSize(1);
		start("logging.level.io.mcpsecurity=info", "spring.ai.mcp.server.protocol=STREAMABLE");
		assertThat(output.getOut().lines().filter((each) -> each.contains(line))).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "STREAMABLE", "STATELESS" })
	void whenReactiveThenStartupFails(String protocol, CapturedOutput output) {
		assertThatException().isThrownBy(
				() -> start("spring.main.web-application-type=reactive", "spring.ai.mcp.server.protocol=" + protocol));
		assertThat(output).contains("APPLICATION FAILED TO START",
				"'reactive' for configuration property 'spring.main.web-application-type'",
				"set spring.main.web-application-type=servlet");
	}

	@Test
	void whenReactiveContextThenStartupFails() {
		new ApplicationContextRunner(() -> {
			AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
			context.setEnvironment(new StandardReactiveWebEnvironment());
			return context;
		}).withUserConfiguration(Application.class)
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(DeclarationException.class)
				.hasMessageContaining("WebFlux"));
	}

	@Test
	void whenNoWebApplicationThenTransportBeanFailsStartupUnlessAllowed() {
		ApplicationContextRunner none = new ApplicationContextRunner()
			.withUserConfiguration(Application.class, OwnTransports.class)
			.withPropertyValues("spring.main.web-application-type=none", "spring.jmx.enabled=false",
					"spring.ai.mcp.server.protocol=STATELESS");
		none.run((context) -> {
			assertThat(Refusal.of(context.getStartupFailure()).property())
				.isEqualTo("spring.main.web-application-type");
			assertThat(Refusal.of(context.getStartupFailure()).reason()).contains("Set it to servlet");
		});
		none.withPropertyValues("mcp-security.unguarded-transports=ownStreamable,ownStateless")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.ai.mcp.server.enabled=false", "spring.ai.mcp.server.stdio=true" })
	void whenNoMcpServerThenTransportBeanFailsStartup(String property) {
		this.bare.withUserConfiguration(OwnTransports.class).withPropertyValues(property).run((context) -> {
			assertThat(Refusal.of(context).property()).isEqualTo(property.substring(0, property.indexOf('=')));
			assertThat(Refusal.of(context).reason()).contains("tokens and scopes are not checked");
		});
	}

	@Test
	void whenDisabledThenWarningIsLoggedOnce(CapturedOutput output) {
		this.bare.withPropertyValues("mcp-security.enabled=false", "spring.ai.mcp.server.protocol=STREAMABLE")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("mcp-security.enabled=false")))
			.singleElement()
			.asString()
			.contains("WARN", "no MCP endpoint of this application is secured");
	}

	@Test
	void toolWithCallerParameterIsLoggedWhenNoCallerIsAvailable(CapturedOutput output) {
		this.bare.withUserConfiguration(CallerTools.class)
			.withPropertyValues("spring.ai.mcp.server.stdio=true")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains("there is no McpCaller"))).singleElement()
			.asString()
			.contains("CallerTools.greet");
	}

	@ParameterizedTest
	@ValueSource(classes = { HiddenTransports.StreamableServlet.class, HiddenTransports.StatelessServlet.class,
			HiddenTransports.Routes.class, HiddenTransports.NestedRoutes.class })
	void transportThatIsNotABeanFailsStartup(Class<?> application) {
		this.configured.withUserConfiguration(application).run((context) -> {
			assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.unguarded-transports");
			assertThat(Refusal.of(context).reason()).contains("'hidden'");
		});
		this.bare.withUserConfiguration(application)
			.withPropertyValues("spring.ai.mcp.server.enabled=false")
			.run((context) -> assertThat(Refusal.of(context).reason()).contains("'hidden'"));
		this.configured.withUserConfiguration(application)
			.withPropertyValues("mcp-security.unguarded-transports=hidden")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void transportServletInTheServletContextFailsStartup() {
		assertThat(Refusal.of(catchThrowable(() -> start(HiddenTransports.ByHand.class))).reason())
			.contains("'by hand'");
	}

	@ParameterizedTest
	@ValueSource(
			classes = { Managers.Raw.class, Managers.Wildcard.class, Managers.Variable.class, Managers.Bounded.class })
	void anAuthorizationManagerOfUnknownTypeStopsTheStart(Class<?> application) {
		this.configured.withUserConfiguration(application, Managers.Known.class)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("The type of the bean 'manager' does not say what it authorizes"));
	}

	/**
	 * Spring injects such a bean where there is no other.
	 */
	@Test
	void anAuthorizationManagerOfUnknownTypeIsARuleIfThereIsNoOther() {
		this.configured.withUserConfiguration(Managers.Raw.class)
			.run((context) -> assertThat(context.getBean(AuthorizationRules.class)).extracting("managers")
				.asInstanceOf(InstanceOfAssertFactories.MAP)
				.containsOnlyKeys("manager"));
	}

	@Test
	void anAuthorizationManagerOfKnownTypeDoesNot() {
		this.configured.withUserConfiguration(Managers.Known.class)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void severalContextExtractorsFailStartup() {
		this.configured.withUserConfiguration(Extractors.class)
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("McpTransportContextExtractor beans [one, two]"));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whenApplicationHasChainOfAnyNameThenEndpointIsSecured(boolean overriding) {
		this.configured.withUserConfiguration(ChainOfTheName.class)
			.withInitializer(
					(context) -> ((GenericApplicationContext) context).setAllowBeanDefinitionOverriding(overriding))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(gated(context, "/mcp")).isTrue();
				assertThat(chain(context, "/other")).isSameAs(context.getBean("mcpSecurityFilterChain"));
			});
	}

	/**
	 * By Spring itself.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "mcpSessions", "mcpUnguardedTransports", "mcpAuditTrailLifecycle" })
	void beanOverridingStarterBeanFailsStartup(String name) {
		this.configured.withBean(name, Object.class, Object::new)
			.run((context) -> assertThat(context).getFailure().isInstanceOf(BeanDefinitionOverrideException.class));
	}

	@Test
	void chainMatchingEndpointBeforeStarterFailsStartup() {
		this.configured.withUserConfiguration(ChainBefore.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("'before' takes the requests to the MCP endpoint /mcp"));
	}

	@Test
	void configuredProtocolTakesPrecedenceOverDefault() {
		this.configured
			.withInitializer((context) -> new StreamableProtocolDefault(Supplier::get)
				.postProcessEnvironment(context.getEnvironment(), new SpringApplication()))
			.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS")
			.run((context) -> assertThat(context).hasSingleBean(StatelessTransport.class));
	}

	@Test
	void whenDisabledThenDefaultProtocolIsNotSet() {
		this.bare.withPropertyValues("mcp-security.enabled=false")
			.withInitializer((context) -> new StreamableProtocolDefault(Supplier::get)
				.postProcessEnvironment(context.getEnvironment(), new SpringApplication()))
			.run((context) -> assertThat(context.getEnvironment().getProperty("spring.ai.mcp.server.protocol"))
				.isNull());
	}

	@Test
	void whenNoWebApplicationThenBacksOff() {
		new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withPropertyValues("spring.ai.mcp.server.protocol=STREAMABLE", "spring.jmx.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(McpSecurityAutoConfiguration.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.ai.mcp.server.stdio=true", "mcp-security.enabled=false",
			"spring.ai.mcp.server.enabled=false" })
	void whenDisabledOrNoHttpServerThenBacksOff(String property) {
		this.bare.withPropertyValues(property, "spring.ai.mcp.server.protocol=STREAMABLE").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).doesNotHaveBean(McpSecurityAutoConfiguration.class)
				.doesNotHaveBean(McpGuardPostProcessor.class)
				.doesNotHaveBean(EndpointConfiguration.CHAIN);
		});
	}

	@Test
	void theBeansOfTheApplicationAreUsed() {
		this.configured.withUserConfiguration(Own.class).run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(ClientDenials.class);
			context.getBean(ClientAccess.class).deny("a-client");
			assertThat(context.getBean(ClientDenials.class).all()).containsExactly("a-client");
			assertThat(context.getBean(AuthorizationServers.class).issuers())
				.containsExactly("https://login.example.com/realms/other");
			assertThat(context.getBean(AuditTrail.class).sinks()).extracting(AuditTrail.SinkStatus::name)
				.contains("stdout");
			assertThat(context.getBean(McpEndpoint.Common.class)
				.context()
				.apply(new MockHttpServletRequest("POST", "/mcp"))
				.get("tenant")).isEqualTo("localhost");
			assertThat(context.getBean("mcpSecurityHealthIndicator")).isSameAs(Own.HEALTH);
		});
	}

	@Test
	void tokensAreVerifiedByTheResolverOfTheApplication() {
		ResolvableType type = ResolvableType.forClassWithGenerics(AuthenticationManagerResolver.class,
				HttpServletRequest.class);
		this.configured.withUserConfiguration(Own.class).run((context) -> {
			AuthenticationManagerResolver<HttpServletRequest> resolver = context
				.<AuthenticationManagerResolver<HttpServletRequest>>getBeanProvider(type)
				.getObject();
			assertThat(resolver.resolve(new MockHttpServletRequest())
				.authenticate(new BearerTokenAuthenticationToken("token"))
				.getDetails()).isInstanceOfSatisfying(McpCaller.class, (caller) -> {
					assertThat(caller.subject()).isEqualTo("alice");
					assertThat(caller.scopes()).containsExactly("records:browse");
				});
		});
	}

	/**
	 * Types that are not API have one bean only.
	 */
	@Test
	void aBeanOfAnInternalTypeStopsTheStart() {
		this.configured.withBean(OfferedTargets.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(NoUniqueBeanDefinitionException.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "ownStreamable", "ownStateless" })
	void unguardedTransportFailsStartupUnlessAllowed(String bean) {
		this.configured.withUserConfiguration(OwnTransports.class).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.unguarded-transports");
		});
		this.configured.withUserConfiguration(OwnTransports.class)
			.withPropertyValues("mcp-security.unguarded-transports=" + bean)
			.run((context) -> assertThat(context).hasFailed());
		this.configured.withUserConfiguration(OwnTransports.class)
			.withPropertyValues("mcp-security.unguarded-transports=ownStreamable,ownStateless")
			.run((context) -> assertThat(context).hasNotFailed());
		this.configured.withUserConfiguration(OwnTransports.class)
			.withPropertyValues("mcp-security.unguarded-transports=ownStreamable,ownStateless,other")
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void serverRequiredByBeanPostProcessorIsGuarded() {
		this.configured.withUserConfiguration(BuiltByHand.class, EarlyServer.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertGuarded(context);
		});
	}

	@ParameterizedTest
	@ValueSource(classes = { VeryEarlyServer.class, ServerBeforePostProcessors.class })
	void serverCreatedBeforeGuardFailsStartup(Class<?> early) {
		this.configured.withUserConfiguration(early, BuiltByHand.class)
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(DeclarationException.class)
				.hasMessageContaining("No MCP server that is guarded uses the transport 'mcpStreamableTransport'"));
	}

	@Test
	void customServerBuiltFromSpecificationsIsGuarded() {
		this.configured.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS")
			.withPropertyValues("spring.autoconfigure.exclude=" + McpServerStatelessAutoConfiguration.class.getName())
			.withUserConfiguration(ServerOfItsOwn.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(OfferedTargets.class).all()).contains(McpTarget.tool("byHand"));
				assertGuarded(context);
			});
	}

	@Test
	void serverThatIsNoBeanFailsStartup() {
		this.configured.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS")
			.withUserConfiguration(HiddenServer.class)
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("Two MCP servers"));
	}

	/**
	 * Whether the handlers of the server's tools refuse calls that come another way.
	 */
	private static void assertGuarded(AssertableWebApplicationContext context) {
		assertThat(BuiltByHand.handlers(context)).isNotEmpty()
			.allSatisfy((handler) -> assertThatExceptionOfType(McpError.class).isThrownBy(() -> handler.run())
				.satisfies((ex) -> assertThat(ex.getJsonRpcError().code()).isEqualTo(-32010)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "STREAMABLE", "STATELESS" })
	void mcpServerIsNotLazilyInitialized(String protocol) {
		this.configured
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.withPropertyValues("spring.ai.mcp.server.protocol=" + protocol)
			.run((context) -> assertThat(((ConfigurableApplicationContext) context).getBeanFactory()
				.getSingleton(protocol.equals("STATELESS") ? "mcpStatelessSyncServer" : "mcpSyncServer")).isNotNull());
	}

	@Test
	void whenHealthIndicatorDisabledThenNoBean() {
		this.configured.run((context) -> assertThat(context).hasBean("mcpSecurityHealthIndicator"));
		this.configured.withPropertyValues("management.health.mcp-security.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("mcpSecurityHealthIndicator"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			spring.security.oauth2.resourceserver.jwt.issuer-uri=https://a    | any audience
			spring.security.oauth2.resourceserver.jwt.jwk-set-uri=https://a/k | any audience
			spring.mvc.servlet.path=/api                                     | any audience
			management.endpoints.web.base-path=/manage                       | any audience
			""")
	void writeOperationsOfActuatorWithoutRestrictedChainFailStartup(String property, String reason) {
		this.configured
			.withPropertyValues("spring.security.oauth2.resourceserver.jwt.issuer-uri=" + ISSUER,
					"management.endpoints.web.exposure.include=mcpsecurity",
					"management.endpoint.mcpsecurity.access=UNRESTRICTED", property)
			.run((context) -> {
				assertThat(Refusal.of(context).property()).isEqualTo("management.endpoint.mcpsecurity.access");
				assertThat(Refusal.of(context).reason()).contains(reason, "EndpointRequest.toAnyEndpoint()");
			});
	}

	@ParameterizedTest
	@CsvSource({ "OpenChain, no authentication", "OtherPathsChain, no authentication", "AnyTokenChain, any audience",
			"ActuatorChain, any audience" })
	void writeOperationsOfActuatorWithPermissiveChainFailStartup(String chain, String reason) {
		writable(chain).run((context) -> assertThat(Refusal.of(context).reason()).contains(reason));
	}

	@ParameterizedTest
	@ValueSource(strings = { "OperatorChain", "PasswordChain", "ActuatorOperatorChain" })
	void writeOperationsOfActuatorWithOperatorChainAreAllowed(String chain) {
		writable(chain).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void writeOperationsOfActuatorAreAllowedWhenNotExposedOrWithoutIssuerUri() {
		this.configured
			.withPropertyValues("spring.security.oauth2.resourceserver.jwt.issuer-uri=" + ISSUER,
					"management.endpoint.mcpsecurity.access=UNRESTRICTED")
			.run((context) -> assertThat(context).hasNotFailed());
		this.configured
			.withPropertyValues("management.endpoints.web.exposure.include=mcpsecurity",
					"management.endpoints.access.default=UNRESTRICTED")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private WebApplicationContextRunner writable(String chain) {
		return this.configured
			// As an embedded container does it, which the runner is without.
			.withInitializer((context) -> ((WebApplicationContext) context).getServletContext()
				.setAttribute(WebApplicationContext.ROOT_WEB_APPLICATION_CONTEXT_ATTRIBUTE, context))
			.withUserConfiguration(chain(chain))
			.withPropertyValues("spring.security.oauth2.resourceserver.jwt.issuer-uri=" + ISSUER,
					"management.endpoints.web.exposure.include=mcpsecurity",
					"management.endpoints.access.default=UNRESTRICTED");
	}

	private static Class<?> chain(String name) {
		return Stream.of(Chains.class.getDeclaredClasses())
			.filter((type) -> type.getSimpleName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	@Test
	void whenNoChainOfApplicationThenDefaultChainSecuresOtherPaths() {
		this.configured.run((context) -> {
			assertThat(chains(context)).hasSize(4);
			assertThat(chain(context, "/mcp")).isSameAs(context.getBean(EndpointConfiguration.CHAIN));
			assertThat(chain(context, "/.well-known/oauth-protected-resource"))
				.isSameAs(context.getBean(MetadataConfiguration.CHAIN));
			for (String path : new String[] { "/", "/mcp2", "/mcp/", "/mcp/more", "/other", "/.well-known/other" }) {
				assertThat(chain(context, path)).as(path)
					.isNotSameAs(context.getBean(EndpointConfiguration.CHAIN))
					.extracting((chain) -> chain.getFilters().isEmpty())
					.isEqualTo(false);
			}
		});
	}

	@Test
	void chainOfApplicationSecuresOtherPaths() {
		this.configured.withUserConfiguration(OwnChain.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(chains(context)).hasSize(4);
			assertThat(gated(context, "/mcp")).isTrue();
			assertThat(chain(context, "/other")).isSameAs(context.getBean("ownChain"));
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "FirstChain", "OpenChain" })
	void authorizationServerMetadataIsHandledByStarterDespiteAnyRequestChain(String chain) {
		this.configured.withUserConfiguration(chain(chain)).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(chain(context, "/.well-known/oauth-authorization-server"))
				.isSameAs(context.getBean(MetadataConfiguration.ABSENT_CHAIN));
			assertThat(chain(context, "/other")).isSameAs(context.getBean("chain"));
		});
	}

	@Test
	void authorizationServerMetadataIsHandledByMatchingChainOfApplication() {
		this.configured.withUserConfiguration(chain("MetadataChain"))
			.run((context) -> assertThat(chain(context, "/.well-known/oauth-authorization-server"))
				.isSameAs(context.getBean("chain")));
	}

	@Test
	void authorizationServerIsConfiguredAsString() {
		assertIssuers(List.of(ISSUER), "mcp-security.authorization-servers=" + ISSUER);
	}

	@Test
	void authorizationServersAreConfiguredAsCommaSeparatedList() {
		assertIssuers(List.of(ISSUER, "https://b.example/"),
				"mcp-security.authorization-servers=" + ISSUER + ", https://b.example/");
	}

	@Test
	void authorizationServersAreConfiguredAsListOfStrings() {
		assertIssuers(List.of(ISSUER, "https://b.example/"), "mcp-security.authorization-servers[0]=" + ISSUER,
				"mcp-security.authorization-servers[1]=https://b.example/");
	}

	@Test
	void authorizationServersAreConfiguredAsListOfObjects() {
		assertIssuers(List.of(ISSUER, "https://b.example/"), "mcp-security.authorization-servers[0].issuer=" + ISSUER,
				"mcp-security.authorization-servers[0].jwk-set-uri=https://a.example/keys",
				"mcp-security.authorization-servers[1].issuer=https://b.example/");
	}

	@Test
	void issuerUriOfSpringBootIsUsed() {
		assertIssuers(List.of(ISSUER), "spring.security.oauth2.resourceserver.jwt.issuer-uri=" + ISSUER);
	}

	@Test
	void authorizationServersTakePrecedenceOverIssuerUriOfSpringBoot() {
		assertIssuers(List.of(ISSUER), "mcp-security.authorization-servers=" + ISSUER,
				"spring.security.oauth2.resourceserver.jwt.issuer-uri=https://b.example/");
	}

	private void assertIssuers(List<String> issuers, String... properties) {
		this.bare
			.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
					"spring.ai.mcp.server.protocol=STREAMABLE")
			.withPropertyValues(properties)
			.run((context) -> assertThat(context.getBean(AuthorizationServers.class).issuers()).isEqualTo(issuers));
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://localhost:8080/mcp", "http://127.0.0.1/mcp", "http://[::1]:8080/mcp",
			"https://mcp.example.com", "https://mcp.example.com/", "https://mcp.example.com/mcp?tenant=a" })
	void resourceIsUsedAsConfigured(String resource) {
		this.configured.withPropertyValues("mcp-security.resource=" + resource)
			.run((context) -> assertThat(context.getBean(ProtectedResource.class).identifier())
				.isEqualTo(URI.create(resource)));
	}

	@Test
	void httpIsAcceptedForRemoteHostsWhenAllowed() {
		this.configured.withPropertyValues("mcp-security.resource=http://mcp.example.com/mcp",
				"mcp-security.authorization-servers=http://login.example.com", "mcp-security.allow-insecure-http=true")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					mcp-security.authorization-servers[0].jwk-set-uri=https://a/keys | mcp-security.authorization-servers[0].issuer | is not set
					mcp-security.authorization-servers[0].issuer=https://a#b         | mcp-security.authorization-servers[0].issuer | has a fragment
					spring.security.oauth2.resourceserver.jwt.issuer-uri=https://a?b | spring.security.oauth2.resourceserver.jwt.issuer-uri | has a query
					spring.security.oauth2.resourceserver.jwt.issuer-uri=a           | spring.security.oauth2.resourceserver.jwt.issuer-uri | is not an absolute
					""")
	void invalidIssuerFailsStartupWithConfiguredPropertyName(String property, String name, String said) {
		this.bare
			.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
					"spring.ai.mcp.server.protocol=STREAMABLE", property)
			.run((context) -> {
				assertThat(Refusal.of(context).property()).isEqualTo(name);
				assertThat(Refusal.of(context).reason()).contains(said);
			});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					mcp-security.authorization-servers[0]                 | mcp-security.authorization-servers[0].jwk-set-uri
					spring.security.oauth2.resourceserver.jwt.issuer-uri  | spring.security.oauth2.resourceserver.jwt.jwk-set-uri
					""")
	void invalidJwkSetUriFailsStartupWithConfiguredPropertyName(String issuer, String keys) {
		this.bare
			.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
					"spring.ai.mcp.server.protocol=STREAMABLE",
					(issuer.endsWith("]") ? issuer + ".issuer=" : issuer + "=") + ISSUER, keys + "=http://a/keys")
			.run((context) -> assertThat(Refusal.of(context).property()).isEqualTo(keys));
	}

	@Test
	void whenResourceOrAuthorizationServersMissingThenStartupFails() {
		this.bare.withPropertyValues("spring.ai.mcp.server.protocol=STREAMABLE")
			.run((context) -> assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.resource"));
		this.bare
			.withPropertyValues("spring.ai.mcp.server.protocol=STREAMABLE",
					"mcp-security.resource=https://mcp.example.com/mcp")
			.run((context) -> assertThat(Refusal.of(context).property())
				.isEqualTo("mcp-security.authorization-servers"));
	}

	@ParameterizedTest
	@CsvSource({ "mcp-security.token.keys.read-timeout=soon, mcp-security.token.keys.read-timeout",
			"mcp-security.token.clock-skew=1 minute, mcp-security.token.clock-skew",
			"mcp-security.http.max-body-size=big, mcp-security.http.max-body-size",
			"mcp-security.policy.enforcement=perhaps, mcp-security.policy.enforcement",
			"mcp-security.resource=mcp, mcp-security.resource" })
	void failureAnalysisContainsPropertyAndValue(String property, String name, CapturedOutput output) {
		assertThatException().isThrownBy(() -> start(property));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("Action:");
		assertThat(output.toString().substring(output.toString().indexOf("APPLICATION FAILED TO START"))).contains(name)
			.contains(property.substring(property.indexOf('=') + 1));
	}

	@Test
	void whenRuleIsRegisteredTooLateThenStartupFails() {
		this.configured.withUserConfiguration(HiddenRule.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("HiddenTools.purge was registered after the rules were built"));
	}

	@Test
	void challengeContainsDeclaredScopesWithoutOfflineAccess() {
		this.configured.withUserConfiguration(Tools.class)
			.run((context) -> assertThat(challenge(context)).contains("scope=\"records:purge\""));
	}

	@ParameterizedTest
	@CsvSource({ "none, ''", "'x,y', ', scope=\"x y\"'" })
	void challengeContainsConfiguredScopes(String value, String parameter) {
		this.configured.withUserConfiguration(Tools.class)
			.withPropertyValues("mcp-security.metadata.challenge-scopes=" + value)
			.run((context) -> assertThat(challenge(context)).isEqualTo(
					"Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
							+ parameter));
	}

	@Test
	void ruleOfAnnotatedToolIsInPolicy() {
		this.configured.withUserConfiguration(Tools.class)
			.run((context) -> assertThat(
					context.getBean(AccessPolicy.class).ruleBook().ruleFor(McpTarget.tool("purge")).source())
				.startsWith("@RequiresScope on "));
	}

	/**
	 * Start as an application does, with a server that listens.
	 */
	private static void start(String... properties) {
		start(Application.class, properties);
	}

	private static void start(Class<?> configuration, String... properties) {
		SpringApplication application = new SpringApplication(configuration);
		application.setRegisterShutdownHook(false);
		application.setDefaultProperties(Map.of("server.port", "0", "spring.main.banner-mode", "off",
				"spring.jmx.enabled", "false", "mcp-security.resource", "https://mcp.example.com/mcp",
				"mcp-security.authorization-servers", ISSUER));
		application.run(Stream.of(properties).map((property) -> "--" + property).toArray(String[]::new)).close();
	}

	private static String challenge(AssertableWebApplicationContext context) {
		return context.getBean(McpEndpointFactory.class)
			.challenge(context.getBean(ProtectedResource.class), context.getBean(AccessPolicy.class),
					context.getBean(McpSecurityProperties.class).metadata().challengeScopes())
			.noCredentials()
			.get(0);
	}

	private static boolean gated(AssertableWebApplicationContext context, String path) {
		return chain(context, path).getFilters()
			.stream()
			.anyMatch((filter) -> filter.getClass().getSimpleName().equals("McpEndpointFilter"));
	}

	/**
	 * The chain that Spring Security takes: the first that matches.
	 */
	private static SecurityFilterChain chain(AssertableWebApplicationContext context, String path) {
		MockHttpServletRequest request = new MockHttpServletRequest("POST", path);
		return chains(context).stream().filter((chain) -> chain.matches(request)).findFirst().orElseThrow();
	}

	private static List<SecurityFilterChain> chains(AssertableWebApplicationContext context) {
		return context.getBeanProvider(SecurityFilterChain.class).orderedStream().toList();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnChain {

		@Bean
		SecurityFilterChain ownChain(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CallerTools {

		@McpTool(description = "Greets")
		String greet(McpCaller caller) {
			return caller.subject();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class HiddenTransports {

		private static RouterFunction<ServerResponse> routes() {
			return WebMvcStatelessServerTransport.builder().messageEndpoint("/second").build().getRouterFunction();
		}

		@Configuration(proxyBeanMethods = false)
		static class StreamableServlet {

			@Bean
			ServletRegistrationBean<HttpServletStreamableServerTransportProvider> hidden() {
				return new ServletRegistrationBean<>(HttpServletStreamableServerTransportProvider.builder().build(),
						"/second");
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class StatelessServlet {

			@Bean
			ServletRegistrationBean<HttpServletStatelessServerTransport> hidden() {
				return new ServletRegistrationBean<>(HttpServletStatelessServerTransport.builder().build(), "/second");
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class Routes {

			@Bean
			RouterFunction<ServerResponse> hidden() {
				return routes();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class NestedRoutes {

			@Bean
			RouterFunction<ServerResponse> hidden() {
				return RouterFunctions.nest(RequestPredicates.path("/more"), routes())
					.filter((request, next) -> next.handle(request));
			}

		}

		@Configuration(proxyBeanMethods = false)
		@EnableAutoConfiguration
		static class ByHand {

			@Bean
			ServletContextInitializer initializer() {
				return (context) -> context
					.addServlet("by hand", HttpServletStreamableServerTransportProvider.builder().build())
					.addMapping("/second");
			}

		}

	}

	static class Managers {

		@Configuration(proxyBeanMethods = false)
		static class Raw {

			@Bean
			@SuppressWarnings("rawtypes")
			AuthorizationManager manager() {
				return (authentication, object) -> new AuthorizationDecision(false);
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class Wildcard {

			@Bean
			AuthorizationManager<?> manager() {
				return (authentication, object) -> new AuthorizationDecision(false);
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class Variable {

			@Bean
			<T> AuthorizationManager<T> manager() {
				return (authentication, object) -> new AuthorizationDecision(false);
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class Bounded {

			@Bean
			AuthorizationManager<? super McpInvocation> manager() {
				return (authentication, object) -> new AuthorizationDecision(false);
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class Known {

			@Bean
			AuthorizationManager<McpInvocation> rule() {
				return (authentication, invocation) -> null;
			}

			@Bean
			AuthorizationManager<RequestAuthorizationContext> requests() {
				return (authentication, context) -> null;
			}

			@Bean(autowireCandidate = false)
			AuthorizationManager<?> notInjected() {
				return (authentication, object) -> null;
			}

			@Bean
			Authenticated authenticated() {
				return new Authenticated();
			}

		}

		static class Authenticated implements AuthorizationManager<MethodInvocation> {

			@Override
			public AuthorizationResult authorize(Supplier<? extends @Nullable Authentication> authentication,
					MethodInvocation invocation) {
				return new AuthorizationDecision(true);
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Extractors {

		@Bean
		McpTransportContextExtractor<HttpServletRequest> one() {
			return (request) -> McpTransportContext.EMPTY;
		}

		@Bean
		McpTransportContextExtractor<ServerRequest> two() {
			return (request) -> McpTransportContext.EMPTY;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ChainOfTheName {

		@Bean
		SecurityFilterChain mcpSecurityFilterChain(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ChainBefore {

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		SecurityFilterChain before(HttpSecurity http) {
			return http.securityMatcher("/mcp/**")
				.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BuiltByHand {

		@Bean
		List<McpServerFeatures.SyncToolSpecification> byHand() {
			return List.of(new McpServerFeatures.SyncToolSpecification(
					Tool.builder("byHand", Map.of("type", "object")).build(),
					(exchange, request) -> CallToolResult.builder().build()));
		}

		/**
		 * Calls of the tools that the servers of an application were built from, past
		 * every endpoint.
		 */
		static List<Runnable> handlers(AssertableWebApplicationContext context) {
			Object server = context.getBeansOfType(McpSyncServer.class)
				.values()
				.stream()
				.<Object>map(McpSyncServer::getAsyncServer)
				.findFirst()
				.orElseGet(() -> ReflectionTestUtils.getField(
						AopTestUtils.<Object>getUltimateTargetObject(context.getBean(McpStatelessSyncServer.class)),
						"asyncServer"));
			List<?> tools = (List<?>) ReflectionTestUtils.getField(AopTestUtils.<Object>getUltimateTargetObject(server),
					"tools");
			CallToolRequest request = CallToolRequest.builder("byHand").arguments(Map.of()).build();
			return Objects.requireNonNull(tools)
				.stream()
				.<Runnable>map((tool) -> (tool instanceof McpServerFeatures.AsyncToolSpecification stateful)
						? () -> stateful.callHandler().apply(exchange(), request).block()
						: () -> ((McpStatelessServerFeatures.AsyncToolSpecification) tool).callHandler()
							.apply(McpTransportContext.EMPTY, request)
							.block())
				.toList();
		}

		private static McpAsyncServerExchange exchange() {
			return new McpAsyncServerExchange("none", new MissingMcpTransportSession("none"), null, null,
					McpTransportContext.EMPTY);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class EarlyServer {

		@Bean
		static BeanPostProcessor early(McpSyncServer server) {
			return new BeanPostProcessor() {
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class VeryEarlyServer {

		@Bean
		static PriorityPostProcessor early(McpSyncServer server) {
			return new PriorityPostProcessor();
		}

	}

	static class PriorityPostProcessor implements BeanPostProcessor, PriorityOrdered {

		@Override
		public int getOrder() {
			return LOWEST_PRECEDENCE;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ServerBeforePostProcessors {

		@Bean
		static BeanFactoryPostProcessor early() {
			return (beans) -> beans.getBean(McpSyncServer.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ServerOfItsOwn {

		@Bean
		McpStatelessSyncServer ownServer(McpStatelessServerTransport transport) {
			return HiddenServer.build(transport);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class HiddenServer {

		@Bean
		Runnable hidden(McpStatelessServerTransport transport) {
			return build(transport)::close;
		}

		static McpStatelessSyncServer build(McpStatelessServerTransport transport) {
			return McpServer.sync(transport)
				.toolCall(Tool.builder("byHand", Map.of("type", "object")).build(),
						(context, request) -> CallToolResult.builder().build())
				.build();
		}

	}

	/**
	 * Chains of applications, for the endpoints of actuator among other paths.
	 */
	static class Chains {

		@Configuration(proxyBeanMethods = false)
		static class OpenChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class OtherPathsChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.securityMatcher("/api/**")
					.authorizeHttpRequests((requests) -> requests.anyRequest().denyAll())
					.build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class AnyTokenChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
					.oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults()))
					.build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class FirstChain {

			@Bean
			@Order(1)
			SecurityFilterChain chain(HttpSecurity http) {
				return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated()).build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class MetadataChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.securityMatcher("/.well-known/oauth-*")
					.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
					.build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class ActuatorChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.securityMatcher(EndpointRequest.toAnyEndpoint())
					.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
					.oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults()))
					.build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class ActuatorOperatorChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.securityMatcher(EndpointRequest.toAnyEndpoint())
					.authorizeHttpRequests((requests) -> requests.anyRequest().hasAuthority("SCOPE_operate"))
					.oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults()))
					.build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class OperatorChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http
					.authorizeHttpRequests((requests) -> requests.requestMatchers("/actuator/**")
						.hasAuthority("SCOPE_operate")
						.anyRequest()
						.permitAll())
					.oauth2ResourceServer((server) -> server.jwt(Customizer.withDefaults()))
					.build();
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class PasswordChain {

			@Bean
			SecurityFilterChain chain(HttpSecurity http) {
				return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
					.httpBasic(Customizer.withDefaults())
					.build();
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Tools {

		@McpTool(name = "purge", description = "Deletes records")
		@RequiresScope({ "offline_access", "records:purge" })
		String purge() {
			return "purged";
		}

	}

	interface HiddenPurging {

		String purge();

	}

	static class HiddenTools implements HiddenPurging {

		@Override
		@McpTool(name = "purge", description = "Deletes records")
		@RequiresScope("records:purge")
		public String purge() {
			return "purged";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class HiddenRule {

		/**
		 * Asks for the policy before the tools are there.
		 */
		@Bean
		List<String> early(AccessPolicy policy) {
			return policy.ruleBook().scopes();
		}

		@Bean
		HiddenPurging hidden() {
			return new HiddenTools();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Own {

		static final HealthIndicator HEALTH = () -> Health.up().build();

		@Bean
		AuditSink standardOutput() {
			return new AuditSink() {

				@Override
				public String name() {
					return "stdout";
				}

				@Override
				public void write(List<McpAuditEvent> events) {
					events.forEach(System.out::println);
				}

			};
		}

		@Bean
		ClientDenials clientDenials() {
			return new SharedDenials(ConcurrentHashMap.newKeySet());
		}

		@Bean
		AuthorizationServerConnectionDetails authorizationServer() {
			return () -> "https://login.example.com/realms/other";
		}

		@Bean
		McpTransportContextExtractor<HttpServletRequest> tenant() {
			return (request) -> McpTransportContext.create(Map.of("tenant", request.getServerName()));
		}

		@Bean
		JwtDecoder decoder() {
			return (token) -> Jwt.withTokenValue(token)
				.header("alg", "none")
				.subject("alice")
				.claim("iss", "https://login.example.com/realms/other")
				.claim("scope", List.of("records:browse"))
				.build();
		}

		@Bean
		AuthenticationManagerResolver<HttpServletRequest> mcpAuthenticationManagerResolver(JwtDecoder decoder) {
			return (request) -> (authentication) -> {
				Jwt jwt = decoder.decode(((BearerTokenAuthenticationToken) authentication).getToken());
				JwtAuthenticationToken verified = new JwtAuthenticationToken(jwt, List.of());
				verified.setDetails(
						McpCaller.builder(jwt.getSubject(), jwt.getClaimAsString("iss"), "https://mcp.example.com/mcp")
							.scopes(jwt.getClaimAsStringList("scope"))
							.build());
				return verified;
			};
		}

		@Bean
		HealthIndicator mcpSecurityHealthIndicator() {
			return HEALTH;
		}

	}

	record SharedDenials(Set<String> all) implements ClientDenials {

		@Override
		public void add(String client) {
			this.all.add(client);
		}

		@Override
		public void remove(String client) {
			this.all.remove(client);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnTransports {

		@Bean
		WebMvcStreamableServerTransportProvider ownStreamable() {
			return WebMvcStreamableServerTransportProvider.builder().mcpEndpoint("/mcp").build();
		}

		@Bean
		WebMvcStatelessServerTransport ownStateless() {
			return WebMvcStatelessServerTransport.builder().messageEndpoint("/mcp").build();
		}

	}

}
