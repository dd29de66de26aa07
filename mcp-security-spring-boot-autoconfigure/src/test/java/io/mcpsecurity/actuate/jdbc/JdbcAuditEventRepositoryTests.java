package io.mcpsecurity.actuate.jdbc;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.UUID;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.test.LookAlikes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is written can be found, once, whatever it holds; on each of the databases.
 */
@ParameterizedClass
@EnumSource
@ExtendWith(OutputCaptureExtension.class)
class JdbcAuditEventRepositoryTests {

	@Parameter
	AuditDatabase database;

	private HikariDataSource pool;

	private JdbcTemplate jdbc;

	private JdbcAuditEventRepository repository;

	@BeforeEach
	void create() {
		this.pool = this.database.create();
		this.jdbc = new JdbcTemplate(this.pool);
		this.repository = AuditDatabase.repository(this.pool);
	}

	@AfterEach
	void close() {
		this.pool.close();
	}

	@Test
	void writtenBatchIsFoundWithAllData() throws Exception {
		List<McpAuditEvent> events = Events.calls(300);
		this.repository.write(events);
		List<AuditEvent> found = this.repository.find(null, null, null);
		assertThat(found).hasSize(300);
		for (int i = 0; i < events.size(); i++) {
			McpAuditEvent event = events.get(i);
			assertThat(found.get(i).getTimestamp()).isEqualTo(event.timestamp());
			assertThat(found.get(i).getPrincipal()).isEqualTo("alice");
			assertThat(found.get(i).getType()).isEqualTo("MCP_CALL");
			assertThat(found.get(i).getData()).isEqualTo(event.data());
		}
	}

