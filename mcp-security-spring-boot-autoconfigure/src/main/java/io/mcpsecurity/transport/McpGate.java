package io.mcpsecurity.transport;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.ResourceUri;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Refusal;
import io.mcpsecurity.exchange.UnrecordableCallException;
import io.mcpsecurity.handler.InvocationGuard;
import io.mcpsecurity.message.HiddenTarget;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpRevision;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.MirroredHeaders;
import io.mcpsecurity.ratelimit.ConcurrentRequests;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * The gate in front of an MCP server: decides about the message of an authenticated or
 * anonymous client, and passes the same message to the server. A call without the
 * required scopes is refused with a challenge before the server gets it.
 */
final class McpGate {

	private static final String PROTOCOL_VERSION = "MCP-Protocol-Version";

	private final McpEndpoint endpoint;

	private final McpEndpoint.Common common;

	McpGate(McpEndpoint endpoint, McpEndpoint.Common common) {
		this.endpoint = endpoint;
		this.common = common;
	}

	/**
	 * Refuse a caller beyond the rate limits. (Without a caller, the address was already
	 * checked.)
	 */
	void admit(McpExchange exchange, @Nullable Object id) throws TooManyRequestsException {
		McpCaller caller = exchange.caller();
		if (caller != null) {
			TooManyRequestsException.check(this.common.limits().rules().request(caller, null), id);
		}
	}

	/** Read the message of a POST, decide about it, and pass it on. */
	void post(McpExchange exchange, byte[] body, HttpCall call) throws RefusedRequestException, IOException {
		McpMessage message;
		try {
			message = this.common.reader().read(body);
		}
		catch (InvalidMessageException ex) {
			// A message that cannot be read counts as a request of the caller.
			admit(exchange, ex.getId());
			throw new RefusedRequestException(ex);
		}
		if (body.length > BodyLimits.SMALL && !message.mayBeLong()) {
			admit(exchange, message.id());
			throw new RefusedRequestException(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE, "too_large",
					JsonRpcErrorCode.INVALID_REQUEST, "Invalid request: the message is too long", message.id());
		}
		exchange.message(message);
		McpExchange.Scope scope = exchange.open();
		try {
			admit(exchange, message.id());
			checkVersion(call.request(), message);
			decide(exchange, message, call);
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Refuse a revision of MCP that is not supported (MCP 2025-06-18, Transports,
	 * "Protocol Version Header"). The header of {@code initialize} is not checked,
	 * because {@code initialize} negotiates the revision.
	 */
	private static void checkVersion(HttpServletRequest request, McpMessage message) throws RefusedRequestException {
		if (McpMethod.of(message.method()) == McpMethod.INITIALIZE) {
			return;
		}
		checkVersion(request, message.isRequest() ? message.id() : null);
		String inBody = (message.meta() != null) ? message.meta().protocolVersion() : null;
		if (inBody != null && !McpRevision.spoken().contains(inBody)) {
			throw unsupportedVersion(message.id());
		}
	}

	private static void checkVersion(HttpServletRequest request, @Nullable Object id) throws RefusedRequestException {
		if (!McpRevision.spoken().containsAll(Collections.list(request.getHeaders(PROTOCOL_VERSION)))) {
			throw unsupportedVersion(id);
		}
	}

	private static RefusedRequestException unsupportedVersion(@Nullable Object id) {
		return new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "protocol_version",
				JsonRpcErrorCode.UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", id)
			.data("{\"supported\":[\"" + String.join("\",\"", McpRevision.spoken()) + "\"]}");
	}

	private void decide(McpExchange exchange, McpMessage message, HttpCall call)
			throws RefusedRequestException, IOException {
		McpCaller caller = exchange.caller();
		MirroredHeaders headers = new MirroredHeaders(message,
				(name) -> Collections.list(call.request().getHeaders(name)));
		check(headers::checkEnvelope);
		AccessPolicy policy = this.endpoint.policy();
		OfferedTargets offered = policy.ruleBook().offered();
		McpTarget target = message.target();
		if (target != null && offered.hints(target) == null) {
			checkUri(target, new Refusal(Refusal.Kind.REJECTED, "invalid_message"), message.id());
		}
		AccessDecision decision = this.common.rules()
			.decide(policy.decide(message, (caller != null) ? caller.scopes() : null), exchange, target, null);
		exchange.decided(decision);
		boolean hidden = policy.hides(decision);
		if (decision.denied() && !hidden) {
			throw this.endpoint.responses().denial(exchange, decision, message.id());
		}
		boolean unknown = target != null && (hidden || !offered.contains(target));
		// After the decision, so that callers without access learn nothing about the use
		// of a tool.
		TooManyRequestsException.check(
				this.common.limits().rules().use(caller, call.request().getRemoteAddr(), target, !unknown),
				message.id());
		if (decision.outcome() == Outcome.REPORTED) {
			InvocationGuard.report((target != null) ? target : message.method(), caller, decision);
		}
		if (unknown) {
			// A hidden target that is listed elsewhere must be indistinguishable from an
			// unknown one.
			checkUri(target, null, message.id());
			exchange.hide();
			pass(exchange, HiddenTarget.hide(message), call);
			return;
		}
		// After the decision, because the headers of parameters reveal something about
		// the tool.
		check(() -> headers.checkParameters(offered::parameterHeaders));
		pass(exchange, message, call);
	}

	/**
	 * Refuse the URI of a resource that is not in canonical form, because it could evade
	 * a rule.
	 * @param refusal the refusal to record, or {@code null} if the policy has decided
	 */
	private static void checkUri(McpTarget target, @Nullable Refusal refusal, @Nullable Object id)
			throws RefusedRequestException {
		String flaw = ResourceUri.flaw(target);
		if (flaw != null) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, refusal,
					JsonRpcErrorCode.INVALID_PARAMS, "Invalid params: the URI is not in canonical form, " + flaw, id);
		}
	}

