package io.mcpsecurity.token;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.PlainJWT;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import io.mcpsecurity.test.TestHttp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
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
@ExtendWith(OutputCaptureExtension.class)
class TokenFailureTests {

	private static final String RESOURCE = "https://mcp.example.com/mcp";

	private static final IssuerKeys.Settings SETTINGS = new IssuerKeys.Settings(Duration.ofMinutes(5),
			Duration.ofSeconds(10), Duration.ofHours(1));

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final IssuerKeys keys = new IssuerKeys(this.authorizationServer.issuer(), null,
			TestHttp.within(Duration.ofSeconds(4)), SETTINGS);

	private final IssuerAuthenticationManager manager = new IssuerAuthenticationManager(
			new AuthorizationServers(List.of(this.keys), Map.of(), Introspections.NONE, TokenExtensions.NONE), RESOURCE,
			Duration.ofSeconds(60), new McpCallerConverter(RESOURCE, UnaryOperator.identity()),
			new VerifiedTokens.Settings(10, Duration.ofMinutes(5), Duration.ofSeconds(5)));

	@AfterEach
	void close() throws Exception {
		this.keys.close();
		this.authorizationServer.close();
	}

	static Stream<Arguments> detailContainsReasonWithoutTokenAndIsNotInMessage() {
		return Stream.of(
				detail("iss: expected [http://localhost:", (token) -> token.claim("iss", "https://other.example\n")),
				detail("found https://other.example\ufffd", (token) -> token.claim("iss", "https://other.example\n")),
				detail("aud: expected [" + RESOURCE + "], found [https://other.example]",
						(token) -> token.claim("aud", "https://other.example")),
				detail("aud: expected [" + RESOURCE + "], found null", (token) -> token.claim("aud", null)),
				detail("typ: expected [jwt, at+jwt, (none)], found id_token+jwt",
						(token) -> token.type("id_token+jwt")),
				detail("it is another token's typ: Refresh", (token) -> token.claim("typ", "Refresh")),
				detail("nbf null, now 20", (token) -> token.claim("exp", inSeconds(-90))),
				detail("clock skew PT1M", (token) -> token.claim("nbf", inSeconds(90))),
				detail("found stranger", (token) -> token.key(strangersKey())),
				detail("alg RS256, kid: expected [", (token) -> token.key(strangersKey())));
	}

	@ParameterizedTest
	@MethodSource
	void detailContainsReasonWithoutTokenAndIsNotInMessage(String detail, UnaryOperator<Token> change) {
		String token = change.apply(this.authorizationServer.token(RESOURCE)).sign();
		for (int i = 0; i < 2; i++) {
			RefusedTokenException exception = (RefusedTokenException) authenticate(token);
			assertThat(exception.detail()).contains(detail).doesNotContain(token, "\n");
			assertThat(exception.getMessage()).doesNotContain(exception.detail());
		}
	}

	@Test
	void detailIsSanitizedAndTruncated() {
		String token = this.authorizationServer.token(RESOURCE).claim("aud", "x\u001b\u2028y".repeat(1000)).sign();
		assertThat(((RefusedTokenException) authenticate(token)).detail()).hasSizeLessThan(1200)
			.matches("[\\x20-\\x7E\ufffd\u2026]+");
	}

	@Test
	void firstRefusalOfEachKindPerMinuteIsLoggedAtInfo(CapturedOutput output) {
		LoggingSystem.get(getClass().getClassLoader()).setLogLevel(RefusedTokenLog.class.getName(), LogLevel.DEBUG);
		AtomicLong nanos = new AtomicLong();
		RefusedTokenLog log = new RefusedTokenLog(nanos::get);
		AuthenticationException audience = authenticate(
				this.authorizationServer.token("https://other.example/mcp").sign());
		AuthenticationException expired = authenticate(
				this.authorizationServer.token(RESOURCE).claim("exp", inSeconds(-90)).sign());
		this.authorizationServer.close();
		for (int i = 0; i < 120; i++) {
			log.log(URI.create(RESOURCE), audience);
			log.log(URI.create(RESOURCE), expired);
			nanos.addAndGet(Duration.ofSeconds(1).toNanos());
		}
		for (String kind : List.of("[audience]", "[expired]")) {
			assertThat(output.toString().lines().filter((line) -> line.contains("A token for") && line.contains(kind)))
				.hasSize(120)
				.filteredOn((line) -> line.contains(" INFO "))
				.hasSize(2)
				.allSatisfy((line) -> assertThat(line).contains("others of this kind"));
		}
	}

	private static Arguments detail(String detail, UnaryOperator<Token> change) {
		return arguments(detail, change);
	}

