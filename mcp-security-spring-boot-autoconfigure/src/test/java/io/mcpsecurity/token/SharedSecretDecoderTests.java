package io.mcpsecurity.token;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;

import javax.crypto.spec.SecretKeySpec;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tokens that are signed with a shared secret, which a decoder of the application knows.
 */
class SharedSecretDecoderTests {

	private static final String SECRET = encoded("a secret of this test with enough bits");

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.stopped("");
		server = SecuredServer.start(SharedSecretApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "token.secret=" + SECRET);
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	/** A value of {@code -} stands for the right one. */
	@ParameterizedTest
	@CsvSource({ "-, -, -, 60, records:browse, 200", "-, -, -, 60, other, 403", "other, -, -, 60, records:browse, 401",
			"-, https://other.example, -, 60, records:browse, 401",
			"-, -, https://other.example, 60, records:browse, 401", "-, -, -, -600, records:browse, 401" })
	void tokenOfSharedSecretIsCheckedLikeOthers(String secret, String issuer, String audience, long lifetime,
			String scope, int status) throws JOSEException {
		JWTClaimsSet claims = new JWTClaimsSet.Builder()
			.issuer(issuer.equals("-") ? authorizationServer.issuer() : issuer)
			.audience(audience.equals("-") ? server.url() : audience)
			.subject("alice")
			.claim("scope", scope)
			.expirationTime(Date.from(Instant.now().plusSeconds(lifetime)))
			.build();
		SignedJWT token = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).type(JOSEObjectType.JWT).build(),
				claims);
		token.sign(new MACSigner(Base64.getDecoder()
			.decode(secret.equals("-") ? SECRET : encoded("another secret of this test, with bits"))));
		assertThat(server.callTool(token.serialize(), "browse", "{}").statusCode()).isEqualTo(status);
	}

	private static String encoded(String secret) {
		return Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class SharedSecretApplication {

		@Bean
		JwtDecoder decoder(@Value("${token.secret}") String secret) {
			return NimbusJwtDecoder.withSecretKey(new SecretKeySpec(Base64.getDecoder().decode(secret), "HmacSHA256"))
				.build();
		}

	}

}