	private static void check(MirroredHeaders.Check check) throws RefusedRequestException {
		try {
			check.run();
		}
		catch (InvalidMessageException ex) {
			throw new RefusedRequestException(ex);
		}
	}

	private void pass(McpExchange exchange, McpMessage message, HttpCall call)
			throws RefusedRequestException, IOException {
		if (takesLong(message)) {
			begin(exchange, this.common.limits().calls(), message.id());
		}
		try {
			if (message.target() != null) {
				exchange.reserve();
			}
			exchange.application(this.common.context().apply(call.request()));
			this.endpoint.dispatcher().post(exchange, message, call, this.endpoint);
		}
		catch (UnrecordableCallException ex) {
			throw Responses.unrecorded(exchange, message.id());
		}
	}

	/**
	 * Whether a message counts as a concurrent call. At the limit, a client can still
	 * respond to requests of the server, cancel a call, and ping the server.
	 */
	private static boolean takesLong(McpMessage message) {
		return message.isRequest() && McpMethod.of(message.method()) != McpMethod.PING;
	}

	/** Count a concurrent request of a caller, or without a token of an address. */
	private static void begin(McpExchange exchange, ConcurrentRequests limit, @Nullable Object id)
			throws TooManyRequestsException {
		Runnable end = limit.begin(exchange.caller(), exchange.connection().remoteAddress());
		if (end == null) {
			throw new TooManyRequestsException(Duration.ofSeconds(1), id);
		}
		exchange.hold(end);
	}

	/** Open a stream. */
	void get(McpExchange exchange, HttpCall call) throws RefusedRequestException {
		admit(exchange, null);
		checkVersion(call.request(), (Object) null);
		begin(exchange, this.common.limits().streams(), null);
		this.endpoint.dispatcher().get(exchange, call, this.endpoint);
	}

	/** End a session. */
	void delete(McpExchange exchange, HttpCall call) throws RefusedRequestException {
		admit(exchange, null);
		checkVersion(call.request(), (Object) null);
		this.endpoint.dispatcher().delete(exchange, call, this.endpoint);
	}

}
