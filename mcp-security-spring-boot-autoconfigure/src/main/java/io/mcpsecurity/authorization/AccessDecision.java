package io.mcpsecurity.authorization;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The decision whether a caller may use a target.
 *
 * @param outcome the outcome
 * @param operationScopes all scopes that the operation requires, held or missing
 * @param missing the required scopes that the caller lacks
 * @param rule the rule that decided, or {@code null} if no rule applies to the target
 */
public record AccessDecision(Outcome outcome, List<String> operationScopes, List<String> missing,
		@Nullable AccessRule rule) {

	private static final int MAX_NAMES = 500;

	/**
	 * Deny a call independently of scopes.
	 * @param outcome {@link Outcome#FORBIDDEN} or {@link Outcome#UNAUTHENTICATED}
	 * @param rule the rule that decided, or {@code null}
	 */
	public static AccessDecision deny(Outcome outcome, @Nullable AccessRule rule) {
		return new AccessDecision(outcome, List.of(), List.of(), rule);
	}

	/**
	 * The denial of an operation with several targets: for all missing scopes, or
	 * independently of scopes if one of the denials is.
	 * @param denials the denials of targets, at least one
	 */
	public static AccessDecision denial(List<AccessDecision> denials) {
		return denials.stream()
			.filter((denial) -> denial.outcome() != Outcome.MISSING_SCOPES)
			.findFirst()
			.orElseGet(() -> new AccessDecision(Outcome.MISSING_SCOPES,
					denials.stream().flatMap((denial) -> denial.operationScopes().stream()).distinct().toList(),
					denials.stream().flatMap((denial) -> denial.missing().stream()).distinct().toList(),
					denials.get(0).rule()));
	}

	/** Whether the caller must not use the target. */
	public boolean denied() {
		return this.outcome == Outcome.MISSING_SCOPES || this.outcome == Outcome.FORBIDDEN
				|| this.outcome == Outcome.UNAUTHENTICATED;
	}

	/** The reason of a denial, as a sentence for the caller. */
	public String description() {
		return switch (this.outcome) {
			case MISSING_SCOPES, REPORTED -> missingScopes(String.join(" ", this.missing));
			case FORBIDDEN -> "Not allowed on this server";
			case UNAUTHENTICATED -> "An access token is required";
			case GRANTED, NO_RULE -> "Allowed";
		};
	}

	/** The result is part of a header, so its length is limited. */
	private String missingScopes(String names) {
		return (names.length() <= MAX_NAMES) ? "Needs the scope " + names + " as well"
				: "Needs " + this.missing.size() + " more scopes";
	}

	/** The possible outcomes. */
	public enum Outcome {

		/** The rules for the target are satisfied. */
		GRANTED,

		/** Scopes are missing. */
		MISSING_SCOPES,

		/**
		 * Scopes are missing, but the server only reports that and lets the call pass.
		 */
		REPORTED,

		/**
		 * The use is denied for all callers or for this caller, independently of scopes.
		 */
		FORBIDDEN,

		/** There is no caller, and the target is not public. */
		UNAUTHENTICATED,

		/** There is no rule: the target is unknown, or the message has none. */
		NO_RULE

	}

}
