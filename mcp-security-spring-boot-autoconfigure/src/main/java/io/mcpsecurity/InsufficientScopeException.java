package io.mcpsecurity;

import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a tool, resource or prompt that finds out only while it runs that the caller
 * needs more scopes than were declared. The caller is answered as if they had been
 * declared: with HTTP 403 and a challenge that names all scopes of the call, or, when
 * part of an answer has been sent already, with an error that has the challenge inside.
 * <p>
 * A call that fails is answered like that when this exception is the failure or among its
 * causes. Because Spring AI hides which exception an error result comes from, it is also
 * answered like that when such an exception was created while it ran: on the thread that
 * the handler was called on, and on asynchronous servers on threads of Reactor's
 * schedulers as well. An exception of another thread may be lost in an error result: that
 * is an ordinary failure then, without a challenge. A call that does not fail, because
 * the handler caught the exception and answered something else, is not affected.
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
		Watch watch = Watch.current();
		if (watch != null) {
			watch.last = this;
		}
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

	/**
	 * Sees the exceptions that are created during one invocation. It is for the tool
	 * boundary, not for applications.
	 */
	public static final class Watch {

		private static final ThreadLocal<@Nullable Watch> CURRENT = new ThreadLocal<>();

		private volatile @Nullable InsufficientScopeException last;

		/**
		 * The watch that is kept on this thread, or {@code null}.
		 */
		public static @Nullable Watch current() {
			return CURRENT.get();
		}

		/**
		 * Do something on this thread while watching it.
		 */
		public <T> T during(Supplier<T> work) {
			Watch before = CURRENT.get();
			CURRENT.set(this);
			try {
				return work.get();
			}
			finally {
				if (before != null) {
					CURRENT.set(before);
				}
				else {
					CURRENT.remove();
				}
			}
		}

		/**
		 * The exception that was created last, or {@code null} when there was none.
		 */
		public @Nullable InsufficientScopeException last() {
			return this.last;
		}

	}

}
