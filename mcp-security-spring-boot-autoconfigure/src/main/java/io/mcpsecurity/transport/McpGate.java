package io.mcpsecurity.transport;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

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
import io.mcpsecurity.message.ProtocolRevisions;
import io.mcpsecurity.message.SubscriptionFilter;
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

	private static final Pattern PRINTABLE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

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
			List<String> versions = versions(call.request());
			boolean modern = McpRevision.isModern(message, versions);
			MirroredHeaders headers = new MirroredHeaders(message,
					(name) -> Collections.list(call.request().getHeaders(name)));
			checkVersion(message, headers, versions, modern);
			decide(exchange, message, headers, call, modern);
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Refuse a revision of MCP that is not supported (MCP 2025-06-18, Transports,
	 * "Protocol Version Header"; MCP 2026-07-28, Versioning), and headers that differ
	 * from the message. The header of {@code initialize} is not checked, because
	 * {@code initialize} negotiates the revision.
	 */
	private void checkVersion(McpMessage message, MirroredHeaders headers, List<String> versions, boolean modern)
			throws RefusedRequestException {
		Object id = message.isRequest() ? message.id() : null;
		String revision = (message.meta() != null) ? message.meta().protocolVersion() : null;
		List<String> requested = (revision != null) ? List.of(revision) : versions;
		ProtocolRevisions supported = this.common.modern().revisions();
		if (modern ? !supported.modern() : !supported.legacy()) {
			throw unsupportedVersion(id, requested);
		}
		if (modern && revision == null) {
			throw ModernRequests.invalidParams("params._meta must contain the protocol version", id);
		}
		check(headers::checkEnvelope);
		boolean negotiated = McpMethod.of(message.method()) == McpMethod.INITIALIZE && !modern;
		List<String> known = modern ? McpRevision.modern() : McpRevision.legacy();
		if (!negotiated && !known.containsAll(requested)) {
			throw unsupportedVersion(id, requested);
		}
	}

	/**
	 * Refuse a request without a message.
	 */
	private void checkVersion(HttpServletRequest request) throws RefusedRequestException {
		if (!this.common.modern().revisions().legacy()) {
			throw StreamableTransport.methodNotAllowed("POST");
		}
		List<String> versions = versions(request);
		if (this.common.modern().revisions().modern() && !versions.isEmpty()
				&& McpRevision.modern().containsAll(versions)) {
			// MCP 2026-07-28 has no such requests.
			throw StreamableTransport.methodNotAllowed("POST");
		}
		if (!McpRevision.legacy().containsAll(versions)) {
			throw unsupportedVersion(null, versions);
		}
	}

	private static List<String> versions(HttpServletRequest request) {
		return Collections.list(request.getHeaders(PROTOCOL_VERSION));
	}

	/**
	 * The error names the revision that was requested, as MCP 2026-07-28 requires, unless
	 * it is too long or contains special characters.
	 */
	private RefusedRequestException unsupportedVersion(@Nullable Object id, List<String> requested) {
		String revision = (requested.size() == 1 && PRINTABLE.matcher(requested.get(0)).matches()) ? requested.get(0)
				: "";
		return new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "protocol_version",
				JsonRpcErrorCode.UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", id)
			.data("{\"supported\":[\"" + String.join("\",\"", this.common.modern().revisions().names())
					+ "\"],\"requested\":\"" + revision + "\"}");
	}

	private void decide(McpExchange exchange, McpMessage received, MirroredHeaders headers, HttpCall call,
			boolean modern) throws RefusedRequestException, IOException {
		McpCaller caller = exchange.caller();
		AccessPolicy policy = this.endpoint.policy();
		OfferedTargets offered = policy.ruleBook().offered();
		McpTarget target = received.target();
		if (target != null && offered.hints(target) == null) {
			checkUri(target, new Refusal(Refusal.Kind.REJECTED, "invalid_message"), received.id());
		}
		McpMessage message = permitted(exchange, received);
		AccessDecision decision = this.common.rules().decide(policy.decide(message, caller), exchange, target, null);
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
			pass(exchange, HiddenTarget.hide(message), call, modern);
			return;
		}
		// After the decision, because the headers of parameters reveal something about
		// the tool.
		check(() -> headers.checkParameters(offered::parameterHeaders));
		pass(exchange, message, call, modern);
	}

	/**
	 * Decide about the resources to whose changes a client subscribes, in the same way as
	 * about reading them. What is hidden from the caller or does not exist is left out.
	 * @return the message without such resources
	 */
	private McpMessage permitted(McpExchange exchange, McpMessage message) throws RefusedRequestException {
		AccessPolicy policy = this.endpoint.policy();
		McpCaller caller = exchange.caller();
		List<AccessDecision> denials = new ArrayList<>();
		Set<String> permitted = new HashSet<>();
		for (McpTarget resource : message.subscriptions()) {
			if (policy.ruleBook().offered().hints(resource) == null) {
				checkUri(resource, new Refusal(Refusal.Kind.REJECTED, "invalid_message"), message.id());
			}
			AccessDecision decision = this.common.rules()
				.decide(policy.decide(resource, caller), exchange, resource, null);
			if (decision.denied() && !policy.hides(decision)) {
				denials.add(decision);
			}
			else if (!decision.denied() && policy.ruleBook().offered().contains(resource)) {
				permitted.add(resource.name());
			}
		}
		if (!denials.isEmpty()) {
			AccessDecision denial = AccessDecision.denial(denials);
			exchange.decided(denial);
			throw this.endpoint.responses().denial(exchange, denial, message.id());
		}
		return permitted.size() == message.subscriptions().size() ? message
				: SubscriptionFilter.of(message).only((change) -> true, permitted::contains).in(message);
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

	private void pass(McpExchange exchange, McpMessage message, HttpCall call, boolean modern)
			throws RefusedRequestException, IOException {
		boolean stream = McpMethod.of(message.method()) == McpMethod.SUBSCRIPTIONS_LISTEN;
		if (takesLong(message)) {
			begin(exchange, stream ? this.common.limits().streams() : this.common.limits().calls(), message.id());
		}
		try {
			if (message.target() != null) {
				exchange.reserve();
			}
			exchange.application(this.common.context().apply(call.request()));
			if (modern) {
				this.common.modern().post(exchange, message, call, this.endpoint);
			}
			else {
				this.endpoint.dispatcher().post(exchange, message, call, this.endpoint);
			}
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
		checkVersion(call.request());
		begin(exchange, this.common.limits().streams(), null);
		this.endpoint.dispatcher().get(exchange, call, this.endpoint);
	}

	/** End a session. */
	void delete(McpExchange exchange, HttpCall call) throws RefusedRequestException {
		admit(exchange, null);
		checkVersion(call.request());
		this.endpoint.dispatcher().delete(exchange, call, this.endpoint);
	}

}
