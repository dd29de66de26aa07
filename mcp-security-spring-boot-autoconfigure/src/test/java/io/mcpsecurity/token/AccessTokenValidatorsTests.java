package io.mcpsecurity.token;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
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
	void accessTokenForThisServerIsAccepted() {
		assertAccepted((token) -> {
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { ISSUER + "/", "https://login.example.com/realms", "https://login.example.com/realms/Main",
			"https://LOGIN.example.com/realms/main", "http://login.example.com/realms/main", "login.example.com",
			"https://login.example.com:443/realms/main", ISSUER + " ", "" })
	void otherIssuerIsRefused(String issuer) {
		assertRefused("The token has another issuer", (token) -> token.claim("iss", issuer));
	}

	@Test
	void tokenWithoutIssuerIsRefused() {
		assertRefused("The token has another issuer", (token) -> token.claims((claims) -> claims.remove("iss")));
	}

	@Test
	void oneOfSeveralAudiencesIsAccepted() {
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
	void otherAudienceIsRefused(List<String> audience) {
		assertRefused("The token was not issued for this server (aud)", (token) -> token.audience(audience));
	}

	@Test
	void tokenWithoutAudienceIsRefused() {
		assertRefused("The token was not issued for this server (aud)",
				(token) -> token.claims((claims) -> claims.remove("aud")));
	}

	@ParameterizedTest
	@CsvSource({ "-30, true", "-90, false" })
	void expiredTokenIsRefusedBeyondClockSkew(int expires, boolean accepted) {
		assertThat(validate((token) -> token.issuedAt(null).expiresAt(Instant.now().plusSeconds(expires))).hasErrors())
			.isNotEqualTo(accepted);
	}

	@ParameterizedTest
	@CsvSource({ "-30, true", "30, true", "90, false" })
	void tokenNotYetValidIsRefusedBeyondClockSkew(int notBefore, boolean accepted) {
		assertThat(validate((token) -> token.notBefore(Instant.now().plusSeconds(notBefore))).hasErrors())
			.isNotEqualTo(accepted);
	}

	@Test
	void whenNoClockSkewThenTokenIsValidUntilExpiry() {
		Jwt jwt = token((token) -> token.issuedAt(null).expiresAt(Instant.now().minusSeconds(5)));
		assertThat(create(ISSUER, AUDIENCE, Duration.ZERO).validate(jwt).hasErrors()).isTrue();
		assertThat(create(ISSUER, AUDIENCE, Duration.ofMinutes(1)).validate(jwt).hasErrors()).isFalse();
	}

	@Test
	void tokenWithoutExpiryIsRefused() {
		assertThat(validate((token) -> token.claims((claims) -> claims.remove("exp"))).hasErrors()).isTrue();
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt" })
	void accessTokenTypesAndPlainJwtTypeAreAccepted(String type) {
		assertAccepted((token) -> token.headers((headers) -> headers.put("typ", type)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "logout+jwt", "dpop+jwt", "secevent+jwt", "id_token+jwt", "rt+jwt",
			"token-introspection+jwt", "application/jwt", "JOSE", "at+jwt2" })
	void otherTypeIsRefused(String type) {
		assertRefused("The token's type is not that of an access token",
				(token) -> token.headers((headers) -> headers.put("typ", type)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "at_hash", "c_hash", "s_hash" })
	void idTokenWithHashClaimIsRefused(String hash) {
		assertRefused("The token is not an access token", (token) -> token.claim(hash, "x"));
	}

	@Test
	void idTokenWithNonceIsRefused() {
		assertRefused("The token is not an access token", (token) -> token.claim("nonce", "x"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "scope", "scp" })
	void nonceInTokenWithScopesIsAccepted(String claim) {
		assertAccepted((token) -> token.claim("nonce", "x").claim(claim, "records:browse"));
	}

	@ParameterizedTest
	@CsvSource({ "typ, Bearer", "typ, DPoP", "typ, at+jwt", "typ, JWT", "token_use, access", "token_use, access_token",
			"token_type, Bearer", "token_type, access_token", "tokenType, access-token" })
	void tokenWithAccessTokenUseIsAccepted(String claim, String value) {
		assertAccepted((token) -> token.claim(claim, value));
	}

	@ParameterizedTest
	@CsvSource({ "typ, ID", "typ, Refresh", "typ, Offline", "typ, Logout", "typ, ''", "token_use, id",
			"token_use, refresh", "token_use, Access", "token_use, refresh_token", "token_use, id_token",
			"token_type, refresh_token", "token_type, id_token", "tokenType, refresh-token", "tokenType, id-token" })
	void tokenWithOtherUseIsRefused(String claim, String value) {
		assertRefused("The token is not an access token", (token) -> token.claim(claim, value));
	}

	static Stream<Arguments> introspectedTokenOfOtherTypeIsRefused() {
		return Stream.of(Provider.values())
			.flatMap((provider) -> Stream
				.of("refresh_token", "Refresh_Token", "refresh", "refresh-token", "id_token", "ID",
						"urn:ietf:params:oauth:token-type:refresh_token", "urn:ietf:params:oauth:token-type:id_token")
				.map((type) -> Arguments.of(provider, type)));
	}

	/**
	 * Whatever marks an access token of the provider.
	 */
	@ParameterizedTest
	@MethodSource
	void introspectedTokenOfOtherTypeIsRefused(Provider provider, String type) {
		OAuth2TokenValidator<Jwt> validator = AccessTokenValidators.forResponses(ISSUER, AUDIENCE,
				new TokenTimes(Duration.ofSeconds(60), Clock.systemUTC()), provider.profile());
		Consumer<Jwt.Builder> marked = (token) -> {
			token.claim("scope", "records:browse").claim("client_id", AUDIENCE).claim("azp", "x").claim("cid", "x");
			provider.profile().marks().forEach((claim, values) -> {
				if (!values.contains(TokenProfile.ANY)) {
					token.claim(claim, values.get(0));
				}
			});
			if (provider == Provider.SPRING) {
				token.claims((claims) -> claims.remove("azp"));
			}
			if (!provider.profile().audiences().isEmpty()) {
				token.audience(provider.profile().audiences());
			}
		};
		assertThat(validator.validate(token(marked)).getErrors()).as("without token_type").isEmpty();
		assertThat(
				validator.validate(token(marked.andThen((token) -> token.claim("token_type", "bearer")))).getErrors())
			.isEmpty();
		assertThat(validator.validate(token(marked.andThen((token) -> token.claim("token_type", type)))).getErrors())
			.extracting(OAuth2Error::getDescription)
			.contains("The token is not an access token");
	}

	/**
	 * RFC 3986 section 6.2.3.
	 */
	@ParameterizedTest
	@CsvSource({ "https://mcp.example.com, https://mcp.example.com/, true",
			"https://mcp.example.com/, https://mcp.example.com, true",
			"https://mcp.example.com:8443/, https://mcp.example.com:8443, true",
			"https://mcp.example.com, https://mcp.example.com//, false",
			"https://mcp.example.com, https://mcp.example.com/?, false",
			"https://mcp.example.com/?a=b, https://mcp.example.com?a=b, false",
			"https://mcp.example.com/mcp/, https://mcp.example.com/mcp, false" })
	void trailingSlashIsIgnoredOnlyAtRoot(String resource, String audience, boolean accepted) {
		OAuth2TokenValidator<Jwt> validator = create(ISSUER, resource, Duration.ofSeconds(60));
		assertThat(validator.validate(token((token) -> token.audience(List.of(resource)))).getErrors()).isEmpty();
		assertThat(validator.validate(token((token) -> token.audience(List.of(audience)))).hasErrors())
			.isNotEqualTo(accepted);
	}

	@Test
	void tokenUseThatIsNoStringIsRefused() {
		assertRefused("The token is not an access token", (token) -> token.claim("token_use", List.of("access")));
		assertRefused("The token is not an access token", (token) -> token.claim("typ", 5));
	}

	@Test
	void errorDescriptionsContainNoTokenValues() {
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
		return create(ISSUER, AUDIENCE, Duration.ofSeconds(60)).validate(token(change));
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

	private static OAuth2TokenValidator<Jwt> create(String issuer, String audience, Duration clockSkew) {
		return AccessTokenValidators.create(issuer, audience, new TokenTimes(clockSkew, Clock.systemUTC()),
				Provider.GENERIC.profile());
	}

}
