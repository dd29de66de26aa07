package io.mcpsecurity.audit;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Which names are sensitive.
 */
class SensitiveNamesTests {

	private final SensitiveNames defaults = new SensitiveNames(List.of());

	@ParameterizedTest
	@ValueSource(strings = { "password", "PASSWORD", "newPassword", "password_confirmation", "db.password", "pass-word",
			"passwd", "pwd", "passphrase", "passcode", "secret", "clientSecret", "client_secret", "secretKey",
			"aws_secret_access_key", "token", "access_token", "accessToken", "ACCESS-TOKEN", "id_token", "refreshToken",
			"X-CSRF-Token", "authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "sessionId", "JSESSIONID",
			"apiKey", "api-key", "api_key", "X-API-Key", "apikey", "accessKey", "privateKey", "private-key",
			"signingKey", "credential", "userCredentials", "jwt", "otp", "totp", "pin", "PIN", "pinCode", "ssn", "SSN",
			"cardNumber", "card_number", "creditCardNumber", "cvv", "CVC", "cvc2", "securityCode", "connectionString",
			"seed phrase", "pa\u017f\u017fword" })
	void nameIsSensitiveByDefault(String name) {
		assertThat(this.defaults.contains(name)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "query", "name", "id", "max_tokens", "maxTokens", "tokens", "tokenizer", "author",
			"secretary", "key", "keyword", "primaryKey", "sort-key", "spin", "pinned", "shipping", "opinion", "stop",
			"laptop", "option", "cookiesAccepted", "card", "passenger", "bypass", "code", "zipCode", "session" })
	void nameIsNotSensitiveByDefault(String name) {
		assertThat(this.defaults.contains(name)).isFalse();
	}

	@Test
	void configuredPatternsAreAddedToDefaults() {
		SensitiveNames names = new SensitiveNames(List.of("iban", "patient-*", "*-note-*", "a*b*c"));
		assertThat(List.of("IBAN", "i_b_a_n", "patientName", "patient", "theNoteText", "note", "abc", "axbxc", "abbcc",
				"password"))
			.allMatch(names::contains);
		assertThat(List.of("ibans", "aPatient", "acb", "ab", "bc", "query")).noneMatch(names::contains);
	}

	@Test
	void patternWithExclamationMarkIsExcluded() {
		SensitiveNames names = new SensitiveNames(List.of("!page-token", "!*cookie*", "magic-cookie"));
		assertThat(List.of("pageToken", "page_token", "cookie", "Set-Cookie")).noneMatch(names::contains);
		assertThat(List.of("token", "nextPageToken", "magicCookie")).allMatch(names::contains);
	}

	@Test
	void asteriskMatchesEveryName() {
		assertThat(new SensitiveNames(List.of("*")).contains("anything")).isTrue();
		assertThat(new SensitiveNames(List.of("!*")).contains("password")).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "-", "!", "!_", "..." })
	void patternWithoutLettersIsRefused(String pattern) {
		assertThatIllegalArgumentException().isThrownBy(() -> new SensitiveNames(List.of(pattern)));
	}

	@Test
	void patternsMatchLongNamesQuickly() {
		SensitiveNames names = new SensitiveNames(List.of("*a*a*a*a*a*a*a*a*b"));
		assertThat(names.contains("a".repeat(1_000_000) + "c")).isFalse();
	}

}
