package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Enumeration;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.session.SessionOwner;
import io.mcpsecurity.session.Sessions;
import io.mcpsecurity.token.McpAuthenticationToken;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.context.SecurityContextHolder;

/**
 * Lets nobody use a session but its owner (MCP Security Best Practices, "Session
 * Hijacking"). The session of somebody else is answered as one that does not exist: with
 * 404, upon which a client opens a new one (MCP 2025-11-25, Transports, "Session
 * Management"). A session is never a reason to let somebody in: token and scopes have
 * been looked at before.
 * <p>
 * What is sent as a stream ends soon after its token or its session.
 */
public final class SessionFilter extends EndpointFilter {

	static final String SESSION_ID = "Mcp-Session-Id";

	private static final String INITIALIZE = "initialize";

	private final Sessions sessions;

	private final SessionOwner anonymous;

	/**
	 * By callers as long as somebody knows them: a remembered token has one caller for
	 * all its requests.
	 */
	private final Cache<McpCaller, SessionOwner> owners = Caffeine.newBuilder()
		.weakKeys()
		.executor(Runnable::run)
		.build();

	private final Duration clockSkew;

	/**
	 * Create a filter.
	 * @param sessions the sessions of all endpoints
	 * @param resource the resource identifier of the MCP endpoint
	 * @param clockSkew how long beyond its {@code exp} a token is accepted
	 */
	public SessionFilter(Sessions sessions, String resource, Duration clockSkew) {
		this.sessions = sessions;
		this.anonymous = SessionOwner.anonymous(resource);
		this.clockSkew = clockSkew;
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		RequestRecord record = RequestRecordFilter.of(request);
		McpCaller caller = record.caller();
		SessionOwner owner = (caller != null) ? this.owners.get(caller, SessionOwner::of) : this.anonymous;
		Enumeration<String> ids = request.getHeaders(SESSION_ID);
		String id = ids.hasMoreElements() ? ids.nextElement() : null;
		if (id != null && (ids.hasMoreElements() || !this.sessions.admits(id, owner, this.anonymous))) {
			// Answered by the gate, as it answers where the transport knows no such
			// session.
			record.refused(Refusal.Kind.REJECTED, "session");
			response.setStatus(HttpServletResponse.SC_NOT_FOUND);
			return;
		}
		serve(request, response, chain, id, owner);
		if (id != null && "DELETE".equals(request.getMethod()) && response.getStatus() < 300) {
			this.sessions.deleted(id);
		}
	}

	private void serve(HttpServletRequest request, HttpServletResponse response, FilterChain chain, @Nullable String id,
			SessionOwner owner) throws ServletException, IOException {
		boolean initialize = initializes(RequestRecordFilter.of(request).message());
		SessionResponse stream = new SessionResponse(response, (opened) -> {
			if (initialize) {
				this.sessions.opened(opened, owner);
			}
		});
		Runnable ended = this.sessions.opened(stream, id, owner, expiry());
		boolean goesOn = false;
		try {
			chain.doFilter(request, stream);
			if (request.isAsyncStarted()) {
				request.getAsyncContext().addListener(new StreamEnd(ended));
				stream.goesOn(request.getAsyncContext());
				goesOn = true;
			}
		}
		finally {
			if (!goesOn) {
				ended.run();
			}
		}
	}

	private static boolean initializes(@Nullable McpMessage message) {
		return message != null && INITIALIZE.equals(message.method());
	}

	/**
	 * When the caller's token is not accepted any more.
	 */
	private @Nullable Instant expiry() {
		Instant expiry = (SecurityContextHolder.getContext()
			.getAuthentication() instanceof McpAuthenticationToken token) ? token.getToken().getExpiresAt() : null;
		return (expiry != null) ? expiry.plus(this.clockSkew) : null;
	}

	/**
	 * Told when a stream has come to its end, whatever the reason.
	 */
	private record StreamEnd(Runnable ended) implements AsyncListener {

		@Override
		public void onComplete(AsyncEvent event) {
			this.ended.run();
		}

		@Override
		public void onTimeout(AsyncEvent event) {
		}

		@Override
		public void onError(AsyncEvent event) {
		}

		@Override
		public void onStartAsync(AsyncEvent event) {
			event.getAsyncContext().addListener(this);
		}

	}

}
