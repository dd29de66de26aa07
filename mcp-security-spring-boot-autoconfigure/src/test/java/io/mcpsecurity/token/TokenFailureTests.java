package io.mcpsecurity.token;

import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.PlainJWT;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.security.authentication.InsufficientAuthenticationException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenErrors;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * The one word for why a token is not accepted.
 */
class TokenFailureTests {

	private static final String RESOURCE = "https://mcp.example.com/mcp";

	private static final IssuerKeys.Settings SETTINGS = new IssuerKeys.Settings(Duration.ofSeconds(2),
			Duration.ofSeconds(2), Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ofHours(1));

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final IssuerKeys keys = new IssuerKeys(this.authorizationServer.issuer(), null, SETTINGS);

	private final IssuerAuthenticationManager manager = new IssuerAuthenticationManager(
			new AuthorizationServers(List.of(this.keys)), RESOURCE, Duration.ofSeconds(60),
			new McpCallerConverter(RESOURCE), new VerifiedTokens.Settings(10, Duration.ofMinutes(5)));

	@AfterEach
	void close() throws Exception {
		this.keys.close();
		this.authorizationServer.close();
	}

	static Stream<Arguments> refusals() {
		return Stream.of(refusal(TokenFailure.ISSUER, (token) -> token.claim("iss", "https://other.example")),
				refusal(TokenFailure.ISSUER, (token) -> token.claim("iss", null)),
				refusal(TokenFailure.SIGNATURE, (token) -> token.key(strangersKey())),
				refusal(TokenFailure.EXPIRED, (token) -> token.claim("exp", inSeconds(-90))),
				refusal(TokenFailure.EXPIRED,
						(token) -> token.claim("exp", inSeconds(-90)).claim("nbf", inSeconds(-900))),
				refusal(TokenFailure.NOT_YET_VALID, (token) -> token.claim("nbf", inSeconds(90))),
				refusal(TokenFailure.NOT_YET_VALID,
						(token) -> token.claim("nbf", inSeconds(90)).claim("exp", inSeconds(-30))),
				refusal(TokenFailure.AUDIENCE, (token) -> token.claim("aud", "https://other.example/mcp")),
				refusal(TokenFailure.AUDIENCE, (token) -> token.claim("aud", null)),
				refusal(TokenFailure.AUDIENCE,
						(token) -> token.claim("aud", "https://other.example/mcp").claim("exp", inSeconds(-90))),
				refusal(TokenFailure.TYPE, (token) -> token.type("id_token+jwt")),
				refusal(TokenFailure.TYPE, (token) -> token.claim("typ", "Refresh")),
				refusal(TokenFailure.TYPE, (token) -> token.claim("at_hash", "x")),
				refusal(TokenFailure.BOUND, (token) -> token.claim("cnf", Map.of("jkt", "thumbprint"))),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("exp", null)),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("iat", inSeconds(900))),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("sub", null)),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("scope", List.of(1))));
	}

	@ParameterizedTest
	@MethodSource
	void refusals(TokenFailure failure, UnaryOperator<Token> change) {
		assertThat(failure(change.apply(this.authorizationServer.token(RESOURCE)).sign())).isEqualTo(failure);
	}

	@ParameterizedTest
	@ValueSource(strings = { "secret", "a.b.c", "e30.e30", "e30.W10.e30" })
	void whatIsNoJwtIsMalformed(String token) {
		assertThat(failure(token)).isEqualTo(TokenFailure.MALFORMED);
	}

	@Test
	void anUnsignedTokenIsSignedByNobody() {
		assertThat(failure(new PlainJWT(this.authorizationServer.token(RESOURCE).claims()).serialize()))
			.isEqualTo(TokenFailure.SIGNATURE);
	}

	@Test
	void aTokenThatCannotBeCheckedIsNotCalledBad() {
		this.authorizationServer.close();
		assertThat(failure(this.authorizationServer.token(RESOURCE).sign())).isEqualTo(TokenFailure.UNAVAILABLE);
	}

	@Test
	void aRefusalNamesTheReasonAndRepeatsNothingOfTheToken() {
		String token = this.authorizationServer.token("https://other.example/mcp").claim("sub", "secret").sign();
		AuthenticationException exception = authenticate(token);
		assertThat(exception).isExactlyInstanceOf(RefusedTokenException.class)
			.hasNoCause()
			.hasMessage("The token was not issued for this server (aud)");
		assertThat(((OAuth2AuthenticationException) exception).getError()).usingRecursiveComparison()
			.isEqualTo(BearerTokenErrors.invalidToken("The token was not issued for this server (aud)"));
	}

	@Test
	void failuresOfOthersHaveAWordToo() {
		assertThat(TokenFailure.of(new InsufficientAuthenticationException("No access token")))
			.isEqualTo(TokenFailure.MISSING);
		assertThat(TokenFailure.of(new OAuth2AuthenticationException(BearerTokenErrors.invalidRequest("Two headers"))))
			.isEqualTo(TokenFailure.INVALID_REQUEST);
		assertThat(TokenFailure.of(new InvalidBearerTokenException("Revoked"))).isEqualTo(TokenFailure.OTHER);
	}

	private TokenFailure failure(String token) {
		return TokenFailure.of(authenticate(token));
	}

	private AuthenticationException authenticate(String token) {
		return catchThrowableOfType(AuthenticationException.class,
				() -> this.manager.authenticate(new BearerTokenAuthenticationToken(token)));
	}

	private static Arguments refusal(TokenFailure failure, UnaryOperator<Token> change) {
		return arguments(failure, change);
	}

	private static Date inSeconds(int seconds) {
		return Date.from(Instant.now().plusSeconds(seconds));
	}

	private static RSAKey strangersKey() {
		try {
			return new RSAKeyGenerator(2048).keyID("stranger").generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
