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
 * @param authentication the authentication that the caller must repeat or replace, or
 * {@link AuthenticationRequirement#NONE} if it is sufficient
 */
public record AccessDecision(Outcome outcome, List<String> operationScopes, List<String> missing,
		@Nullable AccessRule rule, AuthenticationRequirement authentication) {

	private static final int MAX_NAMES = 500;

	/** Create a decision about a caller whose authentication is sufficient. */
	public AccessDecision(Outcome outcome, List<String> operationScopes, List<String> missing,
			@Nullable AccessRule rule) {
		this(outcome, operationScopes, missing, rule, AuthenticationRequirement.NONE);
	}

	/**
	 * Deny a call independently of scopes.
	 * @param outcome {@link Outcome#FORBIDDEN} or {@link Outcome#UNAUTHENTICATED}
	 * @param rule the rule that decided, or {@code null}
	 */
	public static AccessDecision deny(Outcome outcome, @Nullable AccessRule rule) {
		return new AccessDecision(outcome, List.of(), List.of(), rule);
	}

	/**
	 * The denial of an operation with several targets: for all missing scopes and the
	 * authentication, or independently of them if one of the denials is.
	 * @param denials the denials of targets, at least one
	 */
	public static AccessDecision denial(List<AccessDecision> denials) {
		return denials.stream().filter((denial) -> !denial.canStepUp()).findFirst().orElseGet(() -> {
			AuthenticationRequirement authentication = denials.stream()
				.map(AccessDecision::authentication)
				.reduce(AuthenticationRequirement.NONE, AuthenticationRequirement::and);
			return new AccessDecision(
					authentication.equals(AuthenticationRequirement.NONE) ? Outcome.MISSING_SCOPES
							: Outcome.INSUFFICIENT_AUTHENTICATION,
					denials.stream().flatMap((denial) -> denial.operationScopes().stream()).distinct().toList(),
					denials.stream().flatMap((denial) -> denial.missing().stream()).distinct().toList(),
					denials.get(0).rule(), authentication);
		});
	}

	/** Whether the caller must not use the target. */
	public boolean denied() {
		return canStepUp() || this.outcome == Outcome.FORBIDDEN || this.outcome == Outcome.UNAUTHENTICATED;
	}

	/**
	 * Whether the call is denied, and another token of the same caller can be sufficient.
	 */
	public boolean canStepUp() {
		return this.outcome == Outcome.MISSING_SCOPES || this.outcome == Outcome.INSUFFICIENT_AUTHENTICATION;
	}

	/** The reason of a denial, as a sentence for the caller. */
	public String description() {
		return switch (this.outcome) {
			case MISSING_SCOPES -> missingScopes(String.join(" ", this.missing));
			case INSUFFICIENT_AUTHENTICATION -> insufficientAuthentication();
			case REPORTED -> this.authentication.equals(AuthenticationRequirement.NONE)
					? missingScopes(String.join(" ", this.missing)) : insufficientAuthentication();
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

	private String insufficientAuthentication() {
		String acr = this.authentication.acr().isEmpty() ? "" : " at another level";
		Long maxAge = this.authentication.maxAgeSeconds();
		return "The user must sign in again" + acr + ((maxAge != null) ? ", at most " + maxAge + " seconds ago" : "")
				+ (this.missing.isEmpty() ? "" : ". " + missingScopes(String.join(" ", this.missing)));
	}

	/** The possible outcomes. */
	public enum Outcome {

		/** The rules for the target are satisfied. */
		GRANTED,

		/** Scopes are missing. */
		MISSING_SCOPES,

		/**
		 * The user must sign in again or in another way (RFC 9470). Scopes can be missing
		 * as well.
		 */
		INSUFFICIENT_AUTHENTICATION,

		/**
		 * Scopes are missing or the authentication is insufficient, but the server only
		 * reports that and lets the call pass.
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
