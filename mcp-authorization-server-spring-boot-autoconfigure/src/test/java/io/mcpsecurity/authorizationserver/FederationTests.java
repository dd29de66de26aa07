package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.user.DefaultOAuth2User;
import org.springframework.security.oauth2.core.user.OAuth2User;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The properties of providers: what stops the start, and what claims mean.
 */
@ExtendWith(OutputCaptureExtension.class)
class FederationTests {

	private static final String PREFIX = "mcp-authorization-server.";

	private static final String REGISTRATION = "spring.security.oauth2.client.registration.";

	private static final String PROVIDER = "spring.security.oauth2.client.provider.";

	private final WebApplicationContextRunner contexts = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues(PREFIX + "issuer=https://auth.example",
				PREFIX + "resources[0].identifier=https://api.example/mcp",
				PREFIX + "resources[0].scopes[0].name=records:read", PREFIX + "roles.READER=records:read");

	private final WebApplicationContextRunner federated = this.contexts.withPropertyValues(
			REGISTRATION + "corp.client-id=client", REGISTRATION + "corp.client-secret=secret",
			REGISTRATION + "corp.scope=openid", REGISTRATION + "corp.authorization-grant-type=authorization_code",
			REGISTRATION + "corp.redirect-uri={baseUrl}/{action}/oauth2/code/{registrationId}",
			PROVIDER + "corp.authorization-uri=https://corp.example/authorize",
			PROVIDER + "corp.token-uri=https://corp.example/token",
			PROVIDER + "corp.jwk-set-uri=https://corp.example/jwks", PREFIX + "federation.corp.default-roles=READER");

