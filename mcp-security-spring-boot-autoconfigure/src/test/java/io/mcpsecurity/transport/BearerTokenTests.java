package io.mcpsecurity.transport;

import java.util.Random;
import java.util.function.Supplier;

import io.mcpsecurity.token.TokenFailure;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpHeaders;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.resource.BearerTokenError;
import org.springframework.security.oauth2.server.resource.web.DefaultBearerTokenResolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Where a token is taken from, and what is said of requests that carry it badly.
 */
class BearerTokenTests {

	@ParameterizedTest
	@ValueSource(strings = { "Bearer a.b.c", "bearer a.b.c", "Bearer  a.b.c", "BEARER     a.b.c" })
	void tokenIsReadFromAuthorizationHeader(String header) {
		assertThat(convert(header)).isEqualTo("a.b.c");
	}

	@Test
	void whenNoBearerTokenThenNoAuthentication() {
		assertThat(convert()).isNull();
		assertThat(convert("Basic b3BlcmF0b3I6eA==")).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "Bearer", "Bearer a b", "Bearer Ä" })
	void malformedTokenIsInvalidToken(String header) {
		OAuth2AuthenticationException exception = catchThrowableOfType(OAuth2AuthenticationException.class,
				() -> convert(header));
		assertThat(TokenFailure.of(exception)).isEqualTo(TokenFailure.MALFORMED);
		assertThat(exception.getError()).isInstanceOfSatisfying(BearerTokenError.class, (error) -> {
			assertThat(error.getHttpStatus().value()).isEqualTo(401);
			assertThat(error.getErrorCode()).isEqualTo("invalid_token");
			assertThat(error.getDescription()).isEqualTo("Bearer token is malformed");
		});
	}

	@Test
	void severalAuthorizationHeadersAreInvalidRequest() {
		OAuth2AuthenticationException exception = catchThrowableOfType(OAuth2AuthenticationException.class,
				() -> convert("Bearer a.b.c", "Bearer a.b.c"));
		assertThat(TokenFailure.of(exception)).isEqualTo(TokenFailure.INVALID_REQUEST);
		assertThat(exception.getError()).isInstanceOfSatisfying(BearerTokenError.class,
				(error) -> assertThat(error.getHttpStatus().value()).isEqualTo(400));
	}

	@ParameterizedTest
	@ValueSource(strings = { "access_token=x", "a=b&access_token=", "access_token", "%61ccess_token=x",
			"access%5Ftoken=x", "a=%2&%zz=x" })
	void tokenInQueryAndHeaderIsInvalidRequest(String query) {
		MockHttpServletRequest request = request("Bearer a.b.c");
		request.setQueryString(query);
		assertThat(read(() -> BearerToken.of(request, SenderConstraints.BEARER))).isEqualTo("refused: invalid_request");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a=access_token", "my_access_token=x", "a=%zz", "&&=" })
	void otherQueryParametersAreIgnored(String query) {
		MockHttpServletRequest request = request("Bearer a.b.c");
		request.setQueryString(query);
		assertThat(BearerToken.of(request, SenderConstraints.BEARER)).isEqualTo("a.b.c");
	}

	@Test
	void tokenInQueryIsIgnored() {
		MockHttpServletRequest request = request();
		request.setQueryString("access_token=a.b.c");
		assertThat(BearerToken.of(request, SenderConstraints.BEARER)).isNull();
	}

	@Test
	void headerIsParsedLikeSpringSecurity() {
		DefaultBearerTokenResolver resolver = new DefaultBearerTokenResolver();
		Random random = new Random(1);
		String[] parts = { "Bearer", "bearer", "BEARER", "Beare", " ", "  ", "\t", "a", "Z", "0", "9", "-", ".", "_",
				"~", "+", "/", "=", "==", ",", ":", "\u00e4", "\u0130", "\u212a", "\n", "\0", "DPoP", "a.b.c" };
		for (int i = 0; i < 100_000; i++) {
			StringBuilder header = new StringBuilder((i % 2 == 0) ? "Bearer " : "");
			random.ints(random.nextInt(6), 0, parts.length).forEach((part) -> header.append(parts[part]));
			MockHttpServletRequest request = request(header.toString());
			String expected = read(() -> resolver.resolve(request));
			// Which refuses several spaces, where RFC 9110 section 11.4 allows them.
			if (!header.toString().matches("(?i)Bearer {2,}.*")) {
				assertThat(read(() -> BearerToken.of(request, SenderConstraints.BEARER))).as(header.toString())
					.isEqualTo(expected);
			}
		}
	}

	private static @Nullable String read(Supplier<@Nullable String> token) {
		try {
			return token.get();
		}
		catch (OAuth2AuthenticationException ex) {
			return "refused: " + ex.getError().getErrorCode();
		}
	}

	private static @Nullable String convert(String... headers) {
		return BearerToken.of(request(headers), SenderConstraints.BEARER);
	}

	private static MockHttpServletRequest request(String... headers) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		for (String header : headers) {
			request.addHeader(HttpHeaders.AUTHORIZATION, header);
		}
		return request;
	}

}
