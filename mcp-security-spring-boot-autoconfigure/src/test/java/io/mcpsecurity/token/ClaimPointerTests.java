package io.mcpsecurity.token;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Where roles, permissions and groups stand in a token.
 */
class ClaimPointerTests {

	private static final Map<String, Object> CLAIMS = Map.of("roles", List.of("r"), "realm_access",
			Map.of("roles", List.of("k")), "resource_access", Map.of("my.client", Map.of("roles", List.of("c"))),
			"https://example.com/roles", List.of("n"), "a~b", List.of("t"), "cognito:groups", List.of("g"), "text",
			"value");

	@ParameterizedTest
	@CsvSource({ "roles,r", "/roles,r", "realm_access.roles,k", "/realm_access/roles,k",
			"/resource_access/my.client/roles,c", "/https:~1~1example.com~1roles,n", "/a~0b,t", "cognito:groups,g" })
	void claimIsReadByPointerOrDottedNames(String pointer, String value) {
		assertThat(ClaimPointer.of(pointer).read(CLAIMS)).isEqualTo(List.of(value));
	}

	@ParameterizedTest
	@ValueSource(strings = { "none", "roles.0", "text.length", "/realm_access/groups",
			"resource_access.my.client.roles", "/roles/0", "Roles" })
	void missingClaimIsNull(String pointer) {
		assertThat(ClaimPointer.of(pointer).read(CLAIMS)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/", "a..b", ".a", "a.", "/a//b", "//a" })
	void emptyNameIsRefused(String pointer) {
		assertThatIllegalArgumentException().isThrownBy(() -> ClaimPointer.of(pointer))
			.withMessage("'" + pointer + "' has an empty name");
	}

	@Test
	void textIsUnchanged() {
		assertThat(ClaimPointer.of("/a~1b").text()).isEqualTo("/a~1b");
	}

}
