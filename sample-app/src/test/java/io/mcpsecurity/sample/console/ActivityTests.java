package io.mcpsecurity.sample.console;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import io.mcpsecurity.sample.console.Activity.Line;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The counts of the last hour.
 */
class ActivityTests {

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-02T09:15:27Z"));

	private final Activity activity = new Activity(ActivityTests::offered, this.now::get);

	@Test
	void eventsAreCountedByTargetAndDecision() {
		count("tool", "browse", "granted", 1);
		count("tool", "browse", "granted", 2);
		count("tool", "browse", "denied", 6);
		count("resource", "records/1", "granted", 1);
		count("resource", "records/2", "granted", 1);
		count(null, null, "unauthenticated", 1);
		assertThat(this.activity.report().targets()).containsExactly(line("browse", 3.0, 6.0, 2, 0, 1, 0, 0, 0),
				line("records/{id}", 1.0, 1.0, 2, 0, 0, 0, 0, 0), line(Activity.NO_TARGET, 1.0, 1.0, 0, 0, 0, 0, 1, 0));
	}

	@Test
	void unknownTargetsAreCountedTogether() {
		for (int i = 0; i < 1000; i++) {
			count("tool", "made-up-" + i, "undecided", 1);
		}
		assertThat(this.activity.report().targets())
			.containsExactly(line(Activity.NOT_OFFERED, 1.0, 1.0, 0, 0, 0, 1000, 0, 0));
	}

	@Test
	void reportContainsMinutesOfLastHour() {
		count(null, null, "unauthenticated", 1);
		assertThat(this.activity.report().minutes()).hasSize(60)
			.startsWith(line("08:16", null, null, 0, 0, 0, 0, 0, 0))
			.endsWith(line("09:15", 1.0, 1.0, 0, 0, 0, 0, 1, 0));
		this.now.updateAndGet((instant) -> instant.plus(Duration.ofMinutes(59)));
		assertThat(this.activity.report().minutes()).startsWith(line("09:15", 1.0, 1.0, 0, 0, 0, 0, 1, 0));
		this.now.updateAndGet((instant) -> instant.plus(Duration.ofMinutes(1)));
		assertThat(this.activity.report().minutes()).hasSize(60).allMatch((line) -> line.total() == 0);
		assertThat(this.activity.report().targets()).isEmpty();
	}

	@Test
	void eventIsCountedInMinuteOfItsArrival() {
		Instant arrival = this.now.get().minus(Duration.ofMinutes(2));
		this.activity.count(event(arrival, null, null, "granted", 120_000));
		assertThat(this.activity.report().minutes().get(57))
			.isEqualTo(line("09:13", 120_000.0, 120_000.0, 1, 0, 0, 0, 0, 0));
		this.activity.count(event(arrival.minus(Duration.ofHours(1)), null, null, "granted", 1));
		assertThat(this.activity.report().targets()).extracting(Line::total).containsExactly(1L);
	}

	@Test
	void decisionsEqualThoseOfSchema() throws Exception {
		JsonNode schema = JsonMapper.shared().readTree(Path.of("../docs/audit-event.schema.json"));
		assertThat(schema.at("/properties/decision/enum").valueStream().map((value) -> value.asString()))
			.containsExactlyElementsOf(Activity.DECISIONS);
	}

	private static String offered(String kind, String name) {
		if (kind.equals("resource")) {
			return name.replaceFirst("/.*", "/{id}");
		}
		return name.equals("browse") ? name : Activity.NOT_OFFERED;
	}

	private void count(String kind, String target, String decision, double millis) {
		this.activity.count(event(this.now.get(), kind, target, decision, millis));
	}

	private static McpAuditEvent event(Instant arrival, String kind, String target, String decision, double millis) {
		Map<String, Object> data = new HashMap<>(Map.of("decision", decision, "durationMs", millis));
		if (kind != null) {
			data.putAll(Map.of("targetKind", kind, "targetName", target));
		}
		return new McpAuditEvent(UUID.randomUUID().toString(), arrival, Type.MCP_CALL, "alice", data);
	}

	private static Line line(String name, Double mean, Double longest, long... counts) {
		return new Line(name, LongStream.of(counts).boxed().toList(), LongStream.of(counts).sum(), mean, longest);
	}

}