	@Test
	void eventDataIsStoredInColumns() throws Exception {
		McpAuditEvent event = Events.call("reason", "insufficient_scope", "tokenId", 17);
		this.repository.write(List.of(event));
		assertThat(this.jdbc.queryForMap("""
				select cast(id as varchar(36)) as id, type, principal, subject, issuer, client, resource, method,
				target_kind, target_name, decision, reason, rule, outcome, http_status, duration_ms, token_id,
				session_id_hash, request_id, trace_id, remote_address from mcp_audit_event"""))
			.containsExactlyInAnyOrderEntriesOf(Map.ofEntries(Map.entry("id", event.id()),
					Map.entry("type", "MCP_CALL"), Map.entry("principal", "alice"), Map.entry("subject", "alice"),
					Map.entry("issuer", "https://login.example.com/realms/main"), Map.entry("client", "analyst-agent"),
					Map.entry("resource", "https://mcp.example.com/mcp"), Map.entry("method", "tools/call"),
					Map.entry("target_kind", "tool"), Map.entry("target_name", "purge_records"),
					Map.entry("decision", "granted"), Map.entry("reason", "insufficient_scope"),
					Map.entry("rule", "mcp-security.policy.rules[0]"), Map.entry("outcome", "success"),
					Map.entry("http_status", 200), Map.entry("duration_ms", 12L), Map.entry("token_id", "17"),
					Map.entry("session_id_hash", "b1946ac9"), Map.entry("request_id", "7"),
					Map.entry("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
					Map.entry("remote_address", "192.0.2.7")));
	}

	@Test
	void duplicateEventsAreStoredOnce(CapturedOutput output) throws Exception {
		List<McpAuditEvent> events = Events.calls(3);
		this.repository.write(events);
		McpAuditEvent another = Events.call();
		this.repository.write(List.of(events.get(1), another, events.get(2), another));
		assertThat(AuditDatabase.count(this.pool)).isEqualTo(4);
		assertThat(output).as("nothing is out of order").isEmpty();
	}

	@Test
	void eventWithoutPrincipalHasEmptyPrincipal() throws Exception {
		this.repository.write(List.of(Events.event(Events.NOON, Type.MCP_AUTHENTICATION_FAILED, null), Events.call()));
		assertThat(this.repository.find("", null, null)).singleElement()
			.satisfies((event) -> assertThat(event.getPrincipal()).isEmpty());
	}

	@Test
	void eventsAreFoundByPrincipalTimeAndType() throws Exception {
		Instant noon = Events.NOON;
		this.repository.write(List.of(Events.event(noon, Type.MCP_CALL, "alice"),
				Events.event(noon.plusSeconds(1), Type.MCP_CALL_DENIED, "alice"),
				Events.event(noon.plusSeconds(2), Type.MCP_CALL, "bob"),
				Events.event(noon.plusSeconds(3), Type.MCP_CALL_DENIED, "bob")));
		assertThat(seconds("alice", null, null)).containsExactly(0L, 1L);
		assertThat(seconds(null, null, "MCP_CALL_DENIED")).containsExactly(1L, 3L);
		assertThat(seconds(null, noon.plusSeconds(1), null)).as("strictly after").containsExactly(2L, 3L);
		assertThat(seconds("bob", noon.plusSeconds(2), "MCP_CALL_DENIED")).containsExactly(3L);
		assertThat(seconds("carol", null, null)).isEmpty();
		assertThat(seconds("alice' or '1'='1", null, null)).isEmpty();
	}

	@Test
	void newestEventsUpToLimitAreFoundInChronologicalOrder() throws Exception {
		this.repository.write(Events.calls(10));
		JdbcAuditEventRepository limited = new JdbcAuditEventRepository(this.pool, Duration.ofMinutes(1), 3);
		assertThat(limited.find(null, null, null)).extracting((event) -> event.getData().get("requestId"))
			.containsExactly("7", "8", "9");
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTC", "Asia/Kathmandu", "America/New_York" })
	void timestampsAreIndependentOfDefaultTimeZone(String zone) throws Exception {
		TimeZone before = TimeZone.getDefault();
		TimeZone.setDefault(TimeZone.getTimeZone(zone));
		try (HikariDataSource there = new HikariDataSource()) {
			there.setJdbcUrl(this.pool.getJdbcUrl());
			// The hour that New York has twice, and the one that it has not.
			List<Instant> instants = List.of(Instant.parse("2025-11-02T05:30:00.000001Z"),
					Instant.parse("2025-11-02T06:30:00Z"), Instant.parse("2026-03-08T07:00:00Z"));
			JdbcAuditEventRepository repository = AuditDatabase.repository(there);
			repository
				.write(instants.stream().map((instant) -> Events.event(instant, Type.MCP_CALL, "alice")).toList());
			assertThat(repository.find(null, null, null)).extracting(AuditEvent::getTimestamp)
				.containsExactlyElementsOf(instants);
			assertThat(repository.find(null, instants.get(0), null)).hasSize(2);
			TimeZone.setDefault(before);
			assertThat(this.repository.find(null, null, null)).extracting(AuditEvent::getTimestamp)
				.containsExactlyElementsOf(instants);
			assertThat(this.jdbc.queryForObject("select min(occurred_at) from mcp_audit_event", OffsetDateTime.class))
				.satisfies((time) -> assertThat(time.toInstant()).isEqualTo(instants.get(0)));
		}
		finally {
			TimeZone.setDefault(before);
		}
	}

	@Test
	void timestampsAreTruncatedToMicroseconds() throws Exception {
		Instant fine = Events.NOON.plusNanos(999);
		this.repository.write(List.of(Events.event(fine, Type.MCP_CALL, "alice")));
		assertThat(this.repository.find(null, null, null)).singleElement()
			.satisfies((event) -> assertThat(event.getTimestamp()).isEqualTo(fine.truncatedTo(ChronoUnit.MICROS)));
		assertThat(this.repository.find(null, fine, null)).isEmpty();
	}

	@Test
	void hostileStringsAreStored() throws Exception {
		String megabyte = "\u00e4'\"\\;--\uD83D\uDE00".repeat(150_000);
		List<McpAuditEvent> events = List.of(Events.call("arguments", Map.of("text", megabyte)),
				Events.call("targetName", megabyte, "client", megabyte),
				Events.event(Events.NOON, Type.MCP_CALL, megabyte), Events.call("targetName", "a\u0000b"),
				Events.call("client", "a\uD800b", "issuer", "\uDC00"),
				Events.call("arguments", Map.of("na\u0000me", List.of("\u0000", Map.of("\uDBFF", "\\u0000")))),
				Events.call("arguments", Map.of("n".repeat(100_000), 1)), Events.call("targetName", "'; drop table x"));
		this.repository.write(events);
		List<AuditEvent> found = this.repository.find(null, null, null);
		assertThat(found).hasSize(events.size());
		Map<Object, AuditEvent> byId = new HashMap<>();
		found.forEach((event) -> byId.put(event.getData().get("eventId"), event));
		for (int i : new int[] { 0, 1, 2, 6, 7 }) {
			assertThat(byId.get(events.get(i).id()).getData()).as("event %s", i).isEqualTo(events.get(i).data());
		}
		assertThat(byId.get(events.get(3).id()).getData()).containsEntry("targetName", "a\uFFFDb");
		assertThat(byId.get(events.get(4).id()).getData()).containsEntry("client", "a\uFFFDb")
			.containsEntry("issuer", "\uFFFD");
		assertThat(byId.get(events.get(5).id()).getData()).containsEntry("arguments",
				Map.of("na\uFFFDme", List.of("\uFFFD", Map.of("\uFFFD", "\\u0000"))));
		assertThat(this.repository.find(megabyte, null, null)).hasSize(1);
		assertThat(this.jdbc.queryForObject("select max(char_length(target_name)) from mcp_audit_event", Integer.class))
			.isBetween(400, 512);
	}

	@Test
	void extremeNumbersAndDeepNestingAreStored() throws Exception {
		Object deep = "bottom";
		for (int i = 0; i < 5000; i++) {
			deep = List.of(deep);
		}
		List<McpAuditEvent> events = List.of(Events.call("arguments", new BigDecimal("1e999999")),
				Events.call("arguments", new BigInteger("9".repeat(5000))),
				Events.call("arguments", List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.MAX_VALUE)),
				Events.call("arguments", new BigDecimal("1e300")), Events.call("arguments", deep),
				Events.call("httpStatus", "no number", "durationMs", Long.MAX_VALUE));
		this.repository.write(events);
		assertThat(this.repository.find(null, null, null)).hasSize(events.size())
			.noneSatisfy((event) -> assertThat(String.valueOf(event.getData().get("reason"))).startsWith("reduced"));
	}

	@Test
	void eventRefusedByDatabaseIsStoredReducedAndOthersAreStored(CapturedOutput output) throws Exception {
		this.jdbc.execute("alter table mcp_audit_event add constraint no_poison check (target_name <> 'poison')");
		List<McpAuditEvent> events = new ArrayList<>(Events.calls(20));
		McpAuditEvent poison = Events.call("targetName", "poison", "arguments", Map.of("secret", "s3cr3t"));
		events.add(7, poison);
		events.add(Events.call("targetName", "poison"));
		this.repository.write(events);
		assertThat(AuditDatabase.count(this.pool)).isEqualTo(22);
		assertThat(this.jdbc.queryForMap("""
				select type, reason, principal, target_name from mcp_audit_event where id = ?""",
				UUID.fromString(poison.id())))
			.containsEntry("type", "MCP_CALL")
			.satisfies((row) -> assertThat(row.get("reason").toString()).startsWith("reduced: SQLSTATE 23"))
			.containsEntry("principal", null)
			.containsEntry("target_name", null);
		assertThat(output).contains(poison.id()).doesNotContain("s3cr3t", "analyst-agent");
		this.repository.write(events);
		assertThat(AuditDatabase.count(this.pool)).as("written again").isEqualTo(22);
	}

	@Test
	void eventRefusedEvenWhenReducedIsDroppedAndLoggedWithItsId(CapturedOutput output) throws Exception {
		this.jdbc.execute("alter table mcp_audit_event add constraint no_denial check (type <> 'MCP_CALL_DENIED')");
		McpAuditEvent poison = Events.event(Events.NOON, Type.MCP_CALL_DENIED, "alice");
		this.repository.write(List.of(Events.call(), poison, Events.call()));
		assertThat(AuditDatabase.count(this.pool)).isEqualTo(2);
		assertThat(output).contains("Audit event " + poison.id() + " of type MCP_CALL_DENIED is lost")
			.doesNotContain("analyst-agent");
	}

	@Test
	void databaseExceptionsContainNoEventData() {
		dropColumn();
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> this.repository.write(List.of(Events.call("arguments", Map.of("secret", "s3cr3t")))))
			.satisfies((ex) -> assertThat(stackTrace(ex)).contains("SQLSTATE 42").doesNotContain("s3cr3t", "alice"));
	}

