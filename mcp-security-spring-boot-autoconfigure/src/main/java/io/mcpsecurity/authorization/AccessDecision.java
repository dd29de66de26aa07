package io.mcpsecurity.authorization;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The answer to whether a caller may use a target.
 *
 * @param outcome the answer
 * @param operationScopes all scopes of the operation, held or missing
 * @param missing those of them that the caller lacks; empty unless scopes are missing
 * @param rule the rule that decided, or {@code null} when there is none for the target
 */
public record AccessDecision(Outcome outcome, List<String> operationScopes, List<String> missing,
		@Nullable AccessRule rule) {

	private static final int MAX_NAMES = 500;

	/**
	 * The decision about a call without a caller.
	 */
	public static AccessDecision unauthenticated() {
		return new AccessDecision(Outcome.UNAUTHENTICATED, List.of(), List.of(), null);
	}

	/**
	 * The decision about a call that no scope helps with. Without a caller, a token may
	 * help.
	 * @param authenticated whether there is a caller
	 * @param rule the rule that decided, or {@code null}
	 */
	public static AccessDecision forbidden(boolean authenticated, @Nullable AccessRule rule) {
		return new AccessDecision(authenticated ? Outcome.FORBIDDEN : Outcome.UNAUTHENTICATED, List.of(), List.of(),
				rule);
	}

	/**
	 * Whether the caller must not use the target.
	 */
	public boolean denied() {
		return this.outcome == Outcome.MISSING_SCOPES || this.outcome == Outcome.FORBIDDEN
				|| this.outcome == Outcome.UNAUTHENTICATED;
	}

	/**
	 * What is wrong, in a sentence for the caller.
	 */
	public String description() {
		return switch (this.outcome) {
			case MISSING_SCOPES, REPORTED -> missingScopes(String.join(" ", this.missing));
			case FORBIDDEN -> "Not allowed on this server";
			case UNAUTHENTICATED -> "An access token is required";
			case GRANTED, NOT_A_SCOPE_MATTER -> "Allowed";
		};
	}

	/**
	 * A header contains this, so it has a limited length.
	 */
	private String missingScopes(String names) {
		return (names.length() <= MAX_NAMES) ? "Needs the scope " + names + " as well"
				: "Needs " + this.missing.size() + " more scopes";
	}

	/**
	 * The kinds of answers.
	 */
	public enum Outcome {

		/** The rules for the target are satisfied. */
		GRANTED,

		/** Scopes are missing. */
		MISSING_SCOPES,

		/**
		 * Scopes are missing, but the server only reports that and lets the call pass.
		 */
		REPORTED,

		/** Nobody may use the target, or this caller may not, whatever the scopes. */
		FORBIDDEN,

		/** There is no caller, and the target is not public. */
		UNAUTHENTICATED,

		/** The server does not know the target, and says so itself. */
		NOT_A_SCOPE_MATTER

	}

}
