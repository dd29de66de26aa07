package io.mcpsecurity.exchange;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.mcpsecurity.InputRequiredException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.McpInput;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * The state of one request to an MCP endpoint: each processing step adds to it, and it is
 * recorded when the request ends. It is the transport context of handlers, either itself
 * or through the {@link McpCaller}; {@link #of(McpTransportContext)} finds it there.
 * <p>
 * Safe for use by several threads.
 */
public final class McpExchange implements McpTransportContext {

	/** The key of the exchange in a transport context. */
	private static final String KEY = McpExchange.class.getName();

	private static final String INPUT = McpInput.class.getName();

	private static final int MAX_DOWNSTREAM = 20;

	private final Exchanges exchanges;

	private final Connection connection;

	private final Instant arrival;

	private final long start = System.nanoTime();

	private final AtomicBoolean ended = new AtomicBoolean();

	/** The first uses of downstream services. Concurrent ones can exceed the maximum. */
	private final Queue<DownstreamUse> downstream = new ConcurrentLinkedQueue<>();

	/** What releases the resources that are held for the request. */
	private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();

	/** Whether a handler can outlast the request. */
	private volatile boolean handling;

	/** Computed lazily; concurrent computations have the same result. */
	private volatile @Nullable String sessionIdHash;

	private volatile @Nullable McpCaller caller;

	private volatile @Nullable Authentication authentication;

	private volatile @Nullable InboundToken token;

	private volatile @Nullable McpMessage message;

	private volatile @Nullable Object arguments;

	private volatile @Nullable McpTarget handler;

	private volatile @Nullable AccessDecision decision;

	private volatile boolean hidden;

	private volatile @Nullable Client client;

	private volatile @Nullable Trace trace;

	private volatile @Nullable Operation operation;

	private volatile @Nullable Integer errorCode;

	private volatile @Nullable Refusal refusal;

	private volatile @Nullable Result result;

	private volatile ExchangeAudit.@Nullable Reservation reservation;

	private volatile @Nullable Throwable failure;

	private volatile boolean intended;

	private volatile McpTransportContext application = McpTransportContext.EMPTY;

	private volatile @Nullable McpInput input;

	private volatile @Nullable InputRequiredException inputRequired;

	private volatile int status;

	private volatile Duration duration = Duration.ZERO;

	McpExchange(Exchanges exchanges, Connection connection, Instant arrival) {
		this.exchanges = exchanges;
		this.connection = connection;
		this.arrival = arrival;
	}

	/**
	 * The exchange of a handler's transport context, or {@code null} if the call did not
	 * come through an MCP endpoint of this library.
	 */
	public static @Nullable McpExchange of(McpTransportContext context) {
		return (context instanceof McpExchange exchange) ? exchange : (McpExchange) context.get(KEY);
	}

	/**
	 * The exchange that the current thread serves, from Spring Security's context, or
	 * {@code null}.
	 */
	public static @Nullable McpExchange current() {
		return of(SecurityContextHolder.getContext().getAuthentication());
	}

	/** The exchange of an authentication at an MCP endpoint, or {@code null}. */
	public static @Nullable McpExchange of(@Nullable Authentication authentication) {
		return (authentication != null && authentication.getDetails() instanceof McpTransportContext details)
				? of(details) : null;
	}

	/**
	 * The transport context of handlers: the caller, which Spring AI passes to a
	 * parameter of that type, or this exchange if there is no caller.
	 */
	public McpTransportContext context() {
		McpCaller caller = this.caller;
		return (caller != null) ? caller.within(this) : this;
	}

	/**
	 * This exchange, the input of the client, or a value of the application's own
	 * context.
	 */
	@Override
	public @Nullable Object get(String key) {
		if (INPUT.equals(key)) {
			return this.input;
		}
		return KEY.equals(key) ? this : this.application.get(key);
	}

	/**
	 * Set the input of the client. A handler can ask for more.
	 */
	public void input(McpInput input) {
		this.input = input;
	}

	/**
	 * The input of the client, or {@code null} if a handler cannot ask for any.
	 */
	public @Nullable McpInput input() {
		return this.input;
	}

	/**
	 * Set that the handler needs input of the client before it can respond.
	 */
	public void inputRequired(InputRequiredException required) {
		this.inputRequired = required;
	}

	/**
	 * The exception with which the handler has asked for input, or {@code null}.
	 */
	public @Nullable InputRequiredException inputRequired() {
		return this.inputRequired;
	}

	/** Set the context that the application's own extractor created from the request. */
	public void application(McpTransportContext context) {
		this.application = context;
	}

	/** Set the caller. */
	public void caller(McpCaller caller) {
		this.caller = caller;
	}

	/** Set Spring Security's authentication for the time in which a handler runs. */
	public void authentication(Authentication authentication) {
		this.authentication = authentication;
	}

	/** Spring Security's authentication, which can be anonymous, or {@code null}. */
	public @Nullable Authentication authentication() {
		return this.authentication;
	}

	/** Set the caller's token. */
	public void token(InboundToken token) {
		this.token = token;
	}

	/**
	 * Set the message. Its arguments are summarized for the event now, so that they need
	 * not be kept until the request ends.
	 */
	public void message(McpMessage message) {
		this.message = message.withoutParams();
		this.arguments = this.exchanges.audit().argumentsOf(message);
		this.exchanges.read(this);
	}

	/** Set the client as it describes itself, now or when it opened its session. */
	public void client(Client client) {
		this.client = client;
	}

	/**
	 * Set the position of the request in a trace. A later position replaces an earlier
	 * one.
	 */
	public void trace(Trace trace) {
		this.trace = trace;
	}

	/** Set the operation as which the request is observed. */
	public void operation(Operation operation) {
		this.operation = operation;
	}

	/** Make the operation current on this thread until the scope is closed. */
	public Scope open() {
		Operation operation = this.operation;
		return (operation != null) ? operation.open() : Scope.NONE;
	}

	/**
	 * Run code of the application in the security context and the operation of this
	 * exchange, on any thread.
	 */
	public <T> T run(Supplier<T> code) {
		Scope scope = open();
		SecurityContext before = SecurityContextHolder.getContext();
		Authentication authentication = this.authentication;
		boolean other = authentication != null && before.getAuthentication() != authentication;
		try {
			if (other) {
				SecurityContext context = SecurityContextHolder.createEmptyContext();
				context.setAuthentication(authentication);
				SecurityContextHolder.setContext(context);
			}
			return code.get();
		}
		finally {
			if (other) {
				SecurityContextHolder.setContext(before);
			}
			scope.close();
		}
	}

	/**
	 * Set the handler before it runs.
	 * @param handler the target as the server offers it: a tool, a prompt, a resource, or
	 * the resource template that matches the URI of the message
	 */
	public void handler(McpTarget handler) {
		this.handler = handler;
	}

	/** Set the decision of the policy. A later decision replaces an earlier one. */
	public void decided(AccessDecision decision) {
		this.decision = decision;
	}

	/**
	 * Treat the target as nonexistent, either because it does not exist, or because the
	 * policy denied the request and hides that from the caller.
	 */
	public void hide() {
		this.hidden = true;
	}

	/**
	 * Set the reason why the request is refused without a decision of the policy.
	 * @param refusal the kind of refusal
	 * @param reason one of a bounded set of words, for labels
	 */
	public void refused(Refusal.Kind refusal, String reason) {
		this.refusal = new Refusal(refusal, reason);
	}

	/**
	 * Set the result of the request. Only the first call has an effect, so that the
	 * exception of a handler is kept and not the error response that it causes.
	 */
	public synchronized void result(Result result) {
		if (this.result == null) {
			this.result = result;
		}
	}

	/**
	 * Set the code of the JSON-RPC error that the response contains.
	 * @param code the code
	 */
	public void error(int code) {
		this.errorCode = code;
	}

	/**
	 * Set the exception that the application's code threw. Layers between a method and
	 * the MCP server can convert it to text.
	 */
	public void failed(Throwable failure) {
		this.failure = failure;
	}

	/** The exception that was passed to {@link #failed}, or {@code null}. */
	public @Nullable Throwable failure() {
		return this.failure;
	}

	/** Mark the handler's error as intended: it is passed to the client unchanged. */
	public void intended() {
		this.intended = true;
	}

	/** Whether the handler's error is intended. */
	public boolean isIntended() {
		return this.intended;
	}

	/**
	 * Reserve capacity in the audit trail for the event of this request.
	 * @throws UnrecordableCallException if the request must not be served
	 */
	public void reserve() throws UnrecordableCallException {
		this.reservation = this.exchanges.audit().reserve();
	}

	/**
	 * Hold a resource until the request has ended, and its handler as well.
	 * @param release releases the resource, and is called once
	 */
	public void hold(Runnable release) {
		this.held.add(release);
	}

	/**
	 * A handler begins. The end of the request does not end it, because a client that
	 * disconnects does not cancel its call (MCP 2025-11-25, Transports, "Sending Messages
	 * to the Server").
	 */
	public void handling() {
		this.handling = true;
	}

	/**
	 * Release what is held, because the handler has ended or did not begin. Only the
	 * first call has an effect.
	 */
	public void release() {
		for (Runnable release = this.held.poll(); release != null; release = this.held.poll()) {
			release.run();
		}
	}

	/**
	 * End the request, and record it. Only the first call has an effect. What is held is
	 * released, unless a handler has begun.
	 * @param status the HTTP status of the response
	 * @return completes when the response may be sent, and exceptionally if it must not
	 * be sent because its event could not be written
	 */
	public CompletionStage<Void> end(int status) {
		if (!this.ended.compareAndSet(false, true)) {
			return CompletableFuture.completedFuture(null);
		}
		this.status = status;
		this.duration = Duration.ofNanos(System.nanoTime() - this.start);
		this.exchanges.ended(this);
		CompletionStage<Void> recorded = this.exchanges.audit().record(this, this.reservation);
		if (!this.handling) {
			release();
		}
		return recorded;
	}

	public Connection connection() {
		return this.connection;
	}

	/**
	 * The revision of MCP that the request contains, or {@code null}. The value is not
	 * validated.
	 */
	public @Nullable String revision() {
		McpMessage message = this.message;
		String revision = (message != null && message.meta() != null) ? message.meta().protocolVersion() : null;
		return (revision != null) ? revision : this.connection.protocolVersion();
	}

	/**
	 * The denial of this request independently of scopes; a request without a caller has
	 * to authenticate first.
	 * @param rule the rule that decided, or {@code null}
	 */
	public AccessDecision denial(@Nullable AccessRule rule) {
		return AccessDecision.deny((this.caller != null) ? Outcome.FORBIDDEN : Outcome.UNAUTHENTICATED, rule);
	}

	/** The scopes for the challenge of a denial in this exchange. */
	public List<String> challenged(AccessPolicy policy, AccessDecision denial) {
		McpCaller caller = this.caller;
		return (caller != null) ? policy.challenged(denial, caller.scopes(), McpRevision.keepsScopes(revision()))
				: List.of();
	}

	/** {@link Connection#sessionIdHash()}, computed once. */
	public @Nullable String sessionIdHash() {
		String hash = this.sessionIdHash;
		if (hash == null) {
			hash = this.connection.sessionIdHash();
			this.sessionIdHash = hash;
		}
		return hash;
	}

	public Instant arrival() {
		return this.arrival;
	}

	public @Nullable McpCaller caller() {
		return this.caller;
	}

	/**
	 * The caller's token, or {@code null} if there is none. It is kept after the end of
	 * the request, because a handler can outlast it.
	 */
	public @Nullable InboundToken token() {
		return this.token;
	}

	/** The uses of downstream services, in their order; the first of a bounded number. */
	public List<DownstreamUse> downstream() {
		return List.copyOf(this.downstream);
	}

	/** Add a use of a downstream service. */
	void used(DownstreamUse use) {
		if (this.downstream.size() < MAX_DOWNSTREAM) {
			this.downstream.add(use);
		}
	}

	/** The message without its parameters, or {@code null} if none was read. */
	public @Nullable McpMessage message() {
		return this.message;
	}

	/** The summary of the arguments for the event, or {@code null}. */
	public @Nullable Object arguments() {
		return this.arguments;
	}

	/**
	 * The target whose handler was run, as the server offers it, or {@code null} if no
	 * handler was run.
	 */
	public @Nullable McpTarget handler() {
		return this.handler;
	}

	/**
	 * The position of the request in a trace, or {@code null} if it is not part of one.
	 */
	public @Nullable Trace trace() {
		return this.trace;
	}

	/** The operation as which the request is observed, or {@code null}. */
	public @Nullable Operation operation() {
		return this.operation;
	}

	/**
	 * The code of the JSON-RPC error in the response of the MCP server, or {@code null}.
	 */
	public @Nullable Integer errorCode() {
		return this.errorCode;
	}

	public @Nullable AccessDecision decision() {
		return this.decision;
	}

	public @Nullable Client client() {
		return this.client;
	}

	/** Whether {@link #end} was called. */
	public boolean hasEnded() {
		return this.ended.get();
	}

	/** The HTTP status of the response; 0 before the end. */
	public int status() {
		return this.status;
	}

	/** The time from the arrival to the end; zero before the end. */
	public Duration duration() {
		return this.duration;
	}

	/** Why the request was refused without a decision of the policy, or {@code null}. */
	public @Nullable Refusal refusal() {
		if (this.refusal != null || this.status < 400 || denied() || this.result != null) {
			return this.refusal;
		}
		return new Refusal(Refusal.Kind.REJECTED, "transport");
	}

	/** Whether the policy denied the request. */
	public boolean denied() {
		AccessDecision decision = this.decision;
		return decision != null && decision.denied();
	}

	/** The result of the request, available at its end. */
	public Result result() {
		if (denied() || refusal() != null) {
			return Result.DENIED;
		}
		Result result = this.result;
		return (result != null) ? result : Result.SUCCESS;
	}

	/** Whether the target is treated as nonexistent. */
	public boolean hidden() {
		return this.hidden;
	}

	/** The decision in one word. */
	public String verdict() {
		Refusal refusal = refusal();
		AccessDecision decision = this.decision;
		if (refusal != null) {
			return (refusal.kind() == Refusal.Kind.UNAUTHENTICATED) ? "unauthenticated" : "rejected";
		}
		if (decision == null) {
			return "undecided";
		}
		return switch (decision.outcome()) {
			case GRANTED -> "granted";
			case REPORTED -> "reported";
			case MISSING_SCOPES, INSUFFICIENT_AUTHENTICATION, FORBIDDEN -> "denied";
			case UNAUTHENTICATED -> "unauthenticated";
			case NO_RULE -> "undecided";
		};
	}

	/** The reason for the decision, one of a bounded set of words. */
	public String reason() {
		Refusal refusal = refusal();
		AccessDecision decision = this.decision;
		if (refusal != null) {
			return refusal.reason();
		}
		Outcome outcome = (decision != null) ? decision.outcome() : Outcome.NO_RULE;
		return switch (outcome) {
			case GRANTED -> "satisfied";
			case MISSING_SCOPES -> "insufficient_scope";
			case INSUFFICIENT_AUTHENTICATION -> "insufficient_user_authentication";
			case REPORTED -> (decision == null || decision.authentication().equals(AuthenticationRequirement.NONE))
					? "insufficient_scope" : "insufficient_user_authentication";
			case FORBIDDEN -> "forbidden";
			case UNAUTHENTICATED -> "missing";
			case NO_RULE -> "no_rule";
		};
	}

	/**
	 * The connection and headers of a request.
	 *
	 * @param resource the resource identifier of the MCP endpoint
	 * @param remoteAddress the address of the client, as returned by the container
	 * @param sessionId the MCP session id of the request, or {@code null}
	 * @param protocolVersion the MCP revision in the header of the request, or
	 * {@code null}
	 * @param traced whether a header contains the position of the request in a trace
	 */
	public record Connection(String resource, @Nullable String remoteAddress, @Nullable String sessionId,
			@Nullable String protocolVersion, boolean traced) {

		/**
		 * Identifies the session in logs and metrics without revealing the id, which
		 * would be enough to use the session.
		 */
		public @Nullable String sessionIdHash() {
			return (this.sessionId != null) ? Sha256.of(this.sessionId).toString().substring(0, 32) : null;
		}

	}

	/** The name and version that a client claims to have. They are not verified. */
	public record Client(@Nullable String name, @Nullable String version) {
	}

	/**
	 * A position in a trace.
	 *
	 * @param traceId the id of the trace
	 * @param spanId the id of the span of the request
	 */
	public record Trace(String traceId, String spanId) {
	}

	/** The processing of a request, as it is observed. */
	public interface Operation {

		/** Make the operation current on this thread until the scope is closed. */
		Scope open();

		/**
		 * Entries for the context of Reactor, which make the operation available to
		 * reactive code.
		 */
		Map<String, Object> reactorContext();

	}

	/** The scope in which an operation is current on a thread. */
	public interface Scope {

		/** The scope of a request that is not observed. */
		Scope NONE = () -> {
		};

		/** Restore the previous operation of the thread. */
		void close();

	}

	/**
	 * A refusal without a decision of the policy.
	 *
	 * @param kind its kind
	 * @param reason one of a bounded set of words
	 */
	public record Refusal(Kind kind, String reason) {

		/** The kinds of refusals. */
		public enum Kind {

			/** The request has no authenticated caller. */
			UNAUTHENTICATED,

			/**
			 * The request is rejected for a reason that does not depend on the caller.
			 */
			REJECTED

		}

	}

	/** The results of a request. */
	public enum Result {

		/** The response is a result. */
		SUCCESS,

		/** The response is a tool result with {@code isError}. */
		TOOL_ERROR,

		/** The response is a JSON-RPC error, or there is no response. */
		PROTOCOL_ERROR,

		/** The handler threw an exception. */
		EXCEPTION,

		/** The handler exceeded the timeout. */
		TIMEOUT,

		/** No handler ran, or its response was replaced by a refusal. */
		DENIED

	}

}
