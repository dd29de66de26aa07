package io.mcpsecurity.sample.console;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the console remembers.
 */
class AuditFeedTests {

	private static final EventFilter ALL = new EventFilter(null, null, null, null);

	private final AuditFeed feed = new AuditFeed(5, new Activity((kind, name) -> name, Clock.systemUTC()));

	@Test
	void newestEventsAreReturnedFirst() {
		write("a", "b");
		write("c");
		AuditFeed.News news = this.feed.after(0, ALL, 10);
		assertThat(subjects(news)).containsExactly("c", "b", "a");
		assertThat(news.latest()).isEqualTo(3);
		assertThat(news.gap()).isFalse();
	}

	@Test
	void onlyEventsAfterGivenNumberAreReturned() {
		write("a", "b");
		assertThat(this.feed.after(2, ALL, 10).entries()).isEmpty();
		write("c");
		AuditFeed.News news = this.feed.after(2, ALL, 10);
		assertThat(subjects(news)).containsExactly("c");
		assertThat(news.gap()).isFalse();
	}

	@Test
	void delayedEventIsReturnedWhenItIsWritten() {
		this.feed.write(List.of(event("quick", Instant.parse("2026-03-02T09:00:05Z"))));
		long latest = this.feed.after(0, ALL, 10).latest();
		this.feed.write(List.of(event("slow", Instant.parse("2026-03-02T09:00:00Z"))));
		assertThat(subjects(this.feed.after(latest, ALL, 10))).containsExactly("slow");
	}

	@Test
	void oldestEventsAreEvicted() {
		write(IntStream.range(0, 8).mapToObj(String::valueOf).toArray(String[]::new));
		assertThat(subjects(this.feed.after(0, ALL, 10))).containsExactly("7", "6", "5", "4", "3");
	}

	@Test
	void gapIsReported() {
		write(IntStream.range(0, 8).mapToObj(String::valueOf).toArray(String[]::new));
		assertThat(this.feed.after(0, ALL, 5).gap()).as("everything that is remembered").isFalse();
		assertThat(this.feed.after(0, ALL, 4).gap()).as("more than wanted").isTrue();
		assertThat(this.feed.after(3, ALL, 10).gap()).as("nothing forgotten in between").isFalse();
		assertThat(this.feed.after(2, ALL, 10).gap()).as("the third is forgotten").isTrue();
	}

	@Test
	void latestNumberIncludesFilteredEvents() {
		write("a", "b");
		AuditFeed.News news = this.feed.after(0, new EventFilter("a", null, null, null), 10);
		assertThat(subjects(news)).containsExactly("a");
		assertThat(news.latest()).isEqualTo(2);
	}

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			-,     -,     -,               -,       true
			'',    '',    -,               ' ',     true
			ALI,   -,     -,               -,       true
			bob,   -,     -,               -,       false
			-,     gent,  -,               -,       true
			-,     other, -,               -,       false
			-,     -,     MCP_CALL,        -,       true
			-,     -,     MCP_CALL_DENIED, -,       false
			-,     -,     -,               ' purge', true
			-,     -,     -,               browse,  false
			alice, agent, MCP_CALL,        purge,   true
			alice, agent, MCP_CALL,        browse,  false
			""")
	void eventMatchesWhenAllCriteriaMatch(String subject, String client, Type type, String target, boolean found) {
		McpAuditEvent event = new McpAuditEvent(UUID.randomUUID().toString(), Instant.now(), Type.MCP_CALL, "alice",
				Map.of("client", "agent", "targetName", "Purge_Records"));
		assertThat(new EventFilter(subject, client, type, target).matches(event)).isEqualTo(found);
	}

	@Test
	void eventWithoutSubjectDoesNotMatchText() {
		McpAuditEvent event = new McpAuditEvent(UUID.randomUUID().toString(), Instant.now(),
				Type.MCP_AUTHENTICATION_FAILED, null, Map.of());
		assertThat(ALL.matches(event)).isTrue();
		assertThat(new EventFilter("n", null, null, null).matches(event)).isFalse();
		assertThat(new EventFilter(null, "n", null, null).matches(event)).isFalse();
		assertThat(new EventFilter(null, null, null, "n").matches(event)).isFalse();
	}

	@Test
	void rowContainsAllDataAsText() {
		McpAuditEvent event = new McpAuditEvent("id", Instant.parse("2026-03-02T09:15:27.104Z"), Type.MCP_CALL_DENIED,
				"alice",
				Map.of("client", "agent", "actors",
						List.of(Map.of("subject", "bot"), Map.of("client", "scheduler", "issuer", "i")),
						"requiredScopes", List.of("a", "b"), "arguments", Map.of("before", "string(10)"), "durationMs",
						1.482, "httpStatus", 403));
		EventRow row = EventRow.of(new AuditFeed.Entry(7, event));
		assertThat(row).returns("2026-03-02", EventRow::date)
			.returns("09:15:27.104", EventRow::time)
			.returns("call denied", EventRow::type)
			.returns("bot, scheduler", EventRow::actors)
			.returns("1.482", EventRow::duration)
			.returns("", EventRow::target);
		assertThat(row.facts()).contains(new EventRow.Fact("type", "MCP_CALL_DENIED"),
				new EventRow.Fact("requiredScopes", "a, b"),
				new EventRow.Fact("arguments", "{\"before\":\"string(10)\"}"), new EventRow.Fact("httpStatus", "403"));
	}

	private void write(String... subjects) {
		this.feed.write(Stream.of(subjects).map((subject) -> event(subject, Instant.now())).toList());
	}

	private static McpAuditEvent event(String subject, Instant arrival) {
		return new McpAuditEvent(UUID.randomUUID().toString(), arrival, Type.MCP_CALL, subject, Map.of());
	}

	private static List<String> subjects(AuditFeed.News news) {
		return news.entries().stream().map((entry) -> entry.event().subject()).toList();
	}

}
