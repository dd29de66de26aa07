package io.mcpsecurity.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.mcpsecurity.test.RecordsApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Names of properties in the forms that are accepted, and those that are not.
 */
@ExtendWith(OutputCaptureExtension.class)
class PropertyBinderTests {

	private static final String VARIABLES = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~',
			textBlock = """
					resoruce                                    | Did you mean 'mcp-security.resource'?
					token.audience                              | Below 'mcp-security.token' there are: clock-skew, cache,
					policy.rules[0].tool                        | Did you mean 'mcp-security.policy.rules[0].tools'?
					scopes.all-off                              | Below 'mcp-security.scopes[0]' there are: name,
					policy.rules[0].all-off                     | Below 'mcp-security.policy.rules[0]' there are: tools,
					policy.rules[3].scopes.all-of               | 'mcp-security.policy.rules[3].scopes' has no properties
					policy.rules.tols                           | Did you mean 'mcp-security.policy.rules[0].tools'?
					policy.rules[0].tools[0].name               | 'mcp-security.policy.rules[0].tools[0]' has no properties
					authorization-servers[0].issuers            | Did you mean 'mcp-security.authorization-servers[0].issuer'?
					authorization-servers[0].introspection.opaque-token | Did you mean 'mcp-security.authorization-servers[0].introspection.opaque-tokens'?
					endpoints.admin.pth                         | Did you mean 'mcp-security.endpoints[admin].path'?
					endpoints.admin.policy.rules[1].anyof.x     | has no properties
					resource[0]                                 | 'mcp-security.resource' has no properties
					audit.jdbc.retentoin                        | Did you mean 'mcp-security.audit.jdbc.retention'?
					policy                                      | It has properties of its own and no value
					rules[0].tools                              | Below 'mcp-security' there are: enabled, resource,
					""")
	void unknownPropertyFailsStartupWithSuggestion(String name, String hint) {
		Refusal refusal = Refusal.of("mcp-security." + name + "=s3cret");
		assertThat(refusal.reason()).contains("There is no property 'mcp-security." + name + "'").contains(hint);
		assertThat(refusal.toString()).doesNotContain("s3cret");
	}

	@Test
	void unknownPropertiesAreReportedTogetherWithOrigin(CapturedOutput output) {
		assertThatException().isThrownBy(() -> new SpringApplication(RecordsApplication.class).run("--server.port=0",
				"--spring.config.location=classpath:unknown-properties.yml"));
		assertThat(output.toString()).contains("APPLICATION FAILED TO START")
			.contains("There is no property 'mcp-security.policy.rules.tool', which is set by "
					+ "class path resource [unknown-properties.yml] - 4:13")
			.contains("Did you mean 'mcp-security.policy.rules[0].tools'?")
			.contains("There is no property 'mcp-security.token.keys.ttl', which is set by "
					+ "class path resource [unknown-properties.yml] - 8:12");
	}

	@ParameterizedTest
	@ValueSource(strings = { "MCPSECURITY_UNDECLARD", "MCPSECURITY_POLICY_RULES_0_TOOL",
			"MCPSECURITY_AUDIT_JDBC_ENABLE", "MCPSECURITY_AUTHORIZATIONSERVERS_0_ISSUE",
			"MCPSECURITY_AUTHORIZATION_SERVERS_0_INTROSPECTION_CLIENT" })
	void unknownEnvironmentVariableFailsStartup(String name) {
		assertThat(Refusal.of(catchThrowable(() -> PropertyBinder.bind(variables(Map.of(name, "x"))))).reason())
			.contains("which is set by \"" + name + "\" from property source \"systemEnvironment\"");
	}

	@Test
	void unknownSystemPropertyFailsStartup() {
		StandardEnvironment environment = Refusal.environment();
		String name = StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME;
		environment.getPropertySources()
			.replace(name, new MapPropertySource(name, Map.of("mcp-security.policy.default-acess", "deny")));
		assertThat(Refusal.of(catchThrowable(() -> PropertyBinder.bind(environment))).reason())
			.contains("Did you mean 'mcp-security.policy.default-access'?");
	}

	@ParameterizedTest
	@ValueSource(strings = { "MCPSECURITY_POLICY_SCOPETEMPLATE", "MCPSECURITY_POLICY_SCOPE_TEMPLATE" })
	void hyphensInEnvironmentVariablesAreUnderscoresOrRemoved(String name) {
		assertThat(PropertyBinder.bind(variables(Map.of(name, "run:{name}"))).policy().scopeTemplate())
			.isEqualTo("run:{name}");
	}

	@Test
	void environmentVariablesBindToListsAndMaps() {
		McpSecurityProperties properties = PropertyBinder.bind(variables(Map.of("MCPSECURITY_POLICY_RULES_0_TOOLS_0",
				"time", "MCPSECURITY_POLICY_RULES_0_ANY_OF", "a,b", "MCPSECURITY_AUTHORIZATION_SERVERS_0_ISSUER",
				"https://a.example", "MCPSECURITY_ENDPOINTS_ADMIN_RESOURCE_NAME", "Admin",
				"MCPSECURITY_SESSIONS_MAX_PER_CALLER", "7", "MCPSECURITY_SERVICE_HOST", "10.0.0.1",
				"MCPSECURITY_PORT_8080_TCP_ADDR", "10.0.0.1", "MCPSECURITY_PORT", "tcp://10.0.0.1")));
		assertThat(properties.policy().rules().get(0).tools()).containsExactly("time");
		assertThat(properties.policy().rules().get(0).anyOf()).containsExactly("a", "b");
		assertThat(properties.authorizationServers().get(0).issuer()).isEqualTo("https://a.example");
		assertThat(properties.endpoints().get("admin").resourceName()).isEqualTo("Admin");
		assertThat(properties.sessions().maxPerCaller()).isEqualTo(7);
	}

	/**
	 * Spring Boot would read {@code MCP_SECURITY_ENABLED} as
	 * {@code mcp-security.enabled}.
	 */
	@Test
	void environmentVariablesWithOtherPrefixAreIgnored() {
		Map<String, Object> foreign = Map.of("MCP_SECURITY_ENABLED", "false", "MCP_SECURITY_RESOURCE",
				"https://other.example", "MCP_SECURITY_POLICY_ENFORCEMENT", "report", "MCP_SECURITY_AUDIT_ENABLED",
				"false", "MCP_SECURITY_AUDIT_LOG_ENABLED", "true", "MCP_SECURITY_AUDIT_JDBC_ENABLED", "true",
				"MCP_SECURITY_CLIENTS_STORE", "jdbc", "MCP_SECURITY_RATE_LIMIT_STORE", "redis", "MCP_SECURITY_POLICY",
				"x", "MCP_SECURITY_ENDPOINTS_OTHER_PATH", "/other");
		new WebApplicationContextRunner().withUserConfiguration(RecordsApplication.class).withInitializer((context) -> {
			context.getEnvironment()
				.getPropertySources()
				.replace(VARIABLES, new SystemEnvironmentPropertySource(VARIABLES, foreign));
			new StreamableProtocolDefault(Supplier::get).postProcessEnvironment(context.getEnvironment(),
					new SpringApplication());
		})
			.withPropertyValues("mcp-security.resource=https://mcp.example/mcp",
					"mcp-security.authorization-servers=https://login.example", "mcp.security.enabled=false",
					"mcp.security.policy.enforcement=report", "mcp.security.unknown=x")
			.run((context) -> {
				assertThat(context).hasNotFailed()
					.hasBean(EndpointConfiguration.CHAIN)
					.hasBean("mcpAuditTrail")
					.doesNotHaveBean("mcpAuditLogSink");
				assertThat(context.getBean(McpSecurityProperties.class))
					.isEqualTo(PropertyBinder.bind(Refusal.environment("mcp-security.resource=https://mcp.example/mcp",
							"mcp-security.authorization-servers=https://login.example")));
			});
	}

	@Test
	void objectIsBoundAsSingleElementList() throws Exception {
		StandardEnvironment environment = Refusal.environment("mcp-security.rate-limit.rules.per=caller",
				"mcp-security.endpoints.admin.policy.rules.prompts=x");
		new YamlPropertySourceLoader().load("application.yml", new ByteArrayResource("""
				mcp-security:
				  authorization-servers:
				    issuer: https://a.example
				    marks:
				      token_use: access
				  policy:
				    rules:
				      tools: [a, b]
				      scopes: research:export
				  scopes:
				    name: research:export
				""".getBytes())).forEach(environment.getPropertySources()::addLast);
		McpSecurityProperties properties = PropertyBinder.bind(environment);
		assertThat(properties.authorizationServers()).singleElement()
			.satisfies((server) -> assertThat(server.issuer()).isEqualTo("https://a.example"))
			.satisfies((server) -> assertThat(server.marks()).containsEntry("token_use", List.of("access")));
		assertThat(properties.policy().rules()).singleElement()
			.satisfies((rule) -> assertThat(rule.tools()).containsExactly("a", "b"))
			.satisfies((rule) -> assertThat(rule.scopes()).containsExactly("research:export"));
		assertThat(properties.scopes()).extracting(McpSecurityProperties.Scope::name)
			.containsExactly("research:export");
		assertThat(properties.rateLimit().rules()).hasSize(1);
		assertThat(properties.endpoints().get("admin").policy().rules()).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource({ "60, PT1M", "250ms, PT0.25S", "2m, PT2M", "PT3S, PT3S" })
	void durationWithoutUnitIsInSeconds(String value, Duration duration) {
		assertThat(
				PropertyBinder.bind(Refusal.environment("mcp-security.token.clock-skew=" + value)).token().clockSkew())
			.isEqualTo(duration);
	}

	@ParameterizedTest
	@MethodSource("durations")
	void everyDurationPropertyHasDefaultUnitSeconds(RecordComponent component) {
		assertThat(component.getAccessor().getDeclaringClass().getDeclaredConstructors()[0].getParameters())
			.filteredOn((parameter) -> parameter.getName().equals(component.getName()))
			.allSatisfy((parameter) -> assertThat(parameter.getAnnotation(DurationUnit.class)).isNotNull()
				.extracting(DurationUnit::value)
				.isEqualTo(ChronoUnit.SECONDS));
	}

	static Stream<RecordComponent> durations() {
		return types(McpSecurityProperties.class).flatMap((type) -> Stream.of(type.getRecordComponents()))
			.filter((component) -> component.getType() == Duration.class);
	}

	private static Stream<Class<?>> types(Class<?> type) {
		return Stream.concat(Stream.of(type).filter(Class::isRecord),
				Stream.of(type.getDeclaredClasses()).flatMap(PropertyBinderTests::types));
	}

	@Test
	void configpropsEndpointReturnsPropertiesWithoutSecrets() {
		String introspection = "mcp-security.authorization-servers.introspection.";
		new WebApplicationContextRunner().withUserConfiguration(RecordsApplication.class)
			.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS",
					"mcp-security.resource=https://mcp.example/mcp",
					"mcp-security.authorization-servers.issuer=https://login.example",
					introspection + "uri=https://login.example/introspect", introspection + "client-id=server",
					introspection + "client-secret=s3cret", "management.endpoints.web.exposure.include=configprops",
					"management.endpoint.configprops.show-values=always")
			.run((context) -> assertThat(JsonMapper.shared()
				.writeValueAsString(context.getBean(ConfigurationPropertiesReportEndpoint.class)
					.configurationPropertiesWithPrefix("mcp-security")))
				.contains("https://login.example/introspect")
				.doesNotContain("s3cret"));
	}

	@Test
	void placeholdersAreResolved() {
		assertThat(PropertyBinder
			.bind(Refusal.environment("mcp-security.resource=https://${host}/mcp", "host=mcp.example"))
			.resource()).isEqualTo("https://mcp.example/mcp");
	}

	@Test
	void rulesReplacingThoseOfOtherSourceAreLogged(CapturedOutput output) {
		StandardEnvironment environment = variables(Map.of("MCPSECURITY_POLICY_RULES_0_TOOLS", "server_time"));
		environment.getPropertySources()
			.addLast(new MapPropertySource("application.yml", Map.of("mcp-security.policy.rules[0].tools", "purge")));
		assertThat(PropertyBinder.bind(environment).policy().rules()).hasSize(1);
		assertThat(output).contains("the rules of '" + VARIABLES + "' replace those of [application.yml]");
	}

	@Test
	void rulesOfSingleSourceAreNotLogged(CapturedOutput output) {
		PropertyBinder.bind(Refusal.environment("mcp-security.policy.rules[0].tools=purge"));
		assertThat(output).doesNotContain("several property sources");
	}

	private static StandardEnvironment variables(Map<String, String> variables) {
		StandardEnvironment environment = Refusal.environment();
		environment.getPropertySources()
			.replace(VARIABLES, new SystemEnvironmentPropertySource(VARIABLES, new LinkedHashMap<>(variables)));
		return environment;
	}

}
