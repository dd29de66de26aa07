package io.mcpsecurity.token;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestHttp;
import io.mcpsecurity.test.TestIntrospectionEndpoint;
import io.mcpsecurity.token.TokenIntrospection.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

/**
 * When an introspection endpoint is asked, and what is remembered of its answers. Time
 * passes only when a test says so, except for time-outs.
 */
@ExtendWith(OutputCaptureExtension.class)
class TokenIntrospectionTests {

	private static final String RESOURCE = "https://mcp.example.com/mcp";

	private static final String ISSUER = "https://login.example.com";

	private static final Duration TTL = Duration.ofSeconds(30);

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final int MAX_CONCURRENT = 4;

	private final TestIntrospectionEndpoint endpoint = TestIntrospectionEndpoint.start();

	private final AtomicLong nanos = new AtomicLong(System.nanoTime());

	private final TokenIntrospection introspection = introspection(ClientAuthentication.secret("server", "secret"),
			LONG);

	@AfterEach
	void stop() {
		this.endpoint.close();
	}

	@Test
	void activeResponseIsCachedUntilTimeToLive() {
		this.endpoint.answer("good", active(3600));
		assertThat(this.introspection.introspect("good").active()).isTrue();
		pass(TTL.minusMillis(1));
		this.introspection.introspect("good");
		assertThat(this.endpoint.asked("good")).isEqualTo(1);
		pass(Duration.ofMillis(1));
		this.endpoint.answer("good", Map.of("active", false));
		assertInactive("good");
		assertThat(this.endpoint.asked("good")).isEqualTo(2);
	}

	@Test
	void activeResponseIsCachedUntilTokenExpires() {
		this.endpoint.answer("short", active(10));
		this.introspection.introspect("short");
		pass(Duration.ofSeconds(11));
		this.introspection.introspect("short");
		assertThat(this.endpoint.asked("short")).isEqualTo(2);
	}

	@Test
	void inactiveResponseIsCachedForFiveSeconds() {
		assertInactive("bad");
		pass(Duration.ofSeconds(4));
		assertInactive("bad");
		assertThat(this.endpoint.asked("bad")).isEqualTo(1);
		pass(Duration.ofSeconds(1));
		this.endpoint.answer("bad", active(3600));
		assertThat(this.introspection.introspect("bad").active()).isTrue();
	}

	@Test
	void inactiveTokensDoNotEvictActiveTokens() {
		this.endpoint.answer("good", active(3600));
		this.introspection.introspect("good");
		for (int i = 0; i < 50; i++) {
			assertInactive("bad-" + i);
		}
		this.introspection.introspect("good");
		assertThat(this.endpoint.asked("good")).isEqualTo(1);
	}

	@Test
	void failingEndpointIsSkippedAndThenRetriedOnce(CapturedOutput output) {
		this.endpoint.answerOthers(500, "");
		for (int i = 0; i < 10; i++) {
			assertUnavailable("token-" + i);
		}
		assertThat(this.endpoint.requests()).hasSize(3);
		assertThat(this.introspection.counted(Result.FAILED)).isEqualTo(3);
		assertThat(this.introspection.counted(Result.SKIPPED)).isEqualTo(7);
		assertThat(this.introspection.status()).isEqualTo(IssuerKeys.Status.UNAVAILABLE);
		pass(Duration.ofSeconds(10));
		assertUnavailable("one");
		assertUnavailable("two");
		assertThat(this.endpoint.requests()).hasSize(4);
		pass(Duration.ofSeconds(10));
		this.endpoint.answerOthers(200, "{\"active\":false}");
		assertThat(this.introspection.probe()).isEqualTo(IssuerKeys.Status.AVAILABLE);
		assertInactive("three");
		assertThat(this.endpoint.requests()).hasSize(6);
		assertThat(output.toString().split("cannot be used, tokens cannot be checked: it responded with 500", -1))
			.as("one line per outage")
			.hasSize(2);
	}

