package io.mcpsecurity;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Thrown by a tool, resource or prompt that detects only at run time that the caller
 * needs more scopes than were declared. The response is the same as for declared scopes:
 * HTTP 403 with a challenge that contains all scopes of the call, or, if part of the
 * response has already been sent, an error that contains the challenge.
 * <p>
 * A call is challenged if this exception is the failure of the handler or one of its
 * causes, even if Spring AI converts it to an error result. If the handler catches the
 * exception and returns a result, the call is not challenged.
 * <p>
 * Spring AI converts exceptions of {@code @McpTool} methods to error results and discards
 * them. A proxy captures them first, so the class of such a method must not be final
 * (records are final), and the method must not be final, private or static. Otherwise
 * this exception becomes an ordinary error result.
 */
public final class InsufficientScopeException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/** RFC 6749 section 3.3. */
	private static final Pattern SCOPE_TOKEN = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+");

	private final String[] scopes;

	/**
	 * Create an exception.
	 * @param scope a scope that is needed
	 * @param more further scopes that are needed
	 * @throws IllegalArgumentException if one is not a scope-token of RFC 6749 section
	 * 3.3
	 */
	public InsufficientScopeException(String scope, String... more) {
		this(Stream.concat(Stream.of(scope), Stream.of(more)).distinct().toArray(String[]::new));
	}

	private InsufficientScopeException(String[] scopes) {
		super("Needs the scope " + String.join(" ", checked(scopes)));
		this.scopes = scopes;
	}

	private static String[] checked(String[] scopes) {
		for (String scope : scopes) {
			if (!SCOPE_TOKEN.matcher(scope).matches()) {
				throw new IllegalArgumentException("Not a scope-token of RFC 6749 section 3.3");
			}
		}
		return scopes;
	}

	/**
	 * The scopes that are needed, without duplicates.
	 */
	public List<String> getScopes() {
		return List.of(this.scopes);
	}

}
