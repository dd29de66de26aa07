package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import io.mcpsecurity.apikey.ApiKey;
import io.mcpsecurity.hash.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Properties of API keys that stop the start.
 */
@ExtendWith(OutputCaptureExtension.class)
class ApiKeySettingsTests {

	private static final String HASH = Sha256.of("mcpk_ci_secret").toString();

	private static final String CI = "mcp-security.api-keys.keys.ci";

	private static final List<String> GOOD = List.of("mcp-security.resource=https://mcp.example.com/mcp",
			"mcp-security.authorization-servers=https://login.example.com", "mcp-security.api-keys.enabled=true",
			CI + ".hash=" + HASH, CI + ".subject=pipeline", CI + ".client-id=pipeline", CI + ".scopes=a,b",
			CI + ".expires-at=2027-01-31T00:00:00Z", CI + ".networks=10.0.0.0/8,::1");

	@ParameterizedTest
	@ValueSource(strings = { "Authorization", "cookie", "DPoP", "Host", "Origin", "Connection", "TE", "Upgrade",
			"Proxy-Authorization", "Transfer-Encoding", "Content-Type", "Accept", "Mcp-Session-Id",
			"mcp-protocol-version", "Last-Event-ID", "X-Forwarded-For", "Forwarded", "Sec-Fetch-Site", "traceparent",
			"X-Client-Cert" })
	void headerWithAnotherPurposeIsRefused(String header) {
		Refusal refusal = refusal("mcp-security.api-keys.header=" + header,
				"mcp-security.mutual-tls.certificate-header=X-Client-Cert",
				"mcp-security.mutual-tls.trusted-proxies=10.0.0.1");
		assertThat(refusal.property()).isEqualTo("mcp-security.api-keys.header");
		assertThat(refusal.value()).isEqualTo(header);
		assertThat(refusal.reason()).contains("another purpose");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					mcp-security.api-keys.header=a b                 | mcp-security.api-keys.header       | not the name
					mcp-security.api-keys.header=                    | mcp-security.api-keys.header       | not the name
					mcp-security.api-keys.max-validity=0s            | mcp-security.api-keys.max-validity | not between
					mcp-security.api-keys.max-validity=4000d         | mcp-security.api-keys.max-validity | not between
					mcp-security.api-keys.keys.ci.subject=           | mcp-security.api-keys.keys.ci      | keys.ci.subject
					mcp-security.api-keys.keys.ci.client-id=         | mcp-security.api-keys.keys.ci      | keys.ci.client-id
					mcp-security.api-keys.keys.ci.expires-at=        | mcp-security.api-keys.keys.ci      | keys.ci.expires-at
					mcp-security.api-keys.keys.ci.hash=mcpk_ci_key   | mcp-security.api-keys.keys.ci      | not a SHA-256
					mcp-security.api-keys.keys.ci.hash=              | mcp-security.api-keys.keys.ci      | not a SHA-256
					mcp-security.api-keys.keys.ci.scopes=a b         | mcp-security.api-keys.keys.ci      | not a scope
					mcp-security.api-keys.keys.ci.networks=host.name | mcp-security.api-keys.keys.ci      | networks
					mcp-security.api-keys.keys.ci.networks=10.0.0.0/33 | mcp-security.api-keys.keys.ci    | networks
					mcp-security.dpop.mode=required                  | mcp-security.api-keys.enabled      | dpop.mode=required
					mcp-security.mutual-tls.mode=required            | mcp-security.api-keys.enabled      | mutual-tls.mode=required
					""")
	void wrongValueIsRefused(String property, String name, String reason) {
		Refusal refusal = refusal(property);
		assertThat(refusal.property()).isEqualTo(name);
		assertThat(refusal.reason()).contains(reason).doesNotContain(HASH, "mcpk_");
		assertThat(String.valueOf(refusal.value())).doesNotContain(HASH, "mcpk_");
	}

	@Test
	void idIsRefusedThatKeysCannotContain() {
		assertThat(refusal("mcp-security.api-keys.keys[a_b].hash=" + HASH, "mcp-security.api-keys.keys[a_b].subject=s",
				"mcp-security.api-keys.keys[a_b].client-id=c",
				"mcp-security.api-keys.keys[a_b].expires-at=2027-01-31T00:00:00Z")
			.reason()).contains("the id is not");
	}

	@Test
	void keysWithoutAnyAreRefused() {
		assertThat(Refusal.of("mcp-security.resource=https://mcp.example.com/mcp",
				"mcp-security.authorization-servers=https://login.example.com", "mcp-security.api-keys.enabled=true"))
			.extracting(Refusal::property, Refusal::reason)
			.satisfies((values) -> assertThat(values.toString()).contains("mcp-security.api-keys.enabled",
					"There can be no API keys"));
	}

	@Test
	void keysThatAreNotEnabledAreLogged(CapturedOutput output) {
		with("mcp-security.api-keys.enabled=false");
		assertThat(output).contains("mcp-security.api-keys.keys have no effect");
	}

	@Test
	void hashIsHexadecimalOrBase64url() {
		ApiKey hexadecimal = Refusal.checked(GOOD.toArray(String[]::new)).apiKeys().keys().get("ci");
		String base64url = Base64.getUrlEncoder().withoutPadding().encodeToString(hexadecimal.hash().bytes());
		assertThat(with(CI + ".hash=" + base64url).apiKeys().keys().get("ci")).isEqualTo(hexadecimal);
		assertThat(hexadecimal.scopes()).containsExactlyInAnyOrder("a", "b");
		assertThat(hexadecimal.toString()).doesNotContain(HASH);
	}

	private static Refusal refusal(String... properties) {
		return Refusal.of(merged(properties));
	}

	private static CheckedProperties with(String... properties) {
		return Refusal.checked(merged(properties));
	}

	private static String[] merged(String... properties) {
		List<String> all = new ArrayList<>(GOOD);
		all.addAll(List.of(properties));
		return all.toArray(String[]::new);
	}

}
