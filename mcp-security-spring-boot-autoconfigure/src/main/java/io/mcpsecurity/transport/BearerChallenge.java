package io.mcpsecurity.transport;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.token.DpopProofs;
import org.jspecify.annotations.Nullable;

/**
 * The values of {@code WWW-Authenticate} in responses of this server (RFC 6750 section 3,
 * RFC 9728 section 5.1). Those for the scheme {@code DPoP} have the accepted algorithms
 * in addition (RFC 9449 section 7.1).
 * <p>
 * Every parameter is a quoted-string of RFC 9110 section 5.6.4: quotes and backslashes
 * are escaped, and control characters and non-ASCII characters are replaced with a
 * question mark, so that no name or text can add a parameter or a header.
 */
public final class BearerChallenge {

	private static final String ALGORITHMS = parameter("algs", String.join(" ", DpopProofs.ALGORITHMS));

	private final String metadataParameter;

	private final Supplier<List<String>> initialScopes;

	private final UnaryOperator<List<String>> requestNames;

	private final List<String> schemes;

	/**
	 * Create the challenges of one protected resource.
	 * @param metadataLocation the URL of its metadata
	 * @param initialScopes the scopes that a client should request first; if empty, the
	 * challenge has no {@code scope}
	 * @param requestNames maps scopes to the names by which clients request them, limited
	 * to what fits into a header
	 * @param schemes the authentication schemes, the preferred one first
	 */
	public BearerChallenge(String metadataLocation, Supplier<List<String>> initialScopes,
			UnaryOperator<List<String>> requestNames, List<String> schemes) {
		this.metadataParameter = parameter("resource_metadata", metadataLocation);
		this.initialScopes = initialScopes;
		this.requestNames = requestNames;
		this.schemes = schemes;
	}

	/**
	 * The challenges for a request without credentials, one for each scheme: no error
	 * code (RFC 6750 section 3.1).
	 */
	public List<String> noCredentials() {
		return this.schemes.stream().map((scheme) -> challenge(scheme, advice())).toList();
	}

	/**
	 * The challenges for credentials that are not accepted: the first one in the scheme
	 * of the request, if tokens with that scheme are accepted.
	 * @param scheme the scheme of the request
	 * @param error the error code of RFC 6750 section 3.1
	 * @param description a description for the developer of the client, or {@code null}
	 */
	public List<String> error(String scheme, String error, @Nullable String description) {
		String refused = this.schemes.contains(scheme) ? scheme : this.schemes.get(0);
		String parameters = parameter("error", error) + ", "
				+ ((description != null) ? parameter("error_description", description) + ", " : "") + advice();
		return Stream
			.concat(Stream.of(challenge(refused, parameters)),
					this.schemes.stream()
						.filter((other) -> !other.equals(refused))
						.map((other) -> challenge(other, advice())))
			.toList();
	}

	/**
	 * The challenge for a token without the scopes of the operation (MCP Authorization,
	 * "Runtime Insufficient Scope Errors").
	 * @param scheme the scheme of the request
	 * @param scopes the scopes to request
	 * @param description what is missing
	 */
	public String insufficientScope(String scheme, List<String> scopes, String description) {
		return challenge(scheme, parameter("error", "insufficient_scope") + scope(scopes) + ", "
				+ this.metadataParameter + ", " + parameter("error_description", description));
	}

	private static String challenge(String scheme, String parameters) {
		return scheme + " " + parameters + (scheme.equals(SenderConstraints.DPOP) ? ", " + ALGORITHMS : "");
	}

	/**
	 * The challenge for a token whose user must sign in again or in another way (RFC 9470
	 * section 3). It contains scopes as well, because the client's next token needs both,
	 * and the user should be asked once.
	 * @param scheme the scheme of the request
	 * @param requirement the required authentication
	 * @param scopes the scopes to request
	 * @param description what is missing
	 */
	public String insufficientUserAuthentication(String scheme, AuthenticationRequirement requirement,
			List<String> scopes, String description) {
		String acrValues = requirement.acrValues();
		Long maxAge = requirement.maxAgeSeconds();
		return challenge(scheme,
				parameter("error", "insufficient_user_authentication")
						+ ((acrValues != null) ? ", " + parameter("acr_values", acrValues) : "")
						+ ((maxAge != null) ? ", " + parameter("max_age", maxAge.toString()) : "") + scope(scopes)
						+ ", " + this.metadataParameter + ", " + parameter("error_description", description));
	}

	private String advice() {
		return this.metadataParameter + scope(this.initialScopes.get());
	}

	private String scope(List<String> scopes) {
		List<String> names = this.requestNames.apply(scopes);
		return names.isEmpty() ? "" : ", " + parameter("scope", String.join(" ", names));
	}

	static String parameter(String name, String value) {
		StringBuilder quoted = new StringBuilder(name.length() + value.length() + 4).append(name).append("=\"");
		for (int i = 0; i < value.length(); i++) {
			char c = value.charAt(i);
			if (c == '"' || c == '\\') {
				quoted.append('\\').append(c);
			}
			else {
				quoted.append((c >= 0x20 && c < 0x7F) ? c : '?');
			}
		}
		return quoted.append('"').toString();
	}

}
