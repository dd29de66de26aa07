package io.mcpsecurity.audit;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mcpsecurity.McpActor;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessRule;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.exchange.ApiKeyChange;
import io.mcpsecurity.exchange.DownstreamUse;
import io.mcpsecurity.exchange.InboundToken;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Client;
import io.mcpsecurity.exchange.McpExchange.Refusal;
import io.mcpsecurity.exchange.McpExchange.Trace;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.RequestMeta;
import org.jspecify.annotations.Nullable;

/**
 * Creates the audit events of exchanges, of what they do at downstream services, and of
 * changes of the API keys.
 */
public final class AuditEvents {

	private static final int MAX_TEXT = 256;

	private static final int MAX_NAME = 1024;

	private static final int MAX_SCOPES = 100;

	/**
	 * The members of {@code cnf} (RFC 9449 section 6.1, RFC 8705 section 3.1), each with
	 * its word in events.
	 */
	private static final Map<String, String> SENDER_CONSTRAINTS = Map.of("jkt", "dpop", "x5t#S256", "mtls");

	/** The number of digits of a token's hash that an event contains. */
	private static final int TOKEN_HASH = 32;

	/** Enough for all facts of a call. */
	private static final int CALL_FACTS = 32;

	/**
	 * Cached for as long as the caller is referenced: a cached token has one caller for
	 * all its requests, and sorting its scopes for each request took as long as the rest
	 * of the event.
	 */
	private final Cache<McpCaller, CallerFacts> callers = Caffeine.newBuilder()
		.weakKeys()
		.executor(Runnable::run)
		.build();

	private final Ids ids = new Ids();

	private final ArgumentSummaries arguments;

	private volatile Second second = new Second(Instant.EPOCH);

	public AuditEvents(ArgumentSummaries arguments) {
		this.arguments = arguments;
	}

	/**
	 * Whether a request is recorded: requests with a target are, and so are refused
	 * requests.
	 */
	static boolean due(McpExchange request) {
		McpMessage message = request.message();
		return (message != null && message.target() != null) || request.denied() || request.refusal() != null;
	}

	/** The summary of the arguments of a message. */
	@Nullable Object argumentsOf(McpMessage message) {
		McpTarget target = message.target();
		return (target != null) ? this.arguments.of(target, message.arguments()) : null;
	}

	McpAuditEvent of(McpExchange request) {
		String id = this.ids.next();
		McpCaller known = request.caller();
		CallerFacts caller = (known != null) ? this.callers.get(known, CallerFacts::of) : null;
		Facts facts = new Facts(CALL_FACTS);
		facts.add("eventId", id);
		facts.add("timestamp", text(request.arrival()));
		if (caller != null) {
			caller.describe(facts);
		}
		describe(facts, request);
		facts.add("decision", request.verdict());
		facts.add("reason", request.reason());
		describe(facts, request.decision());
		if (caller != null) {
			facts.add("grantedScopes", caller.grantedScopes());
		}
		facts.add("outcome", request.result().name().toLowerCase(Locale.ROOT));
		facts.add("durationMs", request.duration().toNanos() / 1000 / 1000.0);
		facts.add("httpStatus", request.status());
		facts.add("downstreamCalls", downstream(request));
		describe(facts, request.trace());
		facts.add("resource", text(request.connection().resource()));
		facts.add("sessionIdHash", request.sessionIdHash());
		facts.add("remoteAddress", text(request.connection().remoteAddress()));
		return new McpAuditEvent(id, request.arrival(), type(request), (caller != null) ? caller.subject() : null,
				facts);
	}

