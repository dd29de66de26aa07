package io.mcpsecurity.sample.console;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.stream.LongStream;

import io.mcpsecurity.audit.McpAuditEvent;
import org.jspecify.annotations.Nullable;

/**
 * Counts the requests of the last hour per minute and per target. Only offered targets
 * are counted by name, because clients can send any number of other names.
 */
final class Activity {

	/** The decisions of events, in the order in which the page shows them. */
	static final List<String> DECISIONS = List.of("granted", "reported", "denied", "undecided", "unauthenticated",
			"rejected");

	static final String NOT_OFFERED = "(not offered here)";

	static final String NO_TARGET = "(no target known)";

	private static final Duration SPAN = Duration.ofHours(1);

	private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT)
		.withZone(ZoneOffset.UTC);

	private final BinaryOperator<String> names;

	private final InstantSource clock;

	private final NavigableMap<Instant, Map<String, Tally>> minutes = new TreeMap<>();

	/**
	 * Create an empty count.
	 * @param names the name of the offered target for a kind and a requested name, or
	 * {@link #NOT_OFFERED}
	 * @param clock the clock
	 */
	Activity(BinaryOperator<String> names, InstantSource clock) {
		this.names = names;
		this.clock = clock;
	}

	synchronized void count(McpAuditEvent event) {
		Instant minute = event.timestamp().truncatedTo(ChronoUnit.MINUTES);
		if (minute.isBefore(first())) {
			return;
		}
		this.minutes.computeIfAbsent(minute, (key) -> new HashMap<>())
			.computeIfAbsent(label(event.data()), (key) -> new Tally())
			.add(event.data());
		evictOldMinutes();
	}

	synchronized Report report() {
		evictOldMinutes();
		List<Line> byMinute = new ArrayList<>();
		Map<String, Tally> targets = new HashMap<>();
		Instant minute = first();
		for (int i = 0; i < SPAN.toMinutes(); i++) {
			Tally all = new Tally();
			this.minutes.getOrDefault(minute, Map.of()).forEach((target, tally) -> {
				all.add(tally);
				targets.computeIfAbsent(target, (key) -> new Tally()).add(tally);
			});
			byMinute.add(all.line(MINUTE.format(minute)));
			minute = minute.plus(1, ChronoUnit.MINUTES);
		}
		return new Report(DECISIONS, byMinute,
				targets.entrySet()
					.stream()
					.map((target) -> target.getValue().line(target.getKey()))
					.sorted(Comparator.comparingLong(Line::total).reversed().thenComparing(Line::name))
					.toList());
	}

	private Instant first() {
		return this.clock.instant().truncatedTo(ChronoUnit.MINUTES).minus(SPAN).plus(1, ChronoUnit.MINUTES);
	}

	private void evictOldMinutes() {
		this.minutes.headMap(first()).clear();
	}

	private String label(Map<String, Object> data) {
		return (data.get("targetKind") instanceof String kind && data.get("targetName") instanceof String name)
				? this.names.apply(kind, name) : NO_TARGET;
	}

	/**
	 * The last hour.
	 *
	 * @param decisions the decisions that are counted
	 * @param minutes its minutes, the first one first
	 * @param targets the requested targets, the most frequent first
	 */
	record Report(List<String> decisions, List<Line> minutes, List<Line> targets) {
	}

	/**
	 * Counts of one thing.
	 *
	 * @param name the name of a minute or a target
	 * @param counts events by decision
	 * @param total all of them
	 * @param meanMs the mean duration in milliseconds, or {@code null} without an event
	 * @param longestMs the longest duration in milliseconds, or {@code null} without an
	 * event
	 */
	record Line(String name, List<Long> counts, long total, @Nullable Double meanMs, @Nullable Double longestMs) {
	}

	private static final class Tally {

		private final long[] counts = new long[DECISIONS.size()];

		private double sum;

		private double longest;

		void add(Map<String, Object> data) {
			int decision = DECISIONS.indexOf(String.valueOf(data.get("decision")));
			if (decision >= 0) {
				this.counts[decision]++;
				double millis = (data.get("durationMs") instanceof Number duration) ? duration.doubleValue() : 0;
				this.sum += millis;
				this.longest = Math.max(this.longest, millis);
			}
		}

		void add(Tally other) {
			for (int i = 0; i < this.counts.length; i++) {
				this.counts[i] += other.counts[i];
			}
			this.sum += other.sum;
			this.longest = Math.max(this.longest, other.longest);
		}

		Line line(String name) {
			long total = LongStream.of(this.counts).sum();
			return new Line(name, LongStream.of(this.counts).boxed().toList(), total,
					(total > 0) ? Math.round(this.sum / total * 1000) / 1000.0 : null,
					(total > 0) ? this.longest : null);
		}

	}

}
