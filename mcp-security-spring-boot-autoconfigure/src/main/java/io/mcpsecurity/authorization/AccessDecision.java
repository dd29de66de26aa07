package io.mcpsecurity.authorization;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The answer to whether a caller may use a target.
 *
 * @param outcome the answer
 * @param operationScopes all scopes of the operation, to be named in a challenge; empty
 * unless denied
 * @param missing those of them that the caller lacks; empty unless denied
 * @param rule the rule that decided, or {@code null} when there is none for the target
 */
public record AccessDecision(Outcome outcome, List<String> operationScopes, List<String> missing,
		@Nullable AccessRule rule) {

	public boolean denied() {
		return this.outcome == Outcome.MISSING_SCOPES;
	}

	/**
	 * The kinds of answers.
	 */
	public enum Outcome {

		/** A rule exists and the caller's scopes satisfy it. */
		GRANTED,

		/** A rule exists and scopes are missing. */
		MISSING_SCOPES,

		/**
		 * No rule exists: being authenticated is enough, or the server does not know the
		 * target and says so itself.
		 */
		NOT_A_SCOPE_MATTER

	}

}
