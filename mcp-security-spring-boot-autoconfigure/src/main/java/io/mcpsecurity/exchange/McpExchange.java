package io.mcpsecurity.exchange;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.McpTarget;
import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * One request to an MCP endpoint and what becomes known of it: the steps on its way write
 * it, and it is read when the request ends. It reaches handlers as their transport
 * context, either itself or behind the {@link McpCaller}, and is found there by
 * {@link #of(McpTransportContext)}.
 * <p>
 * Safe for use by several threads.
 */
public final class McpExchange implements McpTransportContext {

	/** The key of the exchange in a transport context. */
	private static final String KEY = McpExchange.class.getName();

	private final Exchanges exchanges;

	private final Connection connection;

	private final Instant arrival;

	private final long start = System.nanoTime();

	private final AtomicBoolean ended = new AtomicBoolean();

	/** Two that are made at once are the same. */
	private volatile @Nullable String sessionIdHash;

	private volatile @Nullable McpCaller caller;

	private volatile @Nullable Authentication authentication;

	private volatile @Nullable Supplier<String> tokenHash;

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

	private volatile @Nullable Runnable atEnd;

	private volatile @Nullable Throwable failure;

	private volatile boolean intended;

	private volatile McpTransportContext application = McpTransportContext.EMPTY;

	private volatile int status;

	private volatile Duration duration = Duration.ZERO;

	McpExchange(Exchanges exchanges, Connection connection, Instant arrival) {
		this.exchanges = exchanges;
		this.connection = connection;
		this.arrival = arrival;
	}

	/**
	 * The exchange that a handler is called in, or {@code null} when the call did not
	 * come through an MCP endpoint of this library.
	 */
	public static @Nullable McpExchange of(McpTransportContext context) {
		return (context instanceof McpExchange exchange) ? exchange : (McpExchange) context.get(KEY);
	}

	/**
	 * The exchange that this thread works for, as Spring Security's context tells, or
	 * {@code null}.
	 */
	public static @Nullable McpExchange current() {
		Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
		return (authentication != null && authentication.getDetails() instanceof McpTransportContext details)
				? of(details) : null;
	}

	/**
	 * What handlers get as their transport context: the caller, which Spring AI passes to
	 * a parameter of that type, or this exchange when there is none.
	 */
	public McpTransportContext context() {
		McpCaller caller = this.caller;
		return (caller != null) ? caller.within(this) : this;
	}

	/**
	 * This exchange, and everything that the application's own context has.
	 */
	@Override
	public @Nullable Object get(String key) {
		return KEY.equals(key) ? this : this.application.get(key);
	}

	/**
	 * What the application's own extractor found in the request.
	 */
	public void application(McpTransportContext context) {
		this.application = context;
	}

	/**
	 * The caller is known.
	 */
	public void caller(McpCaller caller) {
		this.caller = caller;
	}

	/**
	 * What Spring Security knows the caller by while a handler runs.
	 */
	public void authentication(Authentication authentication) {
		this.authentication = authentication;
	}

	/**
	 * What Spring Security knows the caller by, an anonymous one among them, or
	 * {@code null}.
	 */
	public @Nullable Authentication authentication() {
		return this.authentication;
	}

	/**
	 * By what the caller's token can be told from another one.
	 * @param hash computes a hash of the token; asked when somebody wants to know, and
	 * not after the end
	 */
	public void token(Supplier<String> hash) {
		this.tokenHash = hash;
	}

	/**
	 * The message has been read. What its event says of its arguments is determined now,
	 * so that they need not be kept until the request ends.
	 */
	public void message(McpMessage message) {
		this.message = message.withoutParams();
		this.arguments = this.exchanges.audit().argumentsOf(message);
		this.exchanges.read(this);
	}

	/**
	 * The client has said what it is, now or when it opened its session.
	 */
	public void client(Client client) {
		this.client = client;
	}

	/**
	 * The request is part of a trace; a later place in it replaces an earlier one.
	 */
	public void trace(Trace trace) {
		this.trace = trace;
	}

	/**
	 * What is done for the request is measured as an operation.
	 */
	public void operation(Operation operation) {
		this.operation = operation;
	}

	/**
	 * Work for the request on this thread, until the scope is closed.
	 */
	public Scope open() {
		Operation operation = this.operation;
		return (operation != null) ? operation.open() : Scope.NONE;
	}

	/**
	 * A handler is about to be run.
	 * @param handler what the server offers it as: a tool, a prompt, a resource, or the
	 * resource template that stands for the URI of the message
	 */
	public void handler(McpTarget handler) {
		this.handler = handler;
	}

	/**
	 * The policy has decided; a later decision replaces an earlier one.
	 */
	public void decided(AccessDecision decision) {
		this.decision = decision;
	}

	/**
	 * There is no such target, or that the policy denied the request is kept from its
	 * caller: for the server, the target does not exist.
	 */
	public void hide() {
		this.hidden = true;
	}

	/**
	 * The request is refused before or without a decision of the policy.
	 * @param refusal the kind of refusal
	 * @param reason one of a bounded set of words, for labels
	 */
	public void refused(Refusal.Kind refusal, String reason) {
		this.refusal = new Refusal(refusal, reason);
	}

	/**
	 * The request has an answer, or something happened that it cannot be answered after.
	 * What is told first counts: the handler's exception, not the error that it was
	 * answered with.
	 */
	public synchronized void result(Result result) {
		if (this.result == null) {
			this.result = result;
		}
	}

	/**
	 * The request is answered with a JSON-RPC error.
	 * @param code its code
	 */
	public void error(int code) {
		this.errorCode = code;
	}

	/**
	 * Something that the application's code threw, as it was thrown: what is between a
	 * method and the MCP server may turn it into text.
	 */
	public void failed(Throwable failure) {
		this.failure = failure;
	}

	/**
	 * What {@link #failed} was called with, or {@code null}.
	 */
	public @Nullable Throwable failure() {
		return this.failure;
	}

	/**
	 * The handler responds with an error on purpose: clients get it as it is.
	 */
	public void intended() {
		this.intended = true;
	}

	/**
	 * Whether the handler responds with an error on purpose.
	 */
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
	 * Release something when the request ends.
	 */
	public void atEnd(Runnable release) {
		this.atEnd = release;
	}

	/**
	 * The request ends: record what is known of it. Only the first call does something.
	 * @param status the HTTP status of the answer
	 * @return completes when the answer may be sent, exceptionally if it must not be
	 * because its event could not be written
	 */
	public CompletionStage<Void> end(int status) {
		if (!this.ended.compareAndSet(false, true)) {
			return CompletableFuture.completedFuture(null);
		}
		this.status = status;
		this.duration = Duration.ofNanos(System.nanoTime() - this.start);
		this.exchanges.ended(this);
		CompletionStage<Void> recorded = this.exchanges.audit().record(this, this.reservation);
		this.tokenHash = null;
		Runnable release = this.atEnd;
		if (release != null) {
			release.run();
		}
		return recorded;
	}

	public Connection connection() {
		return this.connection;
	}

	/**
	 * The revision of MCP that the request names, or {@code null}. It may be anything.
	 */
	public @Nullable String revision() {
		McpMessage message = this.message;
		String revision = (message != null && message.meta() != null) ? message.meta().protocolVersion() : null;
		return (revision != null) ? revision : this.connection.protocolVersion();
	}

	/**
	 * The scopes that the challenge of a denial names in this exchange.
	 */
	public List<String> challenged(AccessPolicy policy, AccessDecision denial) {
		McpCaller caller = this.caller;
		return (caller != null) ? policy.challenged(denial, caller.scopes(), McpRevision.keepsScopes(revision()))
				: List.of();
	}

	/**
	 * {@link Connection#sessionIdHash()}, made once.
	 */
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
	 * A hash of the caller's token, or {@code null} when there is none or the request has
	 * ended.
	 */
	public @Nullable String tokenHash() {
		Supplier<String> hash = this.tokenHash;
		return (hash != null) ? hash.get() : null;
	}

	/**
	 * The message without its parameters, or {@code null} when none was read.
	 */
	public @Nullable McpMessage message() {
		return this.message;
	}

	/**
	 * What the event says of the arguments, or {@code null}.
	 */
	public @Nullable Object arguments() {
		return this.arguments;
	}

	/**
	 * What the server offers the handler as that was run, or {@code null} when none was.
	 */
	public @Nullable McpTarget handler() {
		return this.handler;
	}

	/**
	 * Where the request stands in a trace, or {@code null} when it is part of none.
	 */
	public @Nullable Trace trace() {
		return this.trace;
	}

	/**
	 * The operation that the request is measured as, or {@code null}.
	 */
	public @Nullable Operation operation() {
		return this.operation;
	}

	/**
	 * The code of the JSON-RPC error that the MCP server answers with, or {@code null}.
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

	/**
	 * Whether {@link #end} was called.
	 */
	public boolean hasEnded() {
		return this.ended.get();
	}

	/**
	 * The HTTP status of the answer; 0 before the end.
	 */
	public int status() {
		return this.status;
	}

	/**
	 * From the arrival to the end; zero before the end.
	 */
	public Duration duration() {
		return this.duration;
	}

	/**
	 * Why the request was refused without a decision of the policy, or {@code null}.
	 */
	public @Nullable Refusal refusal() {
		if (this.refusal != null || this.status < 400 || denied() || this.result != null) {
			return this.refusal;
		}
		return new Refusal(Refusal.Kind.REJECTED, "transport");
	}

	/**
	 * Whether the policy denied the request.
	 */
	public boolean denied() {
		AccessDecision decision = this.decision;
		return decision != null && decision.denied();
	}

	/**
	 * What came of the request, told at its end.
	 */
	public Result result() {
		if (denied() || refusal() != null) {
			return Result.DENIED;
		}
		Result result = this.result;
		return (result != null) ? result : Result.SUCCESS;
	}

	/**
	 * Whether the target does not exist for the server, although the policy may have
	 * denied its use.
	 */
	public boolean hidden() {
		return this.hidden;
	}

	/**
	 * In one word what was decided.
	 */
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
			case MISSING_SCOPES, FORBIDDEN -> "denied";
			case UNAUTHENTICATED -> "unauthenticated";
			case NOT_A_SCOPE_MATTER -> "undecided";
		};
	}

	/**
	 * Why it was decided so, in one of a bounded set of words.
	 */
	public String reason() {
		Refusal refusal = refusal();
		AccessDecision decision = this.decision;
		if (refusal != null) {
			return refusal.reason();
		}
		Outcome outcome = (decision != null) ? decision.outcome() : Outcome.NOT_A_SCOPE_MATTER;
		return switch (outcome) {
			case GRANTED -> "satisfied";
			case REPORTED, MISSING_SCOPES -> "insufficient_scope";
			case FORBIDDEN -> "forbidden";
			case UNAUTHENTICATED -> "missing";
			case NOT_A_SCOPE_MATTER -> "no_rule";
		};
	}

	/**
	 * Where a request came from and to, by its connection and headers.
	 *
	 * @param resource the resource identifier of the MCP endpoint that it came to
	 * @param remoteAddress the address of the other end, as the container knows it
	 * @param sessionId the MCP session that the request names, or {@code null}
	 * @param protocolVersion the MCP revision that the request names, or {@code null}
	 * @param traced whether a header says where the request stands in a trace
	 */
	public record Connection(String resource, @Nullable String remoteAddress, @Nullable String sessionId,
			@Nullable String protocolVersion, boolean traced) {

		/**
		 * Create a connection without a trace.
		 */
		public Connection(String resource, @Nullable String remoteAddress, @Nullable String sessionId,
				@Nullable String protocolVersion) {
			this(resource, remoteAddress, sessionId, protocolVersion, false);
		}

		/**
		 * Stands for the session where others read it, who must not be able to take it
		 * over.
		 */
		public @Nullable String sessionIdHash() {
			return (this.sessionId != null) ? Sha256.of(this.sessionId).toString().substring(0, 32) : null;
		}

	}

	/**
	 * What a client says of itself; nobody has checked it.
	 */
	public record Client(@Nullable String name, @Nullable String version) {
	}

	/**
	 * A place in a trace.
	 *
	 * @param traceId the id of the trace
	 * @param spanId the id of the part of it that the request is
	 */
	public record Trace(String traceId, String spanId) {
	}

	/**
	 * What is done for a request, as somebody measures it.
	 */
	public interface Operation {

		/**
		 * Make it the current one of this thread, until the scope is closed.
		 */
		Scope open();

		/**
		 * What tells reactive code of it: entries for the context of Reactor.
		 */
		Map<String, Object> reactorContext();

	}

	/**
	 * The time in which a thread works for a request.
	 */
	public interface Scope {

		/** Of a request that nobody measures. */
		Scope NONE = () -> {
		};

		/**
		 * The thread goes on with what it did before.
		 */
		void close();

	}

	/**
	 * A refusal that is not the policy's.
	 *
	 * @param kind its kind
	 * @param reason one of a bounded set of words
	 */
	public record Refusal(Kind kind, String reason) {

		/**
		 * The kinds of refusals.
		 */
		public enum Kind {

			/** There is no caller. */
			UNAUTHENTICATED,

			/** The request cannot be served, whoever sent it. */
			REJECTED

		}

	}

	/**
	 * What came of a request.
	 */
	public enum Result {

		/** It was answered with a result. */
		SUCCESS,

		/** It was answered with a tool's result that says {@code isError}. */
		TOOL_ERROR,

		/** It was answered with a JSON-RPC error, or not at all. */
		PROTOCOL_ERROR,

		/** The handler threw an exception. */
		EXCEPTION,

		/** The handler took too long. */
		TIMEOUT,

		/** No handler ran, or what it did was answered with a refusal. */
		DENIED

	}

}