	/** The event of a use of a downstream service that has one of its own. */
	McpAuditEvent of(DownstreamUse use) {
		String id = this.ids.next();
		McpExchange request = use.exchange();
		McpCaller known = (request != null) ? request.caller() : null;
		CallerFacts caller = (known != null) ? this.callers.get(known, CallerFacts::of) : null;
		boolean success = use.outcome().equals(DownstreamUse.SUCCESS);
		Facts facts = new Facts(CALL_FACTS);
		facts.add("eventId", id);
		facts.add("timestamp", text(use.start()));
		if (caller != null) {
			caller.describe(facts);
		}
		if (request != null) {
			describe(facts, request.message());
			describe(facts, request.trace());
			facts.add("resource", text(request.connection().resource()));
			facts.add("sessionIdHash", request.sessionIdHash());
			facts.add("remoteAddress", text(request.connection().remoteAddress()));
			InboundToken token = request.token();
			facts.add("tokenHash", (token != null) ? token.hash().toString().substring(0, TOKEN_HASH) : null);
		}
		facts.add("downstream", text(use.service()));
		facts.add("decision", success ? "granted" : "rejected");
		facts.add("reason", success ? "satisfied" : use.outcome());
		facts.add("outcome", success ? "success" : "denied");
		facts.add("durationMs", use.duration().toNanos() / 1000 / 1000.0);
		facts.add("downstreamTokenId", sent(use.tokenId(), MAX_TEXT));
		if (use.kind() == DownstreamUse.Kind.TOKEN) {
			facts.add("requestedScopes", texts(use.requestedScopes()));
			facts.add("downstreamScopes", texts(use.grantedScopes()));
		}
		facts.add("destination", sent(use.destination(), MAX_TEXT));
		Type type = (use.kind() == DownstreamUse.Kind.TOKEN) ? Type.MCP_DOWNSTREAM_TOKEN : Type.MCP_DOWNSTREAM_REFUSED;
		return new McpAuditEvent(id, use.start(), type, (caller != null) ? caller.subject() : null, facts);
	}

	/** The event of a change of the API keys: its subject is who made the change. */
	McpAuditEvent of(ApiKeyChange change) {
		String id = this.ids.next();
		String principal = text(change.principal());
		Facts key = new Facts(6);
		key.add("id", change.id());
		key.add("replaces", change.replaced());
		key.add("subject", text(change.subject()));
		key.add("client", text(change.client()));
		key.add("scopes", texts(change.scopes().stream().sorted().toList()));
		key.add("expiresAt", text(change.expiresAt()));
		Facts facts = new Facts(8);
		facts.add("eventId", id);
		facts.add("timestamp", text(change.time()));
		facts.add("subject", principal);
		facts.add("apiKey", key);
		facts.add("decision", "granted");
		facts.add("reason", "satisfied");
		facts.add("outcome", "success");
		facts.add("durationMs", 0.0);
		return new McpAuditEvent(id, change.time(), switch (change.kind()) {
			case CREATED -> Type.MCP_API_KEY_CREATED;
			case ROTATED -> Type.MCP_API_KEY_ROTATED;
			case REVOKED -> Type.MCP_API_KEY_REVOKED;
		}, principal, facts);
	}

	/** The uses of downstream services, in the event of the call that made them. */
	private static @Nullable List<Facts> downstream(McpExchange request) {
		List<Facts> uses = request.downstream()
			.stream()
			.filter((use) -> use.kind() != DownstreamUse.Kind.TOKEN)
			.map((use) -> {
				Facts facts = new Facts(3);
				facts.add("name", text(use.service()));
				facts.add("outcome", use.outcome());
				facts.add("tokenId", sent(use.tokenId(), MAX_TEXT));
				return facts;
			})
			.toList();
		return uses.isEmpty() ? null : uses;
	}