	@Test
	void concurrentIntrospectionsAndWaitingRequestsAreLimited() throws Exception {
		this.endpoint.answer("good", active(3600));
		this.introspection.introspect("good");
		Runnable release = this.endpoint.hold();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < 2 * MAX_CONCURRENT; i++) {
			String token = "held-" + i;
			Thread thread = new Thread(() -> assertInactive(token));
			thread.start();
			threads.add(thread);
		}
		await().until(() -> this.endpoint.mostUnderWay() == MAX_CONCURRENT);
		Thread.sleep(200);
		long start = System.nanoTime();
		AuthenticationServiceException refused = catchThrowableOfType(AuthenticationServiceException.class,
				() -> this.introspection.introspect("another"));
		assertThat(TokenFailure.of(refused)).isEqualTo(TokenFailure.BUSY);
		this.introspection.introspect("good");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
		release.run();
		for (Thread thread : threads) {
			thread.join(30_000);
		}
		assertInactive("another");
	}

	@Test
	void badRequestResponsesDoNotMakeEndpointUnavailable() {
		this.endpoint.answerOthers(400, "");
		for (int i = 0; i < 10; i++) {
			assertUnavailable("token-" + i);
		}
		this.endpoint.answer("good", active(3600));
		assertThat(this.introspection.introspect("good").active()).isTrue();
		assertThat(this.introspection.status()).isEqualTo(IssuerKeys.Status.AVAILABLE);
	}

	@Test
	void timeoutMakesEndpointUnavailable(CapturedOutput output) {
		TokenIntrospection hasty = introspection(ClientAuthentication.secret("server", "secret"),
				Duration.ofMillis(150));
		Runnable release = this.endpoint.hold();
		try {
			assertThatExceptionOfType(AuthenticationServiceException.class)
				.isThrownBy(() -> hasty.introspect("some-token"));
			assertThat(hasty.status()).isEqualTo(IssuerKeys.Status.UNAVAILABLE);
			assertThat(output).contains("it did not respond within").doesNotContain("some-token", "secret");
		}
		finally {
			release.run();
		}
	}

	@Test
	void unreachableEndpointIsUnavailable() {
		this.endpoint.close();
		assertUnavailable("token");
		assertThat(this.introspection.status()).isEqualTo(IssuerKeys.Status.UNAVAILABLE);
	}

	/**
	 * RFC 6749 section 2.3.1: both parts are form-encoded, before anything else.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "a%2Bb", "a+b c", "a:b:", "\u00e4\u00f6\u00fc\u00df\u20ac", "&=?#\"\\", "~*-._!'()", "%" })
	void clientSecretWithSpecialCharactersIsEncoded(String secret) {
		this.endpoint.answerOthers(200, "{\"active\":true}");
		introspection(ClientAuthentication.secret("the: " + secret, secret), LONG).introspect("basic");
		introspection(ClientAuthentication.secretInForm("the: " + secret, secret), LONG).introspect("post");
		TestIntrospectionEndpoint.Request basic = this.endpoint.requests().get(0);
		String[] credentials = new String(Base64.getDecoder().decode(basic.authorization().substring(6)),
				StandardCharsets.US_ASCII)
			.split(":");
		assertThat(credentials).hasSize(2);
		assertThat(credentials).extracting((part) -> URLDecoder.decode(part, StandardCharsets.UTF_8))
			.containsExactly("the: " + secret, secret);
		assertThat(basic.parameters()).containsOnlyKeys("token", "token_type_hint");
		TestIntrospectionEndpoint.Request post = this.endpoint.requests().get(1);
		assertThat(post.authorization()).isNull();
		assertThat(post.parameters()).containsEntry("client_id", "the: " + secret)
			.containsEntry("client_secret", secret);
	}

	@ParameterizedTest
	@ValueSource(strings = { "RSA", "P-256", "P-384" })
	void privateKeySignsNewAssertionForEachRequest(String kind) throws JOSEException, ParseException {
		PrivateKey key;
		Verification verification;
		if (kind.equals("RSA")) {
			RSAKey rsa;
			try (TestAuthorizationServer server = TestAuthorizationServer.start()) {
				rsa = (RSAKey) server.signingKey();
			}
			key = rsa.toPrivateKey();
			verification = (jwt) -> jwt.verify(new RSASSAVerifier(rsa));
		}
		else {
			ECKey elliptic = new ECKeyGenerator(Curve.parse(kind)).generate();
			key = elliptic.toPrivateKey();
			verification = (jwt) -> jwt.verify(new ECDSAVerifier(elliptic));
		}
		TokenIntrospection signing = introspection(
				ClientAuthentication.privateKey("server", "https://login.example.com", key, "key-1"), LONG);
		this.endpoint.answer("good", active(3600));
		signing.introspect("good");
		this.endpoint.answer("other", active(3600));
		signing.introspect("other");
		TestIntrospectionEndpoint.Request request = this.endpoint.requests().get(0);
		assertThat(request.authorization()).isNull();
		assertThat(request.parameters()).containsEntry("client_id", "server")
			.containsEntry("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
		SignedJWT assertion = SignedJWT.parse(request.parameters().get("client_assertion"));
		assertThat(verification.verify(assertion)).isTrue();
		assertThat(assertion.getHeader().getKeyID()).isEqualTo("key-1");
		JWTClaimsSet claims = assertion.getJWTClaimsSet();
		assertThat(List.of(claims.getIssuer(), claims.getSubject(), claims.getAudience().get(0)))
			.containsExactly("server", "server", "https://login.example.com");
		assertThat(claims.getExpirationTime().toInstant()).isBefore(Instant.now().plusSeconds(61));
		assertThat(claims.getJWTID()).isNotBlank()
			.isNotEqualTo(SignedJWT.parse(this.endpoint.requests().get(1).parameters().get("client_assertion"))
				.getJWTClaimsSet()
				.getJWTID());
	}

	@Test
	void revokedJwtIsRefusedAfterTimeToLive() {
		try (TestAuthorizationServer server = TestAuthorizationServer.start()) {
			IssuerKeys keys = new IssuerKeys(server.issuer(), null, TestHttp.within(LONG),
					new IssuerKeys.Settings(Duration.ofMinutes(5), Duration.ofSeconds(10), Duration.ofHours(1)));
			IssuerAuthenticationManager manager = manager(keys,
					new Introspections(Map.of(server.issuer(), this.introspection), null, true));
			String token = server.token(RESOURCE).sign();
			this.endpoint.answer(token, active(3600));
			authenticate(manager, token);
			this.endpoint.answer(token, Map.of("active", false));
			pass(TTL.minusSeconds(1));
			authenticate(manager, token);
			assertThat(this.endpoint.asked(token)).as("remembered").isEqualTo(1);
			pass(Duration.ofSeconds(1));
			assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> authenticate(manager, token))
				.satisfies((ex) -> assertThat(ex.failure()).isEqualTo(TokenFailure.INACTIVE));
			String bad = server.token("https://other.example").sign();
			assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> authenticate(manager, bad));
			assertThat(this.endpoint.asked(bad)).as("nobody is asked about a bad token").isZero();
			this.endpoint.answerOthers(500, "");
			String unchecked = server.token(RESOURCE).claim("jti", "2").sign();
			assertThatExceptionOfType(AuthenticationServiceException.class)
				.isThrownBy(() -> authenticate(manager, unchecked));
		}
	}

	@Test
	void cachedIntrospectionDoesNotExtendValidityOfKey() {
		Duration served = TTL.dividedBy(2);
		try (TestAuthorizationServer server = TestAuthorizationServer.start();
				IssuerKeys keys = new IssuerKeys(server.issuer(), null, TestHttp.within(LONG),
						new IssuerKeys.Settings(served, LONG, LONG), this.nanos::get)) {
			IssuerAuthenticationManager manager = manager(keys,
					new Introspections(Map.of(server.issuer(), this.introspection), null, true));
			String token = server.token(RESOURCE).sign();
			this.endpoint.answer(token, active(3600));
			authenticate(manager, token);
			server.rotateKey();
			pass(served);
			assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> authenticate(manager, token))
				.satisfies((ex) -> assertThat(ex.failure()).isEqualTo(TokenFailure.SIGNATURE));
			assertThat(this.endpoint.asked(token)).isEqualTo(1);
		}
	}

	@Test
	void revokedOpaqueTokenIsRefusedAfterTimeToLive() {
		try (IssuerKeys unused = new IssuerKeys(ISSUER, null, TestHttp.within(LONG),
				new IssuerKeys.Settings(LONG, LONG, LONG))) {
			IssuerAuthenticationManager manager = manager(unused,
					new Introspections(Map.of(ISSUER, this.introspection), ISSUER, false));
			Map<String, Object> answer = active(3600);
			answer.putAll(Map.of("aud", RESOURCE, "client_id", "test-client", "token_type", "Bearer"));
			this.endpoint.answer("opaque", answer);
			authenticate(manager, "opaque");
			this.endpoint.answer("opaque", Map.of("active", false));
			pass(TTL.minusMillis(1));
			authenticate(manager, "opaque");
			assertThat(this.endpoint.asked("opaque")).as("remembered").isEqualTo(1);
			pass(Duration.ofMillis(1));
			assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> authenticate(manager, "opaque"))
				.satisfies((ex) -> assertThat(ex.failure()).isEqualTo(TokenFailure.INACTIVE));
		}
	}

	/**
	 * One that remembers tokens for much longer than an answer serves.
	 */
	private IssuerAuthenticationManager manager(IssuerKeys keys, Introspections introspections) {
		return new IssuerAuthenticationManager(
				new AuthorizationServers(List.of(keys), Map.of(), introspections, TokenExtensions.NONE), RESOURCE,
				new TokenTimes(Duration.ofSeconds(60), Clock.systemUTC()),
				new McpCallerConverter(RESOURCE, UnaryOperator.identity()),
				new VerifiedTokens(new VerifiedTokens.Settings(10, Duration.ofMinutes(5), Duration.ofSeconds(5)),
						this.nanos::get));
	}

	private static void authenticate(IssuerAuthenticationManager manager, String token) {
		assertThat(manager.authenticate(new BearerTokenAuthenticationToken(token))).isNotNull();
	}

	private TokenIntrospection introspection(ClientAuthentication authentication, Duration timeout) {
		return new TokenIntrospection(ISSUER, URI.create(this.endpoint.uri()), authentication,
				TestHttp.within(timeout.multipliedBy(2)),
				new TokenIntrospection.Settings(timeout, TTL, 20, 3, Duration.ofSeconds(10), MAX_CONCURRENT),
				Clock.systemUTC(), this.nanos::get);
	}

	private static Map<String, Object> active(long seconds) {
		return new HashMap<>(
				Map.of("active", true, "sub", "alice", "exp", Instant.now().plusSeconds(seconds).getEpochSecond()));
	}

	private void pass(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

	private void assertInactive(String token) {
		assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> this.introspection.introspect(token))
			.satisfies((ex) -> assertThat(ex.failure()).isEqualTo(TokenFailure.INACTIVE));
	}

	private void assertUnavailable(String token) {
		assertThatExceptionOfType(AuthenticationServiceException.class)
			.isThrownBy(() -> this.introspection.introspect(token));
	}

	private interface Verification {

		boolean verify(SignedJWT jwt) throws JOSEException;

	}

}
