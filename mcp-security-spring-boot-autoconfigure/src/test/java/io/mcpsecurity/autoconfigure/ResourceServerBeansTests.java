package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.convert.converter.Converter;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.oauth2.server.resource.introspection.OpaqueTokenIntrospector;
import org.springframework.security.oauth2.server.resource.web.BearerTokenResolver;
import org.springframework.security.oauth2.server.resource.web.DefaultBearerTokenResolver;
import org.springframework.security.web.SecurityFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Beans and properties by which applications configure a resource server, and which hold
 * at MCP endpoints as well. The authorization server does not run, unless a test says so.
 */
@ExtendWith(OutputCaptureExtension.class)
class ResourceServerBeansTests {

	private static final String BOOT = "spring.security.oauth2.resourceserver.jwt.";

	private static final String INFO = "logging.level.io.mcpsecurity.autoconfigure.ResourceServerBeans=INFO";

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.stopped("");

	private final List<AutoCloseable> resources = new ArrayList<>(List.of(this.authorizationServer));

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable resource : this.resources) {
			resource.close();
		}
	}

	@ParameterizedTest
	@EnumSource
	void decoderBeanReplacesOnlySignatureVerification(Protocol protocol) {
		SecuredServer server = start(PermissiveApplication.class, protocol);
		Token token = server.token("a");
		assertAccepted(server, token);
		assertAccepted(server, server.token("a").key(TestAuthorizationServer.stopped("").signingKey()));
		assertRefused(server, "not issued for this server", server.token().claim("aud", "https://other.example"));
		assertRefused(server, "issuer is not trusted", server.token().claim("iss", "https://other.example"));
		assertRefused(server, "another issuer", server.token().claim("decoded_iss", "https://other.example"));
		assertRefused(server, "expired", server.token().claim("exp", Date.from(Instant.now().minusSeconds(600))));
		assertRefused(server, "exp", server.token().claim("exp", null));
		assertRefused(server, "no sub", server.token().claim("sub", null));
		assertRefused(server, "not that of an access token", server.token().type("logout+jwt"));
		assertRefused(server, "not an access token", server.token().claim("at_hash", "hash"));
		assertRefused(server, "bound to a key", server.token().claim("cnf", Map.of("jkt", "thumbprint")));
	}

	@Test
	void decoderIsCalledForEachRequest(CapturedOutput output) {
		SecuredServer server = start(PermissiveApplication.class, Protocol.STATELESS, INFO);
		assertThat(output).contains("Access tokens are verified by the bean 'permissive' at each request");
		String token = server.token("a").sign();
		assertThat(server.callTool(token, "describe", "{}").statusCode()).isEqualTo(200);
		Permissive.refuses.set(true);
		assertThat(server.callTool(token, "describe", "{}").statusCode()).isEqualTo(401);
		Permissive.refuses.set(false);
		assertThat(server.callTool(token, "describe", "{}").statusCode()).isEqualTo(200);
	}

	@Test
	void decoderIsIgnoredWhenJwkSetUriIsConfigured(CapturedOutput output) {
		this.authorizationServer.open();
		SecuredServer server = start(PermissiveApplication.class, Protocol.STATELESS,
				"mcp-security.authorization-servers[0].issuer=" + this.authorizationServer.issuer(),
				"mcp-security.authorization-servers[0].jwk-set-uri=" + this.authorizationServer.issuer() + "/keys");
		assertAccepted(server, server.token("a"));
		assertRefused(server, "no key of its issuer has signed it",
				server.token("a").key(TestAuthorizationServer.stopped("").signingKey()));
		assertThat(output).contains("The bean 'permissive' has no effect at MCP endpoints.");
	}

	@Test
	void decoderOfAuthorizationServerInSameApplicationIsIgnored(CapturedOutput output) {
		this.authorizationServer.open();
		SecuredServer server = start(AuthorizationServerApplication.class, Protocol.STATELESS, INFO);
		assertAccepted(server, server.token("a"));
		assertRefused(server, "no key of its issuer has signed it",
				server.token("a").key(TestAuthorizationServer.stopped("").signingKey()));
		assertThat(output).contains("The beans [keys, permissive] belong to an authorization server");
	}

	@Test
	void validatorBeansAreCalledForEachRequest() {
		this.authorizationServer.open();
		SecuredServer server = start(ExtendedApplication.class, Protocol.STATELESS);
		String token = server.token("a").sign();
		assertThat(server.callTool(token, "describe", "{}").statusCode()).isEqualTo(200);
		Extensions.blocked.set(true);
		HttpResponse<String> response = server.callTool(token, "describe", "{}");
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse(""))
			.contains("error=\"invalid_token\", error_description=\"The token is blocked\"");
		Extensions.blocked.set(false);
		assertThat(server.callTool(token, "describe", "{}").statusCode()).isEqualTo(200);
	}

	@Test
	void converterBeanCreatesAuthenticationButDoesNotGrantScopes() {
		this.authorizationServer.open();
		SecuredServer server = start(ExtendedApplication.class, Protocol.STATELESS,
				"mcp-security.policy.rules[0].tools=describe", "mcp-security.policy.rules[0].scopes=a");
		assertThat(SecuredServer.text(server.callTool(server.token("a").sign(), "describe", "{}")))
			.isEqualTo("named by the converter [ROLE_CONVERTED]");
		assertThat(server.callTool(server.token("CONVERTED").sign(), "describe", "{}").statusCode()).isEqualTo(403);
	}

	@Test
	void whenConverterReturnsSharedAuthenticationThenRequestFails() {
		this.authorizationServer.open();
		SecuredServer server = start(ExtendedApplication.class, Protocol.STATELESS);
		for (int i = 0; i < 2; i++) {
			assertThat(server.callTool(server.token("a").claim("shared", i).sign(), "describe", "{}").statusCode())
				.isEqualTo((i == 0) ? 200 : 500);
		}
	}

	@Test
	void resourceServerPropertiesOfSpringBootAreUsed() {
		this.authorizationServer.open();
		SecuredServer server = start(Application.class, Protocol.STATELESS, "mcp-security.authorization-servers=",
				BOOT + "issuer-uri=" + this.authorizationServer.issuer(),
				BOOT + "jwk-set-uri=" + this.authorizationServer.issuer() + "/keys", BOOT + "audiences=api://mcp",
				BOOT + "jws-algorithms=ES256", BOOT + "authority-prefix=ROLE_",
				BOOT + "principal-claim-name=client_id");
		String token = server.token("a").claim("aud", "api://mcp").elliptic().sign();
		assertThat(SecuredServer.text(server.callTool(token, "describe", "{}"))).contains("test-client", "ROLE_a");
		assertRefused(server, "no key of its issuer has signed it", server.token("a").claim("aud", "api://mcp"));
		assertRefused(server, "not issued for this server", server.token("a").elliptic());
		assertThat(this.authorizationServer.metadataRequests()).isZero();
	}

	@Test
	void publicKeyOfSpringBootIsUsed(@TempDir Path directory) throws IOException, JOSEException {
		byte[] key = this.authorizationServer.publicKey().toRSAKey().toRSAPublicKey().getEncoded();
		Path file = Files.writeString(directory.resolve("key.pem"), "-----BEGIN PUBLIC KEY-----\n"
				+ Base64.getMimeEncoder().encodeToString(key) + "\n-----END PUBLIC KEY-----\n");
		SecuredServer server = start(Application.class, Protocol.STATELESS, "mcp-security.authorization-servers=",
				BOOT + "issuer-uri=" + this.authorizationServer.issuer(), BOOT + "public-key-location=file:" + file);
		assertAccepted(server, server.token("a"));
		assertRefused(server, "no key of its issuer has signed it",
				server.token("a").key(TestAuthorizationServer.stopped("").signingKey()));
		assertRefused(server, "not issued for this server", server.token().claim("aud", "https://other.example"));
	}

	@Test
	void unsupportedAlgorithmFailsStartup() {
		runner(BOOT + "issuer-uri=https://login.example.com", BOOT + "jwk-set-uri=https://login.example.com/keys",
				BOOT + "jws-algorithms=RS256,HS256")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidConfigurationPropertyValueException.class)
				.hasMessageContaining(BOOT + "jws-algorithms"));
	}

	@Test
	void beansAndPropertiesWithoutEffectAreLogged(CapturedOutput output) {
		runner("mcp-security.authorization-servers=https://a.example,https://b.example",
				BOOT + "jwk-set-uri=https://a.example/keys", BOOT + "audiences=a", BOOT + "jws-algorithms=RS256",
				"spring.security.oauth2.resourceserver.opaquetoken.introspection-uri=https://a.example/introspect",
				"spring.security.oauth2.resourceserver.opaquetoken.client-id=a",
				"spring.security.oauth2.resourceserver.opaquetoken.client-secret=a")
			.withUserConfiguration(WithoutEffect.class)
			.run((context) -> assertThat(context).hasNotFailed());
		for (String what : List.of("bean 'decoder'", "bean 'introspector'", "bean 'resolver'", "bean 'customizer'",
				"property '" + BOOT + "jwk-set-uri'", "property '" + BOOT + "audiences'",
				"property '" + BOOT + "jws-algorithms'",
				"property 'spring.security.oauth2.resourceserver.opaquetoken.introspection-uri'")) {
			assertThat(output).containsOnlyOnce("The " + what + " has no effect at MCP endpoints. ");
		}
	}

	@Test
	void whenTwoDecodersThenNeitherIsUsed(CapturedOutput output) {
		runner("mcp-security.authorization-servers=https://a.example")
			.withUserConfiguration(WithoutEffect.class, Permissive.class)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output)
			.contains("The bean 'decoder' has no effect at MCP endpoints. ",
					"The bean 'permissive' has no effect at MCP endpoints. ")
			.doesNotContain("are verified by the bean");
	}

	@Test
	void whenTwoDecodersThenThePrimaryOneIsUsed(CapturedOutput output) {
		runner("mcp-security.authorization-servers=https://a.example")
			.withUserConfiguration(WithoutEffect.class, Permissive.class)
			.withInitializer((context) -> context
				.addBeanFactoryPostProcessor((beans) -> beans.getBeanDefinition("permissive").setPrimary(true)))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).contains("The bean 'decoder' has no effect at MCP endpoints. ")
			.doesNotContain("The bean 'permissive' has no effect");
	}

	@Test
	void autoConfiguredDecoderIsNotLogged(CapturedOutput output) {
		runner(BOOT + "issuer-uri=https://login.example.com", BOOT + "audiences=a")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(JwtDecoder.class));
		assertThat(output).doesNotContain("has no effect", "are verified by the bean");
	}

	private static WebApplicationContextRunner runner(String... properties) {
		return new WebApplicationContextRunner().withUserConfiguration(Application.class)
			.withPropertyValues("spring.main.banner-mode=off", "spring.jmx.enabled=false",
					"mcp-security.resource=https://mcp.example.com/mcp", "spring.ai.mcp.server.protocol=STREAMABLE")
			.withPropertyValues(properties);
	}

	private SecuredServer start(Class<?> application, Protocol protocol, String... properties) {
		List<String> all = new ArrayList<>(List.of(properties));
		all.add("spring.ai.mcp.server.protocol=" + protocol);
		SecuredServer server = SecuredServer.start(application, this.authorizationServer, all.toArray(String[]::new));
		this.resources.add(server);
		return server;
	}

	private static void assertAccepted(SecuredServer server, Token token) {
		HttpResponse<String> response = server.callTool(token.sign(), "describe", "{}");
		assertThat(response.statusCode()).as(response.headers() + response.body()).isEqualTo(200);
	}

	private static void assertRefused(SecuredServer server, String description, Token token) {
		HttpResponse<String> response = server
			.send(server.post(token.sign(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).contains(description);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Tools.class)
	static class Application {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Tools.class, Permissive.class })
	static class PermissiveApplication {

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Tools.class, Permissive.class })
	static class AuthorizationServerApplication {

		@Bean
		JWKSource<SecurityContext> keys() {
			return new ImmutableJWKSet<>(new JWKSet());
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Tools.class, Extensions.class })
	static class ExtendedApplication {

	}

	static class Tools {

		@McpTool(description = "Describes the authentication")
		String describe() {
			Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
			return authentication.getName() + " " + authentication.getAuthorities();
		}

	}

	/**
	 * Takes every token as it is.
	 */
	static class Permissive {

		static final AtomicBoolean refuses = new AtomicBoolean();

		@Bean
		JwtDecoder permissive() {
			return (token) -> {
				if (refuses.get()) {
					throw new BadJwtException("no");
				}
				try {
					SignedJWT jwt = SignedJWT.parse(token);
					JWTClaimsSet claims = jwt.getJWTClaimsSet();
					Jwt.Builder decoded = Jwt.withTokenValue(token)
						.headers((headers) -> headers.putAll(jwt.getHeader().toJSONObject()))
						.claims((all) -> claims.getClaims().forEach((name, value) -> {
							if (value != null) {
								all.put(name, (value instanceof Date date) ? date.toInstant() : value);
							}
						}));
					if (claims.getClaim("decoded_iss") != null) {
						decoded.issuer(claims.getStringClaim("decoded_iss"));
					}
					return decoded.build();
				}
				catch (ParseException ex) {
					throw new BadJwtException("no", ex);
				}
			};
		}

	}

	static class Extensions {

		static final AtomicBoolean blocked = new AtomicBoolean();

		private final AbstractAuthenticationToken shared = new JwtAuthenticationToken(
				Jwt.withTokenValue("token").header("alg", "none").subject("shared").build(), Set.of());

		@Bean
		OAuth2TokenValidator<Jwt> validator() {
			return (jwt) -> blocked.get()
					? OAuth2TokenValidatorResult.failure(new OAuth2Error("invalid_token", "The token is blocked", null))
					: OAuth2TokenValidatorResult.success();
		}

		@Bean
		Converter<Jwt, AbstractAuthenticationToken> converter() {
			return (jwt) -> jwt.hasClaim("shared") ? this.shared : new JwtAuthenticationToken(jwt,
					AuthorityUtils.createAuthorityList("ROLE_CONVERTED"), "named by the converter");
		}

	}

	static class WithoutEffect extends Extensions {

		/**
		 * Spring Boot would make two for every request, of the decoder and the
		 * introspector.
		 */
		@Bean
		SecurityFilterChain everythingElse(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().denyAll()).build();
		}

		@Bean
		JwtDecoder decoder() {
			return (token) -> new Permissive().permissive().decode(token);
		}

		@Bean
		OpaqueTokenIntrospector introspector() {
			return (token) -> {
				throw new UnsupportedOperationException();
			};
		}

		@Bean
		BearerTokenResolver resolver() {
			return new DefaultBearerTokenResolver();
		}

		@Bean
		Customizer<HttpSecurity> customizer() {
			return (http) -> {
			};
		}

	}

}
