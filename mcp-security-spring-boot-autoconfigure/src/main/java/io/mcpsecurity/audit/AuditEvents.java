package io.mcpsecurity.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mcpsecurity.McpActor;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.audit.RequestRecord.Client;
import io.mcpsecurity.audit.RequestRecord.Refusal;
import io.mcpsecurity.audit.RequestRecord.Trace;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.RequestMeta;
import org.jspecify.annotations.Nullable;

/**
 * Makes the event of a request from its record.
 */
public final class AuditEvents {

	private static final int MAX_TEXT = 256;

	private static final int MAX_NAME = 1024;

	private static final int MAX_SCOPES = 100;

	/** For all facts of a call. */
	private static final int ROOM = 32;

	/**
	 * By callers as long as somebody knows them: a remembered token has one caller for
	 * all its requests, and sorting a hundred scopes for each took as long as all else.
	 */
	private final Cache<McpCaller, List<String>> grantedScopes = Caffeine.newBuilder()
		.weakKeys()
		.executor(Runnable::run)
		.build();

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

	/**
	 * What an event says of the arguments of a message.
	 */
	@Nullable Object argumentsOf(McpMessage message) {
		McpTarget target = message.target();
		return (target != null) ? this.arguments.of(target, message.arguments()) : null;
	}

	McpAuditEvent of(RequestRecord request) {
		String id = UUID.randomUUID().toString();
		McpCaller caller = request.caller();
		Facts facts = new Facts(ROOM);
		facts.add("eventId", id);
		facts.add("timestamp", request.arrival().toString());
		if (caller != null) {
			describe(facts, caller);
		}
		describe(facts, request);
		facts.add("decision", request.verdict());
		facts.add("reason", request.reason());
		describe(facts, request.decision());
		if (caller != null) {
			facts.add("grantedScopes", this.grantedScopes.get(caller, AuditEvents::grantedScopes));
		}
		facts.add("outcome", request.result().name().toLowerCase(Locale.ROOT));
		facts.add("durationMs", request.duration().toNanos() / 1000 / 1000.0);
		facts.add("httpStatus", request.status());
		describe(facts, request.trace());
		facts.add("resource", text(request.connection().resource()));
		facts.add("sessionIdHash", request.sessionIdHash());
		facts.add("remoteAddress", text(request.connection().remoteAddress()));
		return new McpAuditEvent(id, request.arrival(), type(request),
				(caller != null) ? EventText.of(caller.subject(), MAX_TEXT) : null, facts);
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
		facts.add("subject", text(caller.subject()));
		facts.add("issuer", text(caller.issuer()));
		facts.add("client", text(caller.client()));
		if (!caller.actors().isEmpty()) {
			List<Facts> actors = new ArrayList<>();
			for (McpActor actor : caller.actors()) {
				Facts level = new Facts(3);
				level.add("subject", text(actor.subject()));
				level.add("issuer", text(actor.issuer()));
				level.add("client", text(actor.client()));
				actors.add(level);
			}
			facts.add("actors", actors);
			facts.add("actorsTruncated", caller.actorsTruncated());
		}
		facts.add("tokenId", text(caller.tokenId()));
	}

	private static void describe(Facts facts, RequestRecord request) {
		McpMessage message = request.message();
		McpTarget target = null;
		if (message != null) {
			facts.add("method", sent(message.method(), MAX_TEXT));
			facts.add("requestId", sent(message.id(), MAX_TEXT));
			target = message.target();
		}
		RequestMeta meta = (message != null) ? message.meta() : null;
		Client client = request.client();
		facts.add("protocolVersion",
				sent(first(request.connection().protocolVersion(), (meta != null) ? meta.protocolVersion() : null),
						MAX_TEXT));
		facts.add("clientName", sent(
				first((client != null) ? client.name() : null, (meta != null) ? meta.clientName() : null), MAX_TEXT));
		facts.add("clientVersion",
				sent(first((client != null) ? client.version() : null, (meta != null) ? meta.clientVersion() : null),
						MAX_TEXT));
		if (message != null && target != null) {
			facts.add("targetKind", target.kind().name().toLowerCase(Locale.ROOT));
			facts.add("targetName", sent(target.name(), MAX_NAME));
			facts.add("arguments", request.arguments());
		}
	}

	private static void describe(Facts facts, @Nullable AccessDecision decision) {
		if (decision == null) {
			return;
		}
		facts.add("requiredScopes", texts(decision.operationScopes()));
		facts.add("missingScopes", texts(decision.missing()));
		AccessRule rule = decision.rule();
		if (rule != null) {
			facts.add("rule", text(rule.toString()));
			facts.add("ruleSource", text(rule.source()));
		}
	}

	private static void describe(Facts facts, @Nullable Trace trace) {
		if (trace != null) {
			facts.add("traceId", text(trace.traceId()));
			facts.add("spanId", text(trace.spanId()));
		}
	}

	private static @Nullable String first(@Nullable String one, @Nullable String other) {
		return (one != null) ? one : other;
	}

	private static @Nullable String text(@Nullable String value) {
		return (value != null) ? EventText.of(value, MAX_TEXT) : null;
	}

	private static List<String> grantedScopes(McpCaller caller) {
		return texts(caller.scopes().stream().sorted().toList());
	}

	private static List<String> texts(List<String> values) {
		return values.isEmpty() ? List.of()
				: values.stream().limit(MAX_SCOPES).map((value) -> EventText.of(value, MAX_TEXT)).toList();
	}

	/**
	 * The safe form of what a client sent, which could be its token in the wrong place.
	 */
	private static @Nullable String sent(@Nullable String value, int max) {
		return (value != null) ? Credentials.maskName(value, max) : null;
	}

}
