package io.mcpsecurity.actuate.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.audit.McpAuditEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.security.AuthenticationAuditListener;
import org.springframework.security.authentication.AccountExpiredException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.CredentialsExpiredException;
import org.springframework.security.authentication.DisabledException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.core.userdetails.UsernameNotFoundException;

/**
 * A row of the table.
 *
 * @param id the event's id
 * @param occurredAt when it happened
 * @param type its type
 * @param principal the principal, or {@code null} if it is unknown
 * @param facts the values of the columns for single facts, in their order
 * @param data all facts, as JSON
 */
record AuditRow(UUID id, OffsetDateTime occurredAt, String type, @Nullable String principal,
		List<@Nullable Object> facts, String data) {

	/**
	 * The length of the columns for text, in characters. A row of an index must fit into
	 * a third of a page of PostgreSQL, at four bytes a character.
	 */
	private static final int TEXT_LENGTH = 512;

	private static final String REASON = "reason";

	private static final List<Fact> FACTS = List.of(new Fact("subject", "subject"), new Fact("issuer", "issuer"),
			new Fact("client", "client"), new Fact("resource", "resource"), new Fact("method", "method"),
			new Fact("target_kind", "targetKind"), new Fact("target_name", "targetName"),
			new Fact("decision", "decision"), new Fact(REASON, "reason"), new Fact("rule", "rule"),
			new Fact("outcome", "outcome"), new Fact("http_status", "httpStatus", Types.INTEGER),
			new Fact("duration_ms", "durationMs", Types.BIGINT), new Fact("token_id", "tokenId"),
			new Fact("session_id_hash", "sessionIdHash"), new Fact("request_id", "requestId"),
			new Fact("trace_id", "traceId"), new Fact("remote_address", "remoteAddress"));

	private static final Set<String> FAILURES_OF_USERS = Stream
		.of(BadCredentialsException.class, UsernameNotFoundException.class, DisabledException.class,
				LockedException.class, AccountExpiredException.class, CredentialsExpiredException.class)
		.map(Class::getName)
		.collect(Collectors.toUnmodifiableSet());

	/** The key under which Spring Boot puts the message of an exception. */
	private static final String MESSAGE = "message";

	/** The minimum length of a part of a token; words of a message are shorter. */
	private static final int SHORTEST_PART = 8;

	private static final Pattern JWT = Pattern.compile("[\\w-]{10,}\\.[\\w-]{10,}(\\.[\\w-]*)+");

	/** The row of an event of an MCP server. */
	static AuditRow of(McpAuditEvent event) {
		return new AuditRow(UUID.fromString(event.id()), time(event.timestamp()), event.type().name(),
				text(event.subject()), facts((fact) -> fact.value(event.data().get(fact.name()))),
				StorableData.write(event.data()));
	}

	/** The row of an event of the rest of the application. */
	static AuditRow of(AuditEvent event) {
		boolean token = mayBeToken(event);
		String principal = token ? "" : event.getPrincipal();
		Map<String, @Nullable Object> data = new LinkedHashMap<>(event.getData());
		if (token && quotes(String.valueOf(data.get(MESSAGE)), event.getPrincipal())) {
			data.remove(MESSAGE);
		}
		return new AuditRow(UUID.randomUUID(), time(event.getTimestamp()), cut(event.getType()),
				principal.isEmpty() ? null : text(principal), facts((fact) -> null), StorableData.write(data));
	}

	/**
	 * The same event without values that a database could refuse.
	 * @param reason the reason
	 */
	AuditRow reduced(String reason) {
		return new AuditRow(this.id, this.occurredAt, this.type, null,
				facts((fact) -> fact.column().equals(REASON) ? reason : null),
				StorableData.write(Map.of("eventId", this.id.toString(), REASON, reason)));
	}

	/** The names of the columns, in the order in which values are bound. */
	static List<String> columns() {
		List<String> columns = new ArrayList<>(List.of("id", "occurred_at", "type", "principal"));
		FACTS.forEach((fact) -> columns.add(fact.column()));
		columns.add("data");
		return columns;
	}

	/**
	 * Bind the values of all columns.
	 * @param first the index of the first
	 * @return the index after the last
	 */
	int bind(PreparedStatement statement, int first) throws SQLException {
		int index = first;
		statement.setObject(index++, this.id);
		statement.setObject(index++, this.occurredAt);
		statement.setString(index++, this.type);
		statement.setString(index++, this.principal);
		for (int i = 0; i < FACTS.size(); i++) {
			statement.setObject(index++, this.facts.get(i), FACTS.get(i).sqlType());
		}
		statement.setString(index++, this.data);
		return index;
	}

	/** A text as it is stored in its column. */
	static @Nullable String text(@Nullable Object value) {
		return (value != null) ? cut(value.toString()) : null;
	}

	private static String cut(String value) {
		String text = StorableData.clean(value);
		if (text.length() <= TEXT_LENGTH) {
			return text;
		}
		boolean pair = Character.isHighSurrogate(text.charAt(TEXT_LENGTH - 1));
		return text.substring(0, pair ? TEXT_LENGTH - 1 : TEXT_LENGTH);
	}

	/** A time as it is stored in its column. */
	static OffsetDateTime time(Instant instant) {
		return instant.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
	}

	private static List<@Nullable Object> facts(Function<Fact, @Nullable Object> value) {
		List<@Nullable Object> facts = new ArrayList<>();
		FACTS.forEach((fact) -> facts.add(value.apply(fact)));
		return facts;
	}

	/**
	 * Whether the principal may be an access token. If authentication with a bearer token
	 * fails, Spring Security uses the token as the principal, and the token may still be
	 * valid elsewhere. A failure therefore has a principal only if its type is a failure
	 * of a user name.
	 */
	private static boolean mayBeToken(AuditEvent event) {
		boolean failure = event.getType().equals(AuthenticationAuditListener.AUTHENTICATION_FAILURE);
		return (failure && !FAILURES_OF_USERS.contains(String.valueOf(event.getData().get("type"))))
				|| JWT.matcher(event.getPrincipal()).matches();
	}

	/** Whether a text contains a token or one of its longer parts. */
	private static boolean quotes(String text, String token) {
		return Stream.concat(Stream.of(token), Stream.of(token.split("\\.")))
			.anyMatch((part) -> part.length() >= SHORTEST_PART && text.contains(part));
	}

	/** A column that holds a single fact. */
	private record Fact(String column, String name, int sqlType) {

		Fact(String column, String name) {
			this(column, name, Types.VARCHAR);
		}

		@Nullable Object value(@Nullable Object value) {
			if (this.sqlType == Types.VARCHAR) {
				return text(value);
			}
			if (value instanceof Number number) {
				return (this.sqlType == Types.INTEGER) ? (Object) number.intValue() : (Object) number.longValue();
			}
			return null;
		}

	}

}
