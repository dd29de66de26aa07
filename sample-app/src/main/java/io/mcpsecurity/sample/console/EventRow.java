package io.mcpsecurity.sample.console;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import io.mcpsecurity.audit.McpAuditEvent;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * An event as a row of the page. All values are texts and must be treated as hostile,
 * because clients choose many of them. Unknown values are empty.
 *
 * @param number the sequence number of the event
 * @param instant when the request arrived, in ISO 8601
 * @param date the day of that (UTC)
 * @param time the time of that (UTC)
 * @param type the type in words
 * @param subject the token's subject
 * @param client the OAuth client
 * @param actors who acts for the subject, the current one first
 * @param target the target of the request
 * @param decision the decision
 * @param reason the reason for the decision
 * @param outcome the outcome
 * @param duration the duration in milliseconds
 * @param facts all facts
 */
record EventRow(long number, String instant, String date, String time, String type, String subject, String client,
		String actors, String target, String decision, String reason, String outcome, String duration,
		List<Fact> facts) {

	/**
	 * The template of new rows in the page.
	 */
	static final EventRow BLANK = new EventRow(0, "", "", "", "", "", "", "", "", "", "", "", "", List.of());

	private static final DateTimeFormatter DATE = DateTimeFormatter.ISO_LOCAL_DATE.withZone(ZoneOffset.UTC);

	private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT)
		.withZone(ZoneOffset.UTC);

	static EventRow of(AuditFeed.Entry entry) {
		McpAuditEvent event = entry.event();
		Map<String, Object> data = event.data();
		return new EventRow(entry.number(), event.timestamp().toString(), DATE.format(event.timestamp()),
				TIME.format(event.timestamp()), words(event.type()), text(event.subject()), text(data.get("client")),
				actors(data.get("actors")), text(data.get("targetName")), text(data.get("decision")),
				text(data.get("reason")), text(data.get("outcome")), text(data.get("durationMs")), facts(event));
	}

	/**
	 * {@code MCP_CALL_DENIED} as "call denied".
	 */
	static String words(McpAuditEvent.Type type) {
		return type.name().replaceFirst("^MCP_", "").replace('_', ' ').toLowerCase(Locale.ROOT);
	}

	private static String actors(@Nullable Object actors) {
		return !(actors instanceof Collection<?> chain) ? ""
				: chain.stream()
					.map((actor) -> (actor instanceof Map<?, ?> facts) ? name(facts) : text(actor))
					.collect(Collectors.joining(", "));
	}

	private static String name(Map<?, ?> actor) {
		Object subject = actor.get("subject");
		return text((subject != null) ? subject : actor.get("client"));
	}

	private static List<Fact> facts(McpAuditEvent event) {
		List<Fact> facts = new ArrayList<>();
		facts.add(new Fact("type", event.type().name()));
		event.data().forEach((name, value) -> facts.add(new Fact(name, text(value))));
		return facts;
	}

	private static String text(@Nullable Object value) {
		if (value instanceof Collection<?> values && values.stream().allMatch(String.class::isInstance)) {
			return values.stream().map(String::valueOf).collect(Collectors.joining(", "));
		}
		if (value instanceof Collection<?> || value instanceof Map<?, ?>) {
			return JsonMapper.shared().writeValueAsString(value);
		}
		return (value != null) ? value.toString() : "";
	}

	/**
	 * A fact of an event.
	 *
	 * @param name its name in docs/audit-event.schema.json
	 * @param text its value
	 */
	record Fact(String name, String text) {
	}

}
