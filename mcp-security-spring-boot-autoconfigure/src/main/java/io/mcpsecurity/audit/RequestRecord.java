package io.mcpsecurity.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * What becomes known of one request on its way: written by whoever finds something out,
 * read when the request ends.
 * <p>
 * Safe for use by several threads.
 */
public final class RequestRecord {

	private final RequestRecorder recorder;

	private final Connection connection;

	private final Instant arrival;

	private final long start = System.nanoTime();

	private final AtomicBoolean ended = new AtomicBoolean();

	/** Two that are made at once are the same. */
	private volatile @Nullable String sessionIdHash;

	private volatile @Nullable McpCaller caller;

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

	private volatile AuditTrail.@Nullable Place place;

	private volatile int status;

	private volatile Duration duration = Duration.ZERO;

	RequestRecord(RequestRecorder recorder, Connection connection, Instant arrival) {
		this.recorder = recorder;
		this.connection = connection;
		this.arrival = arrival;
	}

	/**
	 * The caller is known.
	 */
	public void caller(McpCaller caller) {
		this.caller = caller;
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
	 * The message has been read. What its event is to say of its arguments is found out
	 * now: they lie in the body, which need not be kept until the request ends.
	 */
	public void message(McpMessage message) {
		this.message = message.withoutArguments();
		this.arguments = this.recorder.argumentsOf(message);
		this.recorder.read(this);
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
	 * That the policy denied the request is kept from its caller, who is answered as if
	 * there were no such target.
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
	 * Keep a place in the audit trail for the event of this request.
	 * @throws AuditUnavailableException if the request must not be served
	 */
	public void reservePlace() throws AuditUnavailableException {
		this.place = this.recorder.reserve();
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
		CompletionStage<Void> recorded = this.recorder.record(this);
		this.tokenHash = null;
		return recorded;
	}

	public Connection connection() {
		return this.connection;
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
	 * The message without its arguments, or {@code null} when none was read.
	 */
	public @Nullable McpMessage message() {
		return this.message;
	}

	/**
	 * What the event says of the arguments, or {@code null}.
	 */
	@Nullable Object arguments() {
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

	AuditTrail.@Nullable Place place() {
		return this.place;
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
	 * Whether the caller is not told that the policy denied the request.
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
