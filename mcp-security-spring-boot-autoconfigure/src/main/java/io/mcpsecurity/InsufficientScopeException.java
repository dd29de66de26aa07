package io.mcpsecurity;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Thrown by a tool, resource or prompt that finds out only while it runs that the caller
 * needs more scopes than were declared. The response is the one that a declaration would
 * have caused: HTTP 403 with a challenge that names all scopes of the call, or, when part
 * of the response has been sent already, an error that contains the challenge.
 * <p>
 * A call is challenged when this exception is the failure of the handler or among its
 * causes, also where Spring AI makes an error result of it. A call that does not fail,
 * because the handler caught the exception and returned something else, is not affected.
 * <p>
 * Spring AI makes error results of the exceptions of {@code @McpTool} methods and does
 * not keep them. They are found by a proxy, so neither the class of such a method may be
 * final (as records are), nor the method itself final, private or static: there this
 * exception is an error result like any other.
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