	@Test
	void providerWithoutIssuerIsReported(CapturedOutput output) {
		this.federated.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SignIn.class).entryPoint()).isEqualTo("/oauth2/authorization/corp");
		});
		assertThat(output).containsOnlyOnce("The issuer of ID tokens of the provider corp is not checked");
	}

	@Test
	void reassignableSubjectIsReported(CapturedOutput output) {
		this.federated.withPropertyValues(PREFIX + "federation.corp.subject-claim=email")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).containsOnlyOnce("are identified by the claim email");
	}

	@Test
	void applicationWithUsersShowsTheLoginPage() {
		this.federated.withBean("users", UserDetailsService.class, InMemoryUserDetailsManager::new)
			.run((context) -> assertThat(context.getBean(SignIn.class).entryPoint()).isEqualTo("/login"));
		this.federated.withPropertyValues(PREFIX + "users.alice.password={bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe")
			.run((context) -> assertThat(context.getBean(SignIn.class).entryPoint()).isEqualTo("/login"));
	}

	/** The message names the property and a remedy. */
	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					mcp-authorization-server.federation.other.default-roles=READER  | mcp-authorization-server.federation.other
					mcp-authorization-server.federation.corp.default-roles=         | mcp-authorization-server.federation.corp.roles
					mcp-authorization-server.federation.corp.default-roles=NONE     | mcp-authorization-server.federation.corp.default-roles
					mcp-authorization-server.federation.corp.roles-claim=groups     | mcp-authorization-server.federation.corp.roles-claim
					mcp-authorization-server.federation.corp.roles.staff=READER     | mcp-authorization-server.federation.corp.roles-claim
					mcp-authorization-server.federation.[a;b].default-roles=READER  | mcp-authorization-server.federation.a;b
					mcp-authorization-server.users.[corp!1].password={bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe | mcp-authorization-server.users.corp!1
					spring.security.oauth2.client.registration.corp.scope=profile   | mcp-authorization-server.federation.corp.subject-claim
					spring.security.oauth2.client.registration.corp.redirect-uri=https://other.example/login/oauth2/code/corp | spring.security.oauth2.client.registration.corp.redirect-uri
					spring.security.oauth2.client.registration.corp.redirect-uri={baseScheme}://{baseHost}/login/oauth2/code/corp | spring.security.oauth2.client.registration.corp.redirect-uri
					spring.security.oauth2.client.registration.corp.authorization-grant-type=client_credentials | spring.security.oauth2.client.registration.corp.authorization-grant-type
					""")
	void wrongPropertyStopsTheStart(String property, String name) {
		this.federated.withPropertyValues(property.replace('!', '|'))
			.run((context) -> assertThat(rootCause(context.getStartupFailure()))
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo(name.replace('!', '|'));
					assertThat(ex.getReason()).contains("Set ");
				}));
	}

	@Test
	void issuerWithoutScopeOpenidStopsTheStart() throws Exception {
		try (StubProvider provider = new StubProvider()) {
			this.contexts
				.withPropertyValues(REGISTRATION + "corp.client-id=client", REGISTRATION + "corp.client-secret=secret",
						PROVIDER + "corp.issuer-uri=" + provider.issuer(),
						PREFIX + "federation.corp.default-roles=READER")
				.run((context) -> assertThat(rootCause(context.getStartupFailure())).isInstanceOfSatisfying(
						InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo(REGISTRATION + "corp.scope")));
		}
	}

	@Test
	void clientLibraryIsRequiredForProvidersOnly() {
		FilteredClassLoader without = new FilteredClassLoader("org.springframework.security.oauth2.client");
		this.contexts.withClassLoader(without).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SignIn.class).entryPoint()).isEqualTo("/login");
		});
		this.federated.withClassLoader(without)
			.run((context) -> assertThat(rootCause(context.getStartupFailure())).isInstanceOfSatisfying(
					InvalidConfigurationPropertyValueException.class,
					(ex) -> assertThat(ex.getReason()).contains("spring-boot-starter-security-oauth2-client")));
	}

	@ParameterizedTest
	@MethodSource("claims")
	void rolesAreThoseOfMappedValues(String claim, Map<String, Object> claims, Set<String> roles) {
		this.federated
			.withPropertyValues(PREFIX + "federation.corp.default-roles=",
					PREFIX + "federation.corp.roles-claim=" + claim, PREFIX + "federation.corp.roles.[/staff]=READER",
					PREFIX + "federation.corp.roles.[Domain Admins]=READER,ADMIN")
			.run((context) -> assertThat(context.getBean(Federation.class).roles("corp", claims)).isEqualTo(roles));
	}

	static Stream<Arguments> claims() {
		return Stream.of(Arguments.of("groups", Map.of("groups", List.of("/staff", "other")), Set.of("READER")),
				Arguments.of("groups", Map.of("groups", List.of("Domain Admins")), Set.of("READER", "ADMIN")),
				Arguments.of("groups", Map.of("groups", "/staff"), Set.of("READER")),
				Arguments.of("realm_access.roles", Map.of("realm_access", Map.of("roles", List.of("/staff"))),
						Set.of("READER")),
				Arguments.of("resource_access.my.app.roles",
						Map.of("resource_access", Map.of("my.app", Map.of("roles", List.of("/staff")))),
						Set.of("READER")),
				Arguments.of("https://corp.example/roles", Map.of("https://corp.example/roles", List.of("/staff")),
						Set.of("READER")),
				Arguments.of("cognito:groups", Map.of("cognito:groups", List.of("/staff")), Set.of("READER")),
				Arguments.of("groups", Map.of(), Set.of()), Arguments.of("groups", Map.of("groups", 1), Set.of()),
				Arguments.of("groups", Map.of("groups", List.of(1, List.of("/staff"))), Set.of()),
				Arguments.of("groups", Map.of("groups", "/staff other"), Set.of()),
				Arguments.of("groups", Map.of("groups", List.of("/STAFF", "READER", "ADMIN")), Set.of()),
				Arguments.of("groups", Map.of("groups", Map.of("/staff", true)), Set.of()),
				Arguments.of("realm_access.roles", Map.of("realm_access", "roles"), Set.of()));
	}

	@Test
	void otherUserWithNameOfFederatedUserGrantsNothing() {
		this.federated.run((context) -> {
			GrantableScopes scopes = context.getBean(GrantableScopes.class);
			List<GrantedAuthority> reader = AuthorityUtils.createAuthorityList("ROLE_READER");
			Map<String, Object> attributes = Map.of("sub", "corp|1");
			OAuth2User federated = new DefaultOAuth2User(reader, attributes, "sub");
			assertThat(scopes.of(new OAuth2AuthenticationToken(federated, reader, "corp")))
				.containsExactly("records:read");
			assertThat(scopes.of(new OAuth2AuthenticationToken(federated, reader, "of-the-application"))).isEmpty();
			assertThat(scopes.of(new TestingAuthenticationToken("corp|1", null, reader))).isEmpty();
			assertThat(scopes.of(new TestingAuthenticationToken("other|1", null, reader)))
				.containsExactly("records:read");
		});
	}

	/** In contrast to an ID token that is signed with another key. */
	@Test
	void keysThatCannotBeFetchedAreAnOutage() throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest("GET", "/login/oauth2/code/corp");
		MockHttpServletResponse response = new MockHttpServletResponse();
		OAuth2Error error = new OAuth2Error("invalid_id_token");
		new FederatedLoginFailures().onAuthenticationFailure(request, response,
				new OAuth2AuthenticationException(error, new JwtException("No keys")));
		assertThat(response.getStatus()).isEqualTo(502);
		new FederatedLoginFailures().onAuthenticationFailure(request, response,
				new OAuth2AuthenticationException(error, new BadJwtException("Another key")));
		assertThat(response.getStatus()).isEqualTo(403);
	}

	/** Each block of YAML, with a provider on this machine. */
	@ParameterizedTest
	@MethodSource("documentedConfigurations")
	void applicationStartsWithDocumentedConfiguration(String yaml) throws Exception {
		try (StubProvider provider = new StubProvider()) {
			String local = yaml.replaceAll("issuer-uri: \\S+", "issuer-uri: " + provider.issuer())
				.replaceAll("\\$\\{\\w+}", "secret");
			PropertySource<?> properties = new YamlPropertySourceLoader()
				.load("documented", new ByteArrayResource(local.getBytes()))
				.get(0);
			this.contexts
				.withInitializer((context) -> context.getEnvironment().getPropertySources().addFirst(properties))
				.run((context) -> {
					assertThat(context).hasNotFailed();
					assertThat(context.getBean(SignIn.class).links()).hasSize(1);
				});
		}
	}

	static Stream<String> documentedConfigurations() throws IOException {
		return Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
			.matcher(Files.readString(Path.of("../docs/federation.md")))
			.results()
			.map((block) -> block.group(1));
	}

	private static Throwable rootCause(Throwable failure) {
		return NestedExceptionUtils.getMostSpecificCause(failure);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
