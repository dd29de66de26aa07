package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

import io.mcpsecurity.test.LookAlikes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.junit.jupiter.api.Assertions.assertTimeout;

/**
 * Credentials inside texts.
 */
class CredentialsTests {

	private static final String JWT = LookAlikes.jwt() + "-_";

	private static final int MAX = 256;

	private final Credentials credentials = new Credentials(new SensitiveNames(List.of()));

	@ParameterizedTest
	@ValueSource(strings = { "", "records about cats", "eyJ", "The bearer", "key: value", "https://host:8080/a@b",
			"mailto:alice@example.com", "basic understanding", "-----BEGIN CERTIFICATE-----", "task-force-of-the-year",
			"a token of gratitude", "tokens: 5", "{\"limit\":5}" })
	void ordinaryTextIsUnchanged(String text) {
		assertThat(mask(text)).isEqualTo(text);
	}

	@Test
	void quickCheckFindsEveryTextThatContainsCredential() {
		String[] parts = { "eyJ", "yJ", "e", "abcdef", "0123456789", "-----BEGIN ", "RSA PRIVATE KEY", "bearer", "DPoP",
				"Basic", "negotiate", ":", "://", "@", " ", "\t", "\f", "=", "/", "ghp_", "github_pat_", "glpat-",
				"xoxb-", "xapp-", "sk-", "rk_live_", "sk_test_", "AKIA", "ASIA", "AIza", "hf_", "npm_", "-", "_", ".",
				"A" };
		Random random = new Random(1);
		int found = 0;
		for (int i = 0; i < 100_000; i++) {
			String text = random.ints(1 + random.nextInt(4), 0, parts.length)
				.mapToObj((part) -> parts[part])
				.collect(Collectors.joining());
			if (Credentials.FORM.matcher(text).find()) {
				found++;
				assertThat(Credentials.mayHaveForm(text, text.length())).as(text).isTrue();
			}
		}
		assertThat(found).isGreaterThan(10_000);
		assertThat(Credentials.mayHaveForm("tools/call", 10)).isFalse();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					<jwt>-_                                                                   | ***
					see <jwt>, please                                                         | see ***, please
					x<header>.e.s and <header>.e.s                                            | x*** and ***
					<encrypted>iv.text.tag                                                    | ***
					Bearer abc                                                                | ***
					curl -H 'bearer mF_9.B5f-4.1JqM' x                                        | curl -H '***' x
					the bearer: mF_9.B5f-4.1JqM, next                                         | the ***
					BEARER  mF_9.B5f-4.1JqM==, next                                           | ***, next
					DPoP abc.def                                                              | ***
					Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==                                        | ***
					<begin> MIIE                                                              | ***
					a <begin RSA> MIIE <end RSA> b                                            | a ***
					<begin PGP> x                                                             | ***
					https://alice:sesame@host/path                                            | https://***@host/path
					git clone https://ghp_012345678901234567890123456789012345@github.com/a   | git clone https://***@github.com/a
					ghp_012345678901234567890123456789012345 is mine                          | *** is mine
					sk-abcdefghijklmnopqrstuvwxyz                                             | ***
					AKIAIOSFODNN7EXAMPLE                                                      | ***
					password=sesame&user=alice                                                | password=***
					user=alice&password=sesame                                                | user=alice&password=***
					{"user":"alice","apiKey":"sesame","x":1}                                  | {"user":"alice","apiKey":***
					{\\"password\\" : {\\"x\\":\\"sesame\\"}}                                 | {\\"password\\" :***
					Authorization: Digest username="alice"                                    | Authorization:***
					<password>sesame</password>                                               | <password>***
					login --password sesame --user alice                                      | login --password ***
					https://host/x?access_token=sesame                                        | https://host/x?access_token=***
					jdbc:db://host;user=sa;Password=sesame                                    | jdbc:db://host;user=sa;Password=***
					password: Bearer sesame                                                   | password:***
					""")
	void credentialsAreMasked(String text, String expected) {
		assertThat(mask(filled(text))).isEqualTo(expected);
	}

	private static String filled(String text) {
		return text.replace("<jwt>", LookAlikes.jwt())
			.replace("<header>", LookAlikes.jwt().substring(0, LookAlikes.jwt().indexOf('.')))
			.replace("<encrypted>", LookAlikes.jwt("{\"alg\":\"dir\",\"enc\":\"A128\"}", "", ""))
			.replace("<begin>", LookAlikes.beginOfKey(""))
			.replace("<begin RSA>", LookAlikes.beginOfKey("RSA "))
			.replace("<end RSA>", LookAlikes.endOfKey("RSA "))
			.replace("<begin PGP>", LookAlikes.pem("BEGIN", "PGP PRIVATE KEY BLOCK"));
	}

	@Test
	void privateKeyWithLineBreaksIsMasked() {
		assertThat(mask(LookAlikes.beginOfKey("EC ") + "\nMHcCAQEE\n" + LookAlikes.endOfKey("EC "))).isEqualTo("***");
	}

	@Test
	void credentialAcrossTruncationLimitIsMasked() {
		for (String credential : List.of(JWT, "Bearer sesame.sesame.sesame", "https://alice:sesame@host",
				"password=sesame", LookAlikes.beginOfKey("") + "\nsesame", "ghp_sesamesesamesesame")) {
			for (int before = MAX - credential.length() - 2; before < MAX + 2; before++) {
				String masked = mask(" ".repeat(before) + credential + " ".repeat(300));
				assertThat(masked).hasSizeLessThanOrEqualTo(MAX);
				assertThat(masked.strip()).doesNotContain("sesa", "eyJhbGciOiJ", "alice");
			}
		}
	}

	@Test
	void longCredentialIsMaskedByItsPrefix() {
		assertThat(mask("eyJ" + "a".repeat(100_000))).isEqualTo("***\u2026");
		assertThat(mask("https://alice:" + "s".repeat(100_000) + "@host")).startsWith("https://***")
			.doesNotContain("ss");
	}

	@Test
	void textAfterLongCredentialIsNotShown() {
		assertThat(mask("eyJ" + "a".repeat(500) + " password")).isEqualTo("***\u2026");
		assertThat(mask("eyJ" + "a".repeat(100) + " b")).isEqualTo("*** b");
	}

	@ParameterizedTest
	@ValueSource(strings = { "eyJ", "eyJaaaaaa.", "a", "://", "://a:", "a=", "password", "-----BEGIN ", "Bearer ",
			"basic a", "sk-", "\"", "\\", " ", "-", "\ud83d\ude00", "\ud800", "token ", "--token" })
	void longTextsAreMaskedQuickly(String part) {
		String text = part.repeat(100_000);
		assertTimeout(Duration.ofSeconds(5), () -> {
			for (int i = 0; i < 1000; i++) {
				assertThat(mask(text)).hasSizeLessThanOrEqualTo(MAX);
			}
		});
	}

	@Test
	void longTextsDoNotOverflowStack() {
		for (String part : List.of("eyJaaaaaa.", "a.", "Bearer a", "://a@", LookAlikes.beginOfKey("") + "\n")) {
			assertThatNoException().isThrownBy(() -> this.credentials.mask(part.repeat(100_000), 1_000_000));
		}
	}

	private String mask(String text) {
		return this.credentials.mask(text, MAX);
	}

}
