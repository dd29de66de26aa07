package io.mcpsecurity.token;

import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What the access tokens of an authorization server look like: how they are told from
 * tokens of other kinds, how they name what they are for, and where their claims are.
 *
 * @param types the accepted values of the header's {@code typ}, in whatever case;
 * {@value #NO_TYPE} stands for a header without it
 * @param audienceClaim the claim that names what a token is for
 * @param audiences what that claim may name; empty for the resource identifier of the MCP
 * endpoint
 * @param marks claims that mark an access token, each with its accepted values
 * ({@value #ANY} for any): one of them must be there; without any, nothing is asked
 * @param refusedClaims claims that only tokens of other kinds have
 * @param claims where the caller is read from
 */
public record TokenProfile(List<String> types, ClaimPointer audienceClaim, List<String> audiences,
		Map<String, List<String>> marks, List<String> refusedClaims, Claims claims) {

	/** Stands for a header without {@code typ}. */
	public static final String NO_TYPE = "(none)";

	/** Stands for any value of a claim. */
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

	/**
	 * One way to write a type, of those that mean the same.
	 */
	static String type(String type) {
		String lower = type.toLowerCase(Locale.ROOT);
		return lower.equals(LONG_TYPE) ? "at+jwt" : lower;
	}

	/**
	 * The same, for tokens that name the resource identifier in {@code aud}.
	 */
	public TokenProfile forResourceOnly() {
		return new TokenProfile(this.types, AUD, List.of(), this.marks, this.refusedClaims, this.claims);
	}

	/**
	 * Where the caller is read from.
	 *
	 * @param scopes claims that contain scopes, all of them together: strings or arrays
	 * of strings
	 * @param appScopes claims that hold names of scopes where none of {@code scopes} is
	 * there: strings or arrays of strings
	 * @param client claims that name the client; the first that is there counts
	 * @param actor the claim that holds the actor chain (RFC 8693 section 4.1)
	 * @param scopePrefix what the names of scopes begin with, where clients ask for them
	 * and perhaps in tokens, and not in rules; or {@code null}
	 * @param clientAsSubject whether a token without {@code sub} is the client's own
	 */
	public record Claims(List<ClaimPointer> scopes, List<ClaimPointer> appScopes, List<ClaimPointer> client,
			ClaimPointer actor, @Nullable String scopePrefix, boolean clientAsSubject) {

		public Claims {
			scopes = List.copyOf(scopes);
			appScopes = List.copyOf(appScopes);
			client = List.copyOf(client);
		}

	}

}