	static Stream<Arguments> failureMatchesReason() {
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
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("exp", null)),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("iat", inSeconds(900))),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("sub", null)),
				refusal(TokenFailure.MALFORMED, (token) -> token.claim("scope", List.of(1))));
	}

	@ParameterizedTest
	@MethodSource
	void failureMatchesReason(TokenFailure failure, UnaryOperator<Token> change) {
		assertThat(failure(change.apply(this.authorizationServer.token(RESOURCE)).sign())).isEqualTo(failure);
	}

	@ParameterizedTest
	@ValueSource(strings = { "secret", "a.b.c", "e30.e30", "e30.W10.e30" })
	void tokenThatIsNoJwtIsMalformed(String token) {
		assertThat(failure(token)).isEqualTo(TokenFailure.MALFORMED);
	}

	@ParameterizedTest
	@CsvSource({ "EdDSA, Ed25519", "Ed25519, Ed25519", "EdDSA, Ed448", "Ed448, Ed448" })
	void edwardsCurveSignaturesAreVerified(String algorithm, String curve) throws Exception {
		KeyPair keys = KeyPairGenerator.getInstance(curve).generateKeyPair();
		byte[] encoded = keys.getPublic().getEncoded();
		byte[] x = Arrays.copyOfRange(encoded, encoded.length - (curve.equals("Ed448") ? 57 : 32), encoded.length);
		JWK key = new OctetKeyPair.Builder(Curve.parse(curve), Base64URL.encode(x)).keyID("edwards").build();
		this.authorizationServer.publishKeys(new JWKSet(List.of(this.authorizationServer.publicKey(), key)).toString());
		Map<String, Object> header = Map.of("alg", algorithm, "kid", "edwards", "typ", "at+jwt");
		String token = edwardsSigned(keys.getPrivate(), header);
		this.manager.authenticate(new BearerTokenAuthenticationToken(token));

		assertThat(failure(token.substring(0, token.lastIndexOf('.') + 1)
				+ Base64URL.encode(new byte[curve.equals("Ed448") ? 114 : 64])))
			.isEqualTo(TokenFailure.SIGNATURE);
		assertThat(failure(token.substring(0, token.lastIndexOf('.') + 1) + Base64URL.encode("short")))
			.isEqualTo(TokenFailure.SIGNATURE);
		KeyPair stranger = KeyPairGenerator.getInstance(curve).generateKeyPair();
		assertThat(failure(edwardsSigned(stranger.getPrivate(), header))).isEqualTo(TokenFailure.SIGNATURE);
		Map<String, Object> critical = Map.of("alg", algorithm, "kid", "edwards", "typ", "at+jwt", "crit",
				List.of("unknown"), "unknown", "x");
		assertThat(failure(edwardsSigned(keys.getPrivate(), critical))).isEqualTo(TokenFailure.SIGNATURE);
		Map<String, Object> confused = Map.of("alg", "RS256", "kid", "edwards", "typ", "at+jwt");
		assertThat(failure(edwardsSigned(keys.getPrivate(), confused))).isEqualTo(TokenFailure.SIGNATURE);
	}

	private String edwardsSigned(PrivateKey key, Map<String, Object> header) throws Exception {
		String input = Base64URL.encode(JSONObjectUtils.toJSONString(header)) + "."
				+ Base64URL.encode(this.authorizationServer.token(RESOURCE).claims().toString());
		Signature signature = Signature.getInstance("EdDSA");
		signature.initSign(key);
		signature.update(input.getBytes(StandardCharsets.US_ASCII));
		return input + "." + Base64URL.encode(signature.sign());
	}

	@Test
	void unsignedTokenHasFailureSignature() {
		assertThat(failure(new PlainJWT(this.authorizationServer.token(RESOURCE).claims()).serialize()))
			.isEqualTo(TokenFailure.SIGNATURE);
	}

	@Test
	void whenKeysAreUnavailableThenFailureIsUnavailable() {
		this.authorizationServer.close();
		assertThat(failure(this.authorizationServer.token(RESOURCE).sign())).isEqualTo(TokenFailure.UNAVAILABLE);
	}

	@Test
	void exceptionMessageContainsReasonWithoutTokenValues() {
		String token = this.authorizationServer.token("https://other.example/mcp").claim("sub", "secret").sign();
		AuthenticationException exception = authenticate(token);
		assertThat(exception).isExactlyInstanceOf(RefusedTokenException.class)
			.hasNoCause()
			.hasMessage("The token was not issued for this server (aud)");
		assertThat(((OAuth2AuthenticationException) exception).getError()).usingRecursiveComparison()
			.isEqualTo(BearerTokenErrors.invalidToken("The token was not issued for this server (aud)"));
	}

	@Test
	void otherAuthenticationExceptionsAreMapped() {
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
