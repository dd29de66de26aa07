package io.mcpsecurity.authorizationserver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtEncoder;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.FilterChainProxy;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The beans beside those of the application and of Spring Boot.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpAuthorizationServerAutoConfigurationTests {

	private static final String WARNING = "mcp-authorization-server.users have no effect";

	private final WebApplicationContextRunner contexts = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("mcp-authorization-server.issuer=https://auth.example",
				"mcp-authorization-server.resources[0].identifier=https://api.example/mcp",
				"mcp-authorization-server.resources[0].scopes[0].name=read",
				"mcp-authorization-server.users.alice.password={bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe");

	@Test
	void usersOfConfigurationSignIn(CapturedOutput output) {
		this.contexts.run((context) -> assertThat(context.getBean(UserDetailsService.class).loadUserByUsername("alice"))
			.isNotNull());
		assertThat(output).doesNotContain(WARNING);
	}

	@Test
	void usersOfConfigurationBesideThoseOfApplicationAreReported(CapturedOutput output) {
		this.contexts.withBean("users", UserDetailsService.class, InMemoryUserDetailsManager::new)
			.run((context) -> assertThat(context).hasSingleBean(UserDetailsService.class));
		assertThat(output.getOut()).containsOnlyOnce(WARNING);
	}

	@Test
	void withoutAnotherServerTokensOfThisOneAreDecoded() {
		this.contexts.run((context) -> assertThat(
				context.getBean(JwtDecoder.class).decode(token(context.getBean(JwtEncoder.class))).getSubject())
			.isEqualTo("alice"));
	}

	@Test
	void decoderOfAnotherServerIsNotUsedForRegistrations() {
		this.contexts
			.withPropertyValues("spring.security.oauth2.resourceserver.jwt.jwk-set-uri=http://localhost:1/keys")
			.run((context) -> {
				assertThat(context).getBeanNames(JwtDecoder.class).containsExactly("jwtDecoderByJwkKeySetUri");
				MockHttpServletRequest request = new MockHttpServletRequest("POST", "/oauth2/register");
				request.addHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token(context.getBean(JwtEncoder.class)));
				request.setContentType("application/json");
				request.setContent("{\"redirect_uris\":[\"https://app.example/callback\"]}".getBytes());
				MockHttpServletResponse response = new MockHttpServletResponse();
				// The other server's keys are not available, and would be an exception.
				context.getBean(FilterChainProxy.class).doFilter(request, response, new MockFilterChain());
				assertThat(response.getStatus()).isEqualTo(401);
			});
	}

	private static String token(JwtEncoder encoder) {
		return encoder.encode(JwtEncoderParameters.from(JwtClaimsSet.builder().subject("alice").build()))
			.getTokenValue();
	}

	/**
	 * An application without beans.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