	private static Type type(McpExchange request) {
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

	private static void describe(Facts facts, McpExchange request) {
		McpMessage message = request.message();
		describe(facts, message);
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
		if (message != null && message.target() != null) {
			facts.add("arguments", request.arguments());
		}
	}

	private static void describe(Facts facts, @Nullable McpMessage message) {
		if (message != null) {
			facts.add("method", sent(message.method(), MAX_TEXT));
			facts.add("requestId", sent(message.idText(), MAX_TEXT));
			McpTarget target = message.target();
			if (target != null) {
				facts.add("targetKind", target.kind().name().toLowerCase(Locale.ROOT));
				facts.add("targetName", sent(target.name(), MAX_NAME));
			}
		}
	}

	private static void describe(Facts facts, @Nullable AccessDecision decision) {
		if (decision == null) {
			return;
		}
		facts.add("requiredScopes", texts(decision.operationScopes()));
		facts.add("missingScopes", texts(decision.missing()));
		if (!decision.authentication().equals(AuthenticationRequirement.NONE)) {
			facts.add("requiredAuthentication", text(decision.authentication().toString()));
		}
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

	/**
	 * An instant in ISO 8601, in the format of {@link Instant#toString()}. The text
	 * except for the fraction is cached for the events of the same second.
	 */
	private String text(Instant instant) {
		Second second = this.second;
		if (second.instant().getEpochSecond() != instant.getEpochSecond()) {
			second = new Second(instant.truncatedTo(ChronoUnit.SECONDS));
			this.second = second;
		}
		return second.text(instant.getNano());
	}

	private static @Nullable String text(@Nullable String value) {
		return (value != null) ? EventText.of(value, MAX_TEXT) : null;
	}

	private static List<String> texts(List<String> values) {
		return values.isEmpty() ? List.of()
				: values.stream().limit(MAX_SCOPES).map((value) -> EventText.of(value, MAX_TEXT)).toList();
	}

	/**
	 * The safe form of a value that a client sent. A client can send its token in the
	 * wrong place.
	 */
	private static @Nullable String sent(@Nullable String value, int max) {
		return (value != null) ? Credentials.maskName(value, max) : null;
	}

	/** The facts about a caller. */
	private record CallerFacts(@Nullable String subject, @Nullable String issuer, @Nullable String client,
			List<Facts> actors, boolean actorsTruncated, @Nullable String tokenId, List<String> senderConstraints,
			List<String> grantedScopes) {

		static CallerFacts of(McpCaller caller) {
			return new CallerFacts(text(caller.subject()), text(caller.issuer()), text(caller.client()),
					caller.actors().stream().map(CallerFacts::of).toList(), caller.actorsTruncated(),
					text(caller.tokenId()), senderConstraints(caller),
					texts(caller.scopes().stream().sorted().toList()));
		}

		/**
		 * What the sender of the token has proved. A caller with a token that is bound to
		 * anything else does not exist.
		 */
		private static List<String> senderConstraints(McpCaller caller) {
			return (caller.claim("cnf") instanceof Map<?, ?> confirmation) ? SENDER_CONSTRAINTS.keySet()
				.stream()
				.filter(confirmation::containsKey)
				.map(SENDER_CONSTRAINTS::get)
				.sorted()
				.toList() : List.of();
		}

		private static Facts of(McpActor actor) {
			Facts facts = new Facts(3);
			facts.add("subject", text(actor.subject()));
			facts.add("issuer", text(actor.issuer()));
			facts.add("client", text(actor.client()));
			return facts;
		}

		void describe(Facts facts) {
			facts.add("subject", this.subject);
			facts.add("issuer", this.issuer);
			facts.add("client", this.client);
			if (!this.actors.isEmpty()) {
				facts.add("actors", this.actors);
				facts.add("actorsTruncated", this.actorsTruncated);
			}
			facts.add("tokenId", this.tokenId);
			if (!this.senderConstraints.isEmpty()) {
				facts.add("senderConstraints", this.senderConstraints);
			}
		}

	}

	/**
	 * UUIDs of version 8 (RFC 9562, section 5.8): bits that are random for each instance,
	 * and a counter. They are unique, and not secret. Random UUIDs would need a lock that
	 * all threads share.
	 */
	private static final class Ids {

		private final long instance;

		private final AtomicLong counter;

		Ids() {
			UUID random = UUID.randomUUID();
			this.instance = random.getMostSignificantBits() & ~0xF000L | 0x8000L;
			this.counter = new AtomicLong(random.getLeastSignificantBits());
		}

		String next() {
			long number = this.counter.getAndIncrement() & (Long.MAX_VALUE >>> 1);
			return new UUID(this.instance, number | Long.MIN_VALUE).toString();
		}

	}

	/** A whole second and its text without the trailing {@code Z}. */
	private record Second(Instant instant, String text) {

		Second(Instant instant) {
			this(instant, instant.toString().replace("Z", ""));
		}

		String text(int nanos) {
			if (nanos == 0) {
				return this.text + "Z";
			}
			int digits = (nanos % 1_000_000 == 0) ? 3 : (nanos % 1_000 == 0) ? 6 : 9;
			return this.text + "." + String.valueOf(1_000_000_000 + nanos).substring(1, 1 + digits) + "Z";
		}

	}

}
