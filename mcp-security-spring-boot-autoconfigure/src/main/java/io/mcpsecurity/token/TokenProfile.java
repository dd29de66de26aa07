package io.mcpsecurity.token;

import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The access tokens of an authorization server: how they differ from tokens of other
 * kinds, their audience, and their claims.
 *
 * @param types the accepted values of the header's {@code typ}, case-insensitive;
 * {@value #NO_TYPE} is a header without it
 * @param audienceClaim the claim with the audience
 * @param audiences its accepted values; empty for the resource identifier of the MCP
 * endpoint
 * @param marks claims that mark an access token, each with its accepted values
 * ({@value #ANY} for any): one of them must be present; empty for no condition
 * @param refusedClaims claims that only tokens of other kinds have
 * @param claims where the caller is read from
 */
public record TokenProfile(List<String> types, ClaimPointer audienceClaim, List<String> audiences,
		Map<String, List<String>> marks, List<String> refusedClaims, Claims claims) {

	/** A header without {@code typ}. */
	public static final String NO_TYPE = "(none)";

	/** Any value of a claim. */
	public static final String ANY = "*";

	/** RFC 9068 section 2.1 allows it for {@code at+jwt}. */
	private static final String LONG_TYPE = "application/at+jwt";

	static final ClaimPointer AUD = ClaimPointer.of("aud");

	public TokenProfile {
		types = types.stream().map(TokenProfile::type).toList();
		audiences = List.copyOf(audiences);
		marks = Map.copyOf(marks);
		refusedClaims = List.copyOf(refusedClaims);
	}

	/** The profile of the tokens of a provider. */
	public static TokenProfile of(Provider provider) {
		return provider.profile();
	}

	/** The normalized form of a type. */
	static String type(String type) {
		String lower = type.toLowerCase(Locale.ROOT);
		return lower.equals(LONG_TYPE) ? "at+jwt" : lower;
	}

	/** The same, for tokens with the resource identifier in {@code aud}. */
	public TokenProfile forResourceOnly() {
		return new TokenProfile(this.types, AUD, List.of(), this.marks, this.refusedClaims, this.claims);
	}

	/**
	 * Where the caller is read from.
	 *
	 * @param scopes claims that contain scopes, all of them together: strings or arrays
	 * of strings
	 * @param appScopes claims that contain scopes if none of {@code scopes} is present
	 * @param client claims that contain the client; the first that is present applies
	 * @param actor the claim with the actor chain (RFC 8693 section 4.1)
	 * @param acr claims that contain authentication context class references, all of them
	 * together: strings or arrays of strings
	 * @param authTime the claim with the time at which the user has signed in
	 * @param scopePrefix the prefix of scopes where clients request them and perhaps in
	 * tokens, but not in rules; or {@code null}
	 * @param clientAsSubject whether the client is the subject of a token without {@code
	 * sub}
	 */
	public record Claims(List<ClaimPointer> scopes, List<ClaimPointer> appScopes, List<ClaimPointer> client,
			ClaimPointer actor, List<ClaimPointer> acr, ClaimPointer authTime, @Nullable String scopePrefix,
			boolean clientAsSubject) {

		public Claims {
			scopes = List.copyOf(scopes);
			appScopes = List.copyOf(appScopes);
			client = List.copyOf(client);
			acr = List.copyOf(acr);
		}

	}

}
