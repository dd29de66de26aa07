package io.mcpsecurity.transport;

import java.net.URI;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Which origins are the same, and which are let in.
 */
class OriginTests {

	@ParameterizedTest
	@CsvSource({ "https://mcp.example.com, https://mcp.example.com", "https://MCP.example.com, https://mcp.example.com",
			"HTTPS://mcp.example.com, https://mcp.example.com", "https://mcp.example.com:443, https://mcp.example.com",
			"http://mcp.example.com:80, http://mcp.example.com", "http://[::1]:80, http://[0:0:0:0:0:0:0:1]",
			"https://[2001:DB8::1], https://[2001:db8:0:0::1]", "app-shell://window, app-shell://window" })
	void originsAreEqual(String one, String other) {
		assertThat(Origin.parse(one)).isPresent().isEqualTo(Origin.parse(other));
	}

	@ParameterizedTest
	@CsvSource({ "https://mcp.example.com, http://mcp.example.com",
			"https://mcp.example.com, https://mcp.example.com:8443", "https://mcp.example.com, https://mcp.example.co",
			"https://mcp.example.com, https://mcp.example.com.evil.example",
			"https://mcp.example.com, https://evil.mcp.example.com", "http://[::1], http://[::2]",
			"http://localhost, http://127.0.0.1", "https://mcp.example.com, https://mcp.example.com." })
	void originsAreNotEqual(String one, String other) {
		assertThat(Origin.parse(one)).isPresent().isNotEqualTo(Origin.parse(other));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "*", "mcp.example.com", "//mcp.example.com", "https://", "https:///",
			"https://mcp.example.com/", "https://mcp.example.com/x", "https://user@mcp.example.com",
			"https://mcp.example.com:", "https://mcp.example.com:65536", "https://mcp.example.com:x",
			"https://mcp.example.com?x", "https://mcp.example.com#x", " https://mcp.example.com",
			"https://mcp.example.com https://evil.example", "https://mcp.example.com,https://evil.example",
			"https://[mcp.example.com]", "https://[::1", "https://::1", "https://[:::1]",
			"https://m\u00fcnchen.example", "https://*.example.com" })
	void invalidOriginIsNotParsed(String text) {
		assertThat(Origin.parse(text)).isEmpty();
	}

	@Test
	void localResourceAllowsLoopbackOrigins() {
		AllowedOrigins origins = AllowedOrigins.of(URI.create("http://localhost:8080/mcp"));
		assertThat(List.of("http://localhost:8080", "http://localhost:6274", "https://localhost", "http://127.0.0.1:1",
				"http://[::1]:6274"))
			.allMatch(origins::allow);
		assertThat(List.of("http://localhost.evil.example", "http://localhost.evil.example:8080", "http://evil.example",
				"http://127.0.0.1.evil.example", "http://127.0.0.2", "http://[::2]", "null", "file://localhost",
				"http://evil-localhost"))
			.noneMatch(origins::allow);
	}

	@Test
	void remoteResourceAllowsOnlyItsOwnOrigin() {
		AllowedOrigins origins = AllowedOrigins.of(URI.create("https://mcp.example.com/mcp"));
		assertThat(origins.allow("https://mcp.example.com")).isTrue();
		assertThat(List.of("http://mcp.example.com", "http://localhost:6274", "https://example.com"))
			.noneMatch(origins::allow);
		assertThat(AllowedOrigins.of(URI.create("http://[::1]:8080/mcp")).allow("http://localhost:1")).isTrue();
	}

	@Test
	void browserExtensionsAreAllowedByScheme() {
		AllowedOrigins origins = AllowedOrigins
			.of(List.of("chrome-extension://*", "MOZ-extension://*", "https://app.example.com"));
		assertThat(List.of("chrome-extension://abcdefghijklmnopabcdefghijklmnop",
				"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc", "https://app.example.com"))
			.allMatch(origins::allow);
		assertThat(List.of("chrome-extension://a/x", "chrome-extension://", "chrome-extension://*",
				"safari-web-extension://a", "https://chrome-extension", "http://app.example.com", "null"))
			.noneMatch(origins::allow);
		assertThat(AllowedOrigins.of(List.of("chrome-extension://a")).allow("chrome-extension://b")).isFalse();
		for (String refused : List.of("https://*", "http://*", "*", "*://*", "://*", "https://*.example.com",
				"chrome-extension://*/", "chrome-extension*", "chrome-extension://a*")) {
			assertThatIllegalArgumentException().as(refused).isThrownBy(() -> AllowedOrigins.of(List.of(refused)));
		}
	}

	@Test
	void configuredOriginsReplaceDefaults() {
		AllowedOrigins origins = AllowedOrigins.of(List.of("http://localhost:3000"));
		assertThat(origins.allow("http://localhost:3000")).isTrue();
		assertThat(origins.allow("http://localhost:3001")).isFalse();
		assertThat(AllowedOrigins.of(List.of()).allow("http://localhost:3000")).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> AllowedOrigins.of(List.of("null")))
			.withMessage("null is not an origin");
	}

}
