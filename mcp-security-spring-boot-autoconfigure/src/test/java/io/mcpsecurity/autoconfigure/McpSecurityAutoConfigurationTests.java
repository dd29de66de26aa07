package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.Access;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.Conventions;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.authorization.ScopeHierarchy;
import io.mcpsecurity.handler.AuthorizationRules;
import io.mcpsecurity.handler.InvocationGuard;
import io.mcpsecurity.handler.ListingFilter;
import io.mcpsecurity.handler.McpGuardPostProcessor;
import io.mcpsecurity.handler.ScopeDeclarations;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.transport.BearerChallenge;
import io.mcpsecurity.transport.ProtectedResource;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import io.modelcontextprotocol.spec.McpStatelessServerTransport;
import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStatelessServerTransport;
import org.springframework.ai.mcp.server.webmvc.transport.WebMvcStreamableServerTransportProvider;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.servlet.function.RouterFunction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

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
	void aStreamableServerIsSecured() {
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
	void aStatelessServerIsSecured() {
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
	void anotherEndpointIsSecuredInsteadOfTheDefaultOne() {
		this.configured.withPropertyValues("spring.ai.mcp.server.streamable-http.mcp-endpoint=/api/tools")
			.run((context) -> {
				assertThat(gated(context, "/api/tools")).isTrue();
				assertThat(chain(context, "/.well-known/oauth-protected-resource/api/tools"))
					.isSameAs(context.getBean("mcpMetadataFilterChain"));
				assertThat(gated(context, "/mcp")).isFalse();
			});
	}

	@Test
	void withoutAProtocolItIsStreamable() {
		this.bare
			.withInitializer((context) -> new StreamableProtocolDefault()
				.postProcessEnvironment(context.getEnvironment(), new SpringApplication()))
			.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
					"mcp-security.authorization-servers=" + ISSUER)
			.run((context) -> assertThat(context).hasSingleBean(StreamableTransport.class));
	}

	@Test
	void theDefaultProtocolGivesWayToTheApplications() {
		this.configured
			.withInitializer((context) -> new StreamableProtocolDefault()
				.postProcessEnvironment(context.getEnvironment(), new SpringApplication()))
			.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS")
			.run((context) -> assertThat(context).hasSingleBean(StatelessTransport.class));
	}

	@Test
	void whenSwitchedOffTheProtocolsDefaultStaysSpringAis() {
		this.bare.withPropertyValues("mcp-security.enabled=false")
			.withInitializer((context) -> new StreamableProtocolDefault()
				.postProcessEnvironment(context.getEnvironment(), new SpringApplication()))
			.run((context) -> assertThat(context.getEnvironment().getProperty("spring.ai.mcp.server.protocol"))
				.isNull());
	}

	@Test
	void anApplicationThatIsNoWebApplicationIsLeftAlone() {
		new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withPropertyValues("spring.ai.mcp.server.protocol=STREAMABLE", "spring.jmx.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(McpSecurityAutoConfiguration.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.ai.mcp.server.stdio=true", "mcp-security.enabled=false",
			"spring.ai.mcp.server.enabled=false" })
	void whatIsNoHttpServerOrSwitchedOffIsLeftAlone(String property) {
		this.bare.withPropertyValues(property, "spring.ai.mcp.server.protocol=STREAMABLE").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).doesNotHaveBean(McpSecurityAutoConfiguration.class)
				.doesNotHaveBean(McpGuardPostProcessor.class)
				.doesNotHaveBean("mcpSecurityFilterChain");
		});
	}

	@Test
	void theApplicationsBeansTakeThePlaceOfTheStartersOnes() {
		this.configured.withUserConfiguration(Own.class).run((context) -> {
			assertThat(context).hasNotFailed();
			for (Class<?> type : List.of(ProtectedResource.class, AccessPolicy.class, OfferedTargets.class,
					RuleBook.class, ScopeCatalogue.class, ListingFilter.class, InvocationGuard.class,
					AuthorizationServers.class, BearerChallenge.class, McpMessageReader.class,
					McpGuardPostProcessor.class)) {
				assertThat(context.getBeanNamesForType(type)).as(type.getSimpleName())
					.singleElement()
					.asString()
					.startsWith("own");
			}
			assertThat(context.getBean("mcpAuthenticationManagerResolver")).isSameAs(Own.RESOLVER);
			assertThat(context.getBean("mcpSecurityHealthIndicator")).isSameAs(Own.HEALTH);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "ownStreamable", "ownStateless" })
	void anotherTransportStopsTheStartUnlessItIsAllowed(String bean) {
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

	@ParameterizedTest
	@ValueSource(strings = { "STREAMABLE", "STATELESS" })
	void anMcpServerIsNotLazy(String protocol) {
		this.configured
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.withPropertyValues("spring.ai.mcp.server.protocol=" + protocol)
			.run((context) -> assertThat(((ConfigurableApplicationContext) context).getBeanFactory()
				.getSingleton(protocol.equals("STATELESS") ? "mcpStatelessSyncServer" : "mcpSyncServer")).isNotNull());
	}

	@Test
	void theHealthIndicatorCanBeSwitchedOff() {
		this.configured.run((context) -> assertThat(context).hasBean("mcpSecurityHealthIndicator"));
		this.configured.withPropertyValues("management.health.mcp-security.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("mcpSecurityHealthIndicator"));
	}

	@Test
	void withoutAChainOfTheApplicationBootsDefaultSecuresTheRest() {
		this.configured.run((context) -> {
			assertThat(chains(context)).hasSize(3);
			assertThat(chain(context, "/mcp")).isSameAs(context.getBean("mcpSecurityFilterChain"));
			assertThat(chain(context, "/.well-known/oauth-protected-resource"))
				.isSameAs(context.getBean("mcpMetadataFilterChain"));
			for (String path : new String[] { "/", "/mcp2", "/mcp/", "/mcp/more", "/other", "/.well-known/other" }) {
				assertThat(chain(context, path)).as(path)
					.isNotSameAs(context.getBean("mcpSecurityFilterChain"))
					.extracting((chain) -> chain.getFilters().isEmpty())
					.isEqualTo(false);
			}
		});
	}

	@Test
	void aChainOfTheApplicationSecuresTheRest() {
		this.configured.withUserConfiguration(OwnChain.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(chains(context)).hasSize(3);
			assertThat(gated(context, "/mcp")).isTrue();
			assertThat(chain(context, "/other")).isSameAs(context.getBean("ownChain"));
		});
	}

	@Test
	void theServersMayBeAPlainString() {
		assertIssuers(List.of(ISSUER), "mcp-security.authorization-servers=" + ISSUER);
	}

	@Test
	void theServersMayBeAListWithCommas() {
		assertIssuers(List.of(ISSUER, "https://b.example/"),
				"mcp-security.authorization-servers=" + ISSUER + ", https://b.example/");
	}

	@Test
	void theServersMayBeAListOfStrings() {
		assertIssuers(List.of(ISSUER, "https://b.example/"), "mcp-security.authorization-servers[0]=" + ISSUER,
				"mcp-security.authorization-servers[1]=https://b.example/");
	}

	@Test
	void theServersMayBeAListOfObjects() {
		assertIssuers(List.of(ISSUER, "https://b.example/"), "mcp-security.authorization-servers[0].issuer=" + ISSUER,
				"mcp-security.authorization-servers[0].jwk-set-uri=https://a.example/keys",
				"mcp-security.authorization-servers[1].issuer=https://b.example/");
	}

	@Test
	void theServerMayBeTheOneThatBootKnows() {
		assertIssuers(List.of(ISSUER), "spring.security.oauth2.resourceserver.jwt.issuer-uri=" + ISSUER);
	}

	@Test
	void theStartersOwnServersGoBeforeTheOneThatBootKnows() {
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
	void aUsableResourceIsAcceptedToTheLetter(String resource) {
		this.configured.withPropertyValues("mcp-security.resource=" + resource)
			.run((context) -> assertThat(context.getBean(ProtectedResource.class).identifier())
				.isEqualTo(URI.create(resource)));
	}

	@Test
	void httpForAnotherMachineMustBeAllowed() {
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
	void aBadServerStopsTheStartAndIsNamedByWhereItIsConfigured(String property, String name, String said) {
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
	void aBadJwkSetUriStopsTheStartAndIsNamedByWhereItIsConfigured(String issuer, String keys) {
		this.bare
			.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
					"spring.ai.mcp.server.protocol=STREAMABLE",
					(issuer.endsWith("]") ? issuer + ".issuer=" : issuer + "=") + ISSUER, keys + "=http://a/keys")
			.run((context) -> assertThat(Refusal.of(context).property()).isEqualTo(keys));
	}

	@Test
	void withoutResourceAndServersTheStartIsRefused() {
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
	void theReportOfAFailedStartNamesTheProperty(String property, String name, CapturedOutput output) {
		assertThatException().isThrownBy(() -> start(property));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("Action:");
		assertThat(output.toString().substring(output.toString().indexOf("APPLICATION FAILED TO START"))).contains(name)
			.contains(property.substring(property.indexOf('=') + 1));
	}

	@Test
	void aRuleThatIsNotInThePolicyWhenTheBeansAreThereStopsTheStart() {
		this.configured.withUserConfiguration(HiddenRule.class)
			.run((context) -> assertThat(context).getFailure()
				.hasMessageContaining("HiddenTools.purge was not seen in time"));
	}

	@Test
	void theChallengesScopesAreTheDeclaredOnesWithoutOfflineAccess() {
		this.configured.withUserConfiguration(Tools.class)
			.run((context) -> assertThat(context.getBean(BearerChallenge.class).noCredentials())
				.contains("scope=\"records:purge\""));
	}

	@ParameterizedTest
	@CsvSource({ "none, ''", "'x,y', ', scope=\"x y\"'" })
	void theChallengesScopesCanBeChosen(String value, String parameter) {
		this.configured.withUserConfiguration(Tools.class)
			.withPropertyValues("mcp-security.metadata.challenge-scopes=" + value)
			.run((context) -> assertThat(context.getBean(BearerChallenge.class).noCredentials()).isEqualTo(
					"Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
							+ parameter));
	}

	@Test
	void anAnnotatedToolHasItsRuleInThePolicy() {
		this.configured.withUserConfiguration(Tools.class)
			.run((context) -> assertThat(
					context.getBean(AccessPolicy.class).rules().ruleFor(McpTarget.tool("purge")).source())
				.startsWith("@RequiresScope on "));
	}

	/**
	 * Start as an application does, with a server that listens.
	 */
	private static void start(String... properties) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setRegisterShutdownHook(false);
		application.setDefaultProperties(Map.of("server.port", "0", "spring.main.banner-mode", "off",
				"spring.jmx.enabled", "false", "mcp-security.resource", "https://mcp.example.com/mcp",
				"mcp-security.authorization-servers", ISSUER));
		application.run(Stream.of(properties).map((property) -> "--" + property).toArray(String[]::new)).close();
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
			return policy.rules().scopes();
		}

		@Bean
		HiddenPurging hidden() {
			return new HiddenTools();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Own {

		static final AuthenticationManagerResolver<HttpServletRequest> RESOLVER = (
				request) -> (authentication) -> authentication;

		static final HealthIndicator HEALTH = () -> Health.up().build();

		@Bean
		ProtectedResource ownResource() {
			return new ProtectedResource(URI.create("https://own.example/mcp"), "/mcp", "", null);
		}

		@Bean
		OfferedTargets ownTargets() {
			return new OfferedTargets();
		}

		@Bean
		RuleBook ownRules(OfferedTargets offered) {
			return new RuleBook(List.of(), List.of(), Conventions.NONE, Access.AUTHENTICATED, offered);
		}

		@Bean
		ScopeCatalogue ownCatalogue() {
			return ScopeCatalogue.EMPTY;
		}

		@Bean
		AccessPolicy ownPolicy(RuleBook rules) {
			return new AccessPolicy(rules, ScopeHierarchy.FLAT, AccessPolicy.Mode.ENFORCE, false);
		}

		@Bean
		ListingFilter ownFilter(AccessPolicies policies) {
			return new ListingFilter(policies, AuthorizationRules.NONE, ScopeCatalogue.EMPTY, JsonMapper.shared());
		}

		@Bean
		InvocationGuard ownGuard(AccessPolicies policies, ScopeDeclarations declarations) {
			return new InvocationGuard(policies, declarations.conditions(), AuthorizationRules.NONE, (resource) -> "",
					UnaryOperator.identity());
		}

		@Bean
		static McpGuardPostProcessor ownPostProcessor(BeanFactory beans) {
			return new McpGuardPostProcessor(beans);
		}

		@Bean
		AuthorizationServers ownServers() {
			return new AuthorizationServers(List.of());
		}

		@Bean
		AuthenticationManagerResolver<HttpServletRequest> mcpAuthenticationManagerResolver() {
			return RESOLVER;
		}

		@Bean
		BearerChallenge ownChallenge() {
			return new BearerChallenge("https://own.example/metadata", List::of, UnaryOperator.identity());
		}

		@Bean
		McpMessageReader ownReader() {
			return new McpMessageReader(5);
		}

		@Bean
		HealthIndicator mcpSecurityHealthIndicator() {
			return HEALTH;
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