	@Test
	void addIgnoresMcpEvents() throws Exception {
		McpAuditEvent event = Events.call();
		this.repository.write(List.of(event));
		for (Type type : Type.values()) {
			this.repository.add(new AuditEvent(event.timestamp(), "alice", type.name(), Map.copyOf(event.data())));
		}
		assertThat(AuditDatabase.count(this.pool)).isOne();
	}

	@Test
	void otherApplicationEventsAreAdded() {
		AuditEvent event = new AuditEvent(Events.NOON, "bob", "RECORD_SIGNED",
				Map.of("record", "R-17", "pages", 3, "signers", List.of("bob", "carol")));
		this.repository.add(event);
		assertThat(this.repository.find("bob", null, "RECORD_SIGNED")).singleElement().satisfies((found) -> {
			assertThat(found.getTimestamp()).isEqualTo(event.getTimestamp());
			assertThat(found.getData()).isEqualTo(event.getData());
		});
	}

	@Test
	void sessionIdsAndTokensOfAddedEventsAreNotStored() {
		String token = LookAlikes.jwt();
		this.repository.add(new AuditEvent("alice", "AUTHENTICATION_SUCCESS",
				Map.of("details", new WebAuthenticationDetails("192.0.2.7", "the-session-id"))));
		this.repository.add(new AuditEvent(token, "SOMETHING_ELSE", Map.of()));
		this.repository.add(new AuditEvent("opaque-token", "AUTHENTICATION_FAILURE",
				Map.of("type", "org.springframework.security.oauth2.server.resource.InvalidBearerTokenException")));
		this.repository.add(new AuditEvent("alice", "OTHER", Collections.singletonMap("object", new Object() {
			@Override
			public String toString() {
				return "the-session-id";
			}
		})));
		assertThat(this.repository.find("alice", null, "AUTHENTICATION_SUCCESS")).singleElement()
			.satisfies((event) -> assertThat(event.getData()).containsEntry("details",
					Map.of("remoteAddress", "192.0.2.7")));
		assertThat(this.repository.find("", null, null)).hasSize(2);
		assertThat(this.jdbc.queryForList("select principal, cast(data as varchar) as data from mcp_audit_event")
			.toString()).doesNotContain("the-session-id", token, "opaque-token");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Bad: part-number-one.part-number-two", "part-number-two is no JSON" })
	void messageContainingPartOfTokenIsNotStored(String message) {
		for (String text : new String[] { message, "It has expired" }) {
			this.repository.add(new AuditEvent("part-number-one.part-number-two", "AUTHENTICATION_FAILURE",
					Map.of("type", "InvalidBearerTokenException", "message", text)));
		}
		assertThat(this.repository.find(null, null, null)).extracting(AuditEvent::getData)
			.containsExactlyInAnyOrder(Map.of("type", "InvalidBearerTokenException"),
					Map.of("type", "InvalidBearerTokenException", "message", "It has expired"));
	}

	@Test
	void addedEventIsKeptWhenApplicationRollsBack() {
		new TransactionTemplate(new JdbcTransactionManager(this.pool)).executeWithoutResult((status) -> {
			this.repository.add(new AuditEvent("bob", "TRANSFER_REFUSED"));
			status.setRollbackOnly();
		});
		assertThat(this.repository.find("bob", null, null)).hasSize(1);
	}

	@Test
	void failedAddIsLoggedAndNotThrown(CapturedOutput output) {
		this.jdbc.execute("drop table mcp_audit_event");
		this.repository.add(new AuditEvent("bob", "TRANSFER_REFUSED"));
		assertThat(output).contains("An audit event of type TRANSFER_REFUSED is lost", "SQLSTATE 42")
			.doesNotContain("bob");
	}

	@Test
	void schemaProblemsAreDetected() {
		assertThat(this.repository.problem()).isNull();
		assertThat(AuditDatabase.count(this.pool)).isZero();
		dropColumn();
		assertThat(this.repository.problem()).containsIgnoringCase("client");
		this.jdbc.execute("drop table mcp_audit_event");
		assertThat(this.repository.problem()).containsIgnoringCase("mcp_audit_event");
	}

	private void dropColumn() {
		this.jdbc.execute("drop index mcp_audit_event_client");
		this.jdbc.execute("alter table mcp_audit_event drop column client");
	}

	private List<Long> seconds(String principal, Instant after, String type) {
		return this.repository.find(principal, after, type)
			.stream()
			.map((event) -> Duration.between(Events.NOON, event.getTimestamp()).toSeconds())
			.toList();
	}

	private static String stackTrace(Throwable ex) {
		StringWriter text = new StringWriter();
		ex.printStackTrace(new PrintWriter(text));
		return text.toString();
	}

}
