package io.mcpsecurity.audit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

import io.mcpsecurity.McpActor;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.audit.RequestRecord.Client;
import io.mcpsecurity.audit.RequestRecord.Connection;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.audit.RequestRecord.Trace;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

/**
 * Makes the event of a request from its record.
 */
public final class AuditEvents {

	private static final int MAX_TEXT = 256;

	private static final int MAX_NAME = 1024;

	private static final int MAX_SCOPES = 100;

	private final ArgumentSummaries arguments;

	/**
	 * Create a factory of events.
	 * @param arguments what events say of the arguments of calls
	 */
	public AuditEvents(ArgumentSummaries arguments) {
		this.arguments = arguments;
	}

	/**
	 * Whether a request gets an event: those that try to do something, and those that are
	 * refused.
	 */
	static boolean due(RequestRecord request) {
		McpMessage message = request.message();
		return (message != null && message.target() != null) || request.denied() || request.refusal() != null;
	}

	McpAuditEvent of(RequestRecord request) {
		String id = UUID.randomUUID().toString();
		McpCaller caller = request.caller();
		Facts facts = new Facts();
		facts.put("eventId", id);
		facts.put("timestamp", request.arrival().toString());
		if (caller != null) {
			describe(facts, caller);
		}
		describe(facts, request.message());
		facts.put("decision", request.verdict());
		facts.put("reason", request.reason());
		describe(facts, request.decision());
		if (caller != null) {
			facts.put("grantedScopes", caller.scopes().stream().sorted().toList());
		}
		facts.put("outcome", request.result().name().toLowerCase(Locale.ROOT));
		facts.values.put("durationMs", request.duration().toNanos() / 1000 / 1000.0);
		facts.values.put("httpStatus", request.status());
		describe(facts, request.trace());
		describe(facts, request.connection());
		describe(facts, request.client());
		return new McpAuditEvent(id, request.arrival(), type(request),
				(caller != null) ? EventText.of(caller.subject(), MAX_TEXT) : null, facts.values);
	}

	private static Type type(RequestRecord request) {
		Refusal refusal = request.refusal();
		if (refusal != null) {
			return (refusal.kind() == Refusal.Kind.UNAUTHENTICATED) ? Type.MCP_AUTHENTICATION_FAILED
					: Type.MCP_REQUEST_REJECTED;
		}
		AccessDecision decision = request.decision();
		if (decision != null && decision.denied()) {
			return (decision.outcome() == AccessDecision.Outcome.UNAUTHENTICATED) ? Type.MCP_AUTHENTICATION_FAILED
					: Type.MCP_CALL_DENIED;
		}
		return Type.MCP_CALL;
	}

	private static void describe(Facts facts, McpCaller caller) {
		facts.put("subject", caller.subject());
		facts.put("issuer", caller.issuer());
		facts.put("client", caller.client());
		List<Map<String, Object>> actors = new ArrayList<>();
		for (McpActor actor : caller.actors()) {
			Facts level = new Facts();
			level.put("subject", actor.subject());
			level.put("issuer", actor.issuer());
			level.put("client", actor.client());
			actors.add(level.values);
		}
		if (!actors.isEmpty()) {
			facts.values.put("actors", actors);
			facts.values.put("actorsTruncated", caller.actorsTruncated());
		}
		facts.put("tokenId", caller.tokenId());
	}

	private void describe(Facts facts, @Nullable McpMessage message) {
		if (message == null) {
			return;
		}
		facts.putSent("method", message.method(), MAX_TEXT);
		facts.putSent("requestId", message.id(), MAX_TEXT);
		if (message.meta() != null) {
			facts.putSent("protocolVersion", message.meta().protocolVersion(), MAX_TEXT);
			describe(facts, new Client(message.meta().clientName(), message.meta().clientVersion()));
		}
		McpTarget target = message.target();
		if (target != null) {
			facts.put("targetKind", target.kind().name().toLowerCase(Locale.ROOT));
			facts.putSent("targetName", target.name(), MAX_NAME);
			Object summary = this.arguments.of(target, message.arguments());
			if (summary != null) {
				facts.values.put("arguments", summary);
			}
		}
	}

	private static void describe(Facts facts, @Nullable AccessDecision decision) {
		if (decision == null) {
			return;
		}
		facts.put("requiredScopes", decision.operationScopes());
		facts.put("missingScopes", decision.missing());
		AccessRule rule = decision.rule();
		if (rule != null) {
			facts.put("rule", rule.toString());
			facts.put("ruleSource", rule.source());
		}
	}

	private static void describe(Facts facts, @Nullable Trace trace) {
		if (trace != null) {
			facts.put("traceId", trace.traceId());
			facts.put("spanId", trace.spanId());
		}
	}

	private static void describe(Facts facts, Connection connection) {
		facts.put("resource", connection.resource());
		facts.put("sessionIdHash", connection.sessionIdHash());
		facts.putSent("protocolVersion", connection.protocolVersion(), MAX_TEXT);
		facts.put("remoteAddress", connection.remoteAddress());
	}

	private static void describe(Facts facts, @Nullable Client client) {
		if (client != null) {
			facts.putSent("clientName", client.name(), MAX_TEXT);
			facts.putSent("clientVersion", client.version(), MAX_TEXT);
		}
	}

	/**
	 * Values by name, in order; what is not known is left out.
	 */
	private static final class Facts {

		/** Room for all facts of a call: growing twice would cost more. */
		private final Map<String, Object> values = new LinkedHashMap<>(64);

		void put(String name, @Nullable String value) {
			if (value != null) {
				this.values.put(name, EventText.of(value, MAX_TEXT));
			}
		}

		/**
		 * Put what a client sent, which could be its token in the wrong place.
		 */
		void putSent(String name, @Nullable String value, int max) {
			if (value != null) {
				this.values.put(name, Credentials.maskName(value, max));
			}
		}

		void put(String name, Collection<String> texts) {
			this.values.put(name,
					texts.stream().limit(MAX_SCOPES).map((text) -> EventText.of(text, MAX_TEXT)).toList());
		}

	}

}
