package io.mcpsecurity.actuate.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.autoconfigure.McpAuditJdbcAutoConfiguration;
import io.mcpsecurity.test.PostgresServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

/**
 * What docs/audit-jdbc.md says, word for word, against PostgreSQL.
 */
class AuditJdbcDocumentationTests {

	private static final Instant NOW = Instant.now();

	private static final String PURGED = "purge_records";

	private final String page = read();

	private final String url = PostgresServer.shared().newDatabase();

	private final HikariDataSource pool = PostgresServer.pool(this.url);

	private final JdbcTemplate jdbc = new JdbcTemplate(this.pool);

	@BeforeEach
	void create() {
		AuditDatabase.POSTGRESQL.createTable(this.pool);
	}

	@AfterEach
	void close() {
		this.pool.close();
	}

	@Test
	void documentedPropertiesConfigureJdbcSink() {
		String yaml = block("```yaml\n", "mcp-security.audit.jdbc:");
		assertThat(yaml.lines().count()).isLessThanOrEqualTo(10);
		new WebApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(McpAuditJdbcAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withInitializer((context) -> load(yaml).forEach(context.getEnvironment().getPropertySources()::addLast))
			.withPropertyValues("spring.datasource.url=" + PostgresServer.shared().newDatabase())
			.run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(AuditRetention.class);
				context.getBean(AuditSink.class).write(Events.calls(3));
				HikariDataSource pool = context.getBean(HikariDataSource.class);
				assertThat(AuditDatabase.count(pool)).isEqualTo(3);
				assertThat(pool.getConnectionTimeout()).isEqualTo(5000);
			});
	}

	@Test
	void everyColumnIsDocumented() {
		assertThat(this.jdbc.queryForList(
				"select column_name from information_schema.columns where table_name = 'mcp_audit_event'",
				String.class))
			.hasSize(23)
			.allSatisfy((column) -> assertThat(this.page).contains("`" + column + "`"));
	}

	@Test
	void documentedQueryFindsCallsOfClientOnBehalfOfUser() throws Exception {
		write(call(1, "alice", "requestId", "yes"), denied(2, "alice", "reason", "insufficient_scope"), call(3, "bob"),
				call(4, "alice", "client", "another"), call(8 * 24, "alice"));
		List<Map<String, @Nullable Object>> rows = this.jdbc.queryForList(sql("What did a client do"));
		assertThat(rows).extracting((row) -> row.get("type")).containsExactly("MCP_CALL_DENIED", "MCP_CALL");
		assertThat(rows.get(1)).containsEntry("target_name", PURGED).containsEntry("outcome", "success");
		assertThat(String.valueOf(rows.get(1).get("arguments"))).contains("R-17");
	}

	@Test
	void documentedQueryFindsDeniedCallsThatWereLaterGranted() throws Exception {
		write(denied(10, "alice", "tokenId", "narrow", "reason", "insufficient_scope"),
				call(9, "alice", "tokenId", "wide"), call(8, "alice", "tokenId", "later"), denied(10, "bob"),
				call(9, "bob", "targetName", "another"), denied(60, "carol"), call(20, "carol"), call(10, "dave"),
				denied(9, "dave"));
		assertThat(this.jdbc.queryForList(sql("Who was denied what"))).singleElement()
			.satisfies((row) -> assertThat(row).containsEntry("principal", "alice")
				.containsEntry("target_name", PURGED)
				.containsEntry("reason", "insufficient_scope")
				.containsEntry("denied_token", "narrow")
				.containsEntry("granted_token", "wide"));
	}

	@Test
	void documentedQueryFindsCallsByActor() throws Exception {
		write(call(3, "alice", "actors", List.of(Map.of("client", "outer"), Map.of("client", "orchestrator"))),
				call(2, "bob", "actors", List.of(Map.of("subject", "robot", "client", "orchestrator"))),
				call(1, "carol", "actors", null), call(1, "dave", "actors", List.of(Map.of("client", "another"))));
		assertThat(this.jdbc.queryForList(sql("Which calls ran through an actor")))
			.extracting((row) -> row.get("principal"))
			.containsExactly("alice", "bob");
	}

	@Test
	void documentedQueryFindsTokensAndSessionsThatUsedDeletedRecord() throws Exception {
		String question = sql("Which tokens and sessions touched");
		write(call(5, "alice", "targetName", "browse", "tokenId", "t1", "sessionIdHash", "s1"),
				call(4, "alice", "targetName", "browse", "tokenId", "t1", "sessionIdHash", "s1"),
				call(3, "bob", "targetName", "browse", "tokenId", "t2", "arguments", Map.of("record", "R-18")));
		assertThat(this.jdbc.queryForList(question)).as("not deleted").isEmpty();
		write(call(2, "carol", "tokenId", "t3", "sessionIdHash", "s3"));
		assertThat(this.jdbc.queryForList(question))
			.extracting((row) -> row.get("token_id"), (row) -> row.get("session_id_hash"), (row) -> row.get("calls"))
			.containsExactly(tuple("t1", "s1", 2L), tuple("t3", "s3", 1L));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			occurred_at > now() - interval '1 hour' | mcp_audit_event_time
			principal = 'alice' and occurred_at > now() - interval '1 hour' | mcp_audit_event_principal
			client = 'agent' and occurred_at > now() - interval '1 hour' | mcp_audit_event_client
			target_name = 'purge' and occurred_at > now() - interval '1 day' | mcp_audit_event_target
			type = 'MCP_CALL_DENIED' and occurred_at > now() | mcp_audit_event_type""")
	void documentedIndexIsUsedForCondition(String condition, String index) {
		// Another than sequential reading would not be worth it for a table so small.
		try (HikariDataSource eager = PostgresServer.pool(this.url + "&options=-c%20enable_seqscan=off")) {
			assertThat(
					String.join("\n",
							new JdbcTemplate(eager).queryForList("explain select * from mcp_audit_event where "
									+ condition + " order by occurred_at", String.class)))
				.contains(index)
				.contains("Index Cond");
		}
	}

	@Test
	void documentedRolesHaveOnlyRequiredPrivileges() throws Exception {
		this.jdbc.execute("drop role if exists mcp_audit_writer, mcp_audit_reader, mcp_audit_keeper");
		Arrays.stream(sql("as another").split(";")).filter((part) -> !part.isBlank()).forEach(this.jdbc::execute);
		List<McpAuditEvent> events = List.of(call(1, "alice"), call(500 * 24, "bob"));
		try (HikariDataSource writer = as("mcp_audit_writer");
				HikariDataSource reader = as("mcp_audit_reader");
				HikariDataSource keeper = as("mcp_audit_keeper")) {
			JdbcAuditEventRepository server = AuditDatabase.repository(writer);
			assertThat(server.problem()).isNull();
			server.write(events);
			server.write(events);
			assertRefused(() -> server.find(null, null, null));
			assertRefused(() -> server.delete(NOW, 1));
			assertRefused(() -> new JdbcTemplate(writer).update("update mcp_audit_event set principal = 'eve'"));
			assertThat(AuditDatabase.repository(reader).find(null, null, null)).hasSize(2);
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> AuditDatabase.repository(reader).write(events));
			assertThat(new JdbcTemplate(keeper).update(sql("every day"))).isOne();
			assertThat(AuditDatabase.repository(keeper).delete(NOW, 10)).isOne();
		}
		finally {
			this.jdbc.execute("drop owned by mcp_audit_writer, mcp_audit_reader, mcp_audit_keeper");
			this.jdbc.execute("drop role mcp_audit_writer, mcp_audit_reader, mcp_audit_keeper");
		}
	}

	private HikariDataSource as(String role) {
		return PostgresServer.pool(this.url.replace("user=postgres", "user=" + role));
	}

	private static void assertRefused(Runnable action) {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(action::run)
			.withStackTraceContaining("permission denied");
	}

	private void write(McpAuditEvent... events) throws SQLException {
		AuditDatabase.repository(this.pool).write(List.of(events));
	}

	private static McpAuditEvent call(int hoursAgo, String principal, @Nullable Object... changes) {
		return Events.event(NOW.minus(Duration.ofHours(hoursAgo)), Type.MCP_CALL, principal, changes);
	}

	private static McpAuditEvent denied(int hoursAgo, String principal, @Nullable Object... changes) {
		return Events.event(NOW.minus(Duration.ofHours(hoursAgo)), Type.MCP_CALL_DENIED, principal, changes);
	}

	/**
	 * The SQL that follows on the words.
	 */
	private String sql(String words) {
		return block(words, "").strip();
	}

	private String block(String words, String content) {
		assertThat(this.page).contains(words);
		String rest = this.page.substring(this.page.indexOf(words));
		Matcher block = Pattern.compile("```\\w+\n(.*?)```", Pattern.DOTALL).matcher(rest);
		assertThat(block.find()).isTrue();
		assertThat(block.group(1)).contains(content);
		return block.group(1);
	}

	private static List<PropertySource<?>> load(String yaml) {
		try {
			return new YamlPropertySourceLoader().load("page", new ByteArrayResource(yaml.getBytes()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String read() {
		try {
			return Files.readString(Path.of("../docs/audit-jdbc.md"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
