package io.mcpsecurity;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The exception itself; what becomes of it is in {@code StepUpTests}.
 */
class InsufficientScopeExceptionTests {

	@Test
	void scopesAreDistinctAndNamedInMessage() {
		InsufficientScopeException exception = new InsufficientScopeException("a", "b", "a");
		assertThat(exception.getScopes()).containsExactly("a", "b");
		assertThat(exception).hasMessage("Needs the scope a b");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a b", "a\"b", "a\\b", "a\r\nb", "\u00e4" })
	void invalidScopeIsRefusedAndNotRepeatedInMessage(String scope) {
		assertThatIllegalArgumentException().isThrownBy(() -> new InsufficientScopeException("a", scope))
			.withMessage("Not a scope-token of RFC 6749 section 3.3");
	}

}
