package io.mcpsecurity.token;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jwt.Jwt;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which verified tokens count as access tokens for this server.
 */
class AccessTokenValidatorsTests {

	private static final String ISSUER = "https://login.example.com/realms/main";

	private static final String AUDIENCE = "https://mcp.example.com/mcp";

	@Test
	void anAccessTokenForThisServerIsAccepted() {
		assertAccepted((token) -> {
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { ISSUER + "/", "https://login.example.com/realms", "https://login.example.com/realms/Main",
			"https://LOGIN.example.com/realms/main", "http://login.example.com/realms/main", "login.example.com",
			"https://login.example.com:443/realms/main", ISSUER + " ", "" })
	void anotherIssuerIsRefused(String issuer) {
		assertRefused("The token has another issuer", (token) -> token.claim("iss", issuer));
	}

	@Test
	void aTokenWithoutIssuerIsRefused() {
		assertRefused("The token has another issuer", (token) -> token.claims((claims) -> claims.remove("iss")));
	}

	@Test
	void theAudienceMayBeOneOfSeveral() {
		assertAccepted((token) -> token.audience(List.of("https://other.example", AUDIENCE)));
	}

	static Stream<List<String>> otherAudiences() {
		return Stream.of(List.of(), List.of(""), List.of(AUDIENCE + "/"), List.of("https://mcp.example.com"),
				List.of("https://mcp.example.com/"), List.of("https://MCP.example.com/mcp"),
				List.of("http://mcp.example.com/mcp"), List.of(AUDIENCE + "2"), List.of(AUDIENCE + " " + AUDIENCE),
				List.of("test-client", "account"), List.of("*"));
	}

	@ParameterizedTest
	@MethodSource("otherAudiences")
	void anotherAudienceIsRefused(List<String> audience) {
		assertRefused("The token was not issued for this server (aud)", (token) -> token.audience(audience));
	}

	@Test
	void aTokenWithoutAudienceIsRefused() {
		assertRefused("The token was not issued for this server (aud)",
				(token) -> token.claims((claims) -> claims.remove("aud")));
	}

	@ParameterizedTest
	@CsvSource({ "-30, true", "-90, false" })
	void anExpiredTokenIsRefusedBeyondTheClockSkew(int expires, boolean accepted) {
		assertThat(validate((token) -> token.issuedAt(null).expiresAt(Instant.now().plusSeconds(expires))).hasErrors())
			.isNotEqualTo(accepted);
	}

	@ParameterizedTest
	@CsvSource({ "-30, true", "30, true", "90, false" })
	void aTokenThatIsNotYetGoodIsRefusedBeyondTheClockSkew(int notBefore, boolean accepted) {
		assertThat(validate((token) -> token.notBefore(Instant.now().plusSeconds(notBefore))).hasErrors())
			.isNotEqualTo(accepted);
	}

	@Test
	void withoutClockSkewATokenIsGoodUntilItExpires() {
		Jwt jwt = token((token) -> token.issuedAt(null).expiresAt(Instant.now().minusSeconds(5)));
		assertThat(AccessTokenValidators.create(ISSUER, AUDIENCE, Duration.ZERO).validate(jwt).hasErrors()).isTrue();
		assertThat(AccessTokenValidators.create(ISSUER, AUDIENCE, Duration.ofMinutes(1)).validate(jwt).hasErrors())
			.isFalse();
	}

	@Test
	void aTokenThatNeverExpiresIsRefused() {
		assertThat(validate((token) -> token.claims((claims) -> claims.remove("exp"))).hasErrors()).isTrue();
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt" })
	void theTypeOfAnAccessTokenOrOfAPlainJwtIsAccepted(String type) {
		assertAccepted((token) -> token.headers((headers) -> headers.put("typ", type)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "logout+jwt", "dpop+jwt", "secevent+jwt", "id_token+jwt", "rt+jwt",
			"token-introspection+jwt", "application/jwt", "JOSE", "at+jwt2" })
	void anotherTypeIsRefused(String type) {
		assertRefused("The token's type is not that of an access token",
				(token) -> token.headers((headers) -> headers.put("typ", type)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "at_hash", "c_hash", "s_hash" })
	void anIdTokenIsRefusedByItsHashes(String hash) {
		assertRefused("The token is not an access token", (token) -> token.claim(hash, "x"));
	}

	@Test
	void anIdTokenIsRefusedByItsNonce() {
		assertRefused("The token is not an access token", (token) -> token.claim("nonce", "x"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "scope", "scp" })
	void aNonceInATokenWithScopesIsAccepted(String claim) {
		assertAccepted((token) -> token.claim("nonce", "x").claim(claim, "records:browse"));
	}

	@ParameterizedTest
	@CsvSource({ "typ, Bearer", "typ, DPoP", "typ, at+jwt", "typ, JWT", "token_use, access" })
	void aTokenThatSaysItIsAnAccessTokenIsAccepted(String claim, String value) {
		assertAccepted((token) -> token.claim(claim, value));
	}

	@ParameterizedTest
	@CsvSource({ "typ, ID", "typ, Refresh", "typ, Offline", "typ, Logout", "typ, ''", "token_use, id",
			"token_use, refresh", "token_use, Access" })
	void aTokenThatSaysItIsSomethingElseIsRefused(String claim, String value) {
		assertRefused("The token is not an access token", (token) -> token.claim(claim, value));
	}

	@Test
	void aUseThatIsNoStringIsRefused() {
		assertRefused("The token is not an access token", (token) -> token.claim("token_use", List.of("access")));
		assertRefused("The token is not an access token", (token) -> token.claim("typ", 5));
	}

	@Test
	void aRefusalRepeatsNothingOfTheToken() {
		OAuth2TokenValidatorResult result = validate((token) -> token.claim("iss", "secret")
			.audience(List.of("secret"))
			.headers((headers) -> headers.put("typ", "secret"))
			.claim("typ", "secret"));
		assertThat(result.getErrors()).hasSize(4)
			.extracting(OAuth2Error::getDescription)
			.allSatisfy((description) -> assertThat(description).doesNotContain("secret"));
		assertThat(result.getErrors()).extracting(OAuth2Error::getErrorCode).containsOnly("invalid_token");
	}

	private static void assertAccepted(Consumer<Jwt.Builder> change) {
		assertThat(validate(change).getErrors()).isEmpty();
	}

	private static void assertRefused(String description, Consumer<Jwt.Builder> change) {
		assertThat(validate(change).getErrors()).extracting(OAuth2Error::getDescription).containsExactly(description);
	}

	private static OAuth2TokenValidatorResult validate(Consumer<Jwt.Builder> change) {
		return AccessTokenValidators.create(ISSUER, AUDIENCE, Duration.ofSeconds(60)).validate(token(change));
	}

	private static Jwt token(Consumer<Jwt.Builder> change) {
		Jwt.Builder builder = Jwt.withTokenValue("value")
			.header("alg", "RS256")
			.header("typ", "at+jwt")
			.claim("iss", ISSUER)
			.subject("alice")
			.audience(List.of(AUDIENCE))
			.expiresAt(Instant.now().plusSeconds(300));
		change.accept(builder);
		return builder.build();
	}

}
