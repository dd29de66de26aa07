package io.mcpsecurity.audit;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.exchange.ExchangeAudit;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What events say of times and scopes, whichever these are and whatever came before.
 */
class AuditEventsTests {

	private final AuditEvents events = new AuditEvents(
			new ArgumentSummaries(ArgumentSummaries.Mode.NONE, new SensitiveNames(List.of()), (target) -> Set.of()));

	@Test
	void timestampFormatEqualsInstantToString() {
		List<Instant> instants = new ArrayList<>();
		for (String second : List.of("1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z",
				"2026-01-01T00:00:01Z", "2026-12-31T23:59:59Z", "+10000-01-01T00:00:00Z")) {
			for (int nanos : List.of(0, 1, 100, 123_456_789, 999_999_999, 1_000, 120_000, 123_456_000, 1_000_000,
					120_000_000, 999_000_000)) {
				instants.add(Instant.parse(second).plusNanos(nanos));
			}
		}
		instants.forEach(this::assertTimestamp);
		Collections.reverse(instants);
		instants.forEach(this::assertTimestamp);
		Collections.shuffle(instants, new Random(1));
		instants.forEach(this::assertTimestamp);
	}

	private void assertTimestamp(Instant instant) {
		McpAuditEvent event = this.events.of(request(instant));
		assertThat(event.data()).containsEntry("timestamp", instant.toString());
		assertThat(event.timestamp()).isEqualTo(instant);
	}

	@Test
	void scopesAreSanitizedAndTruncated() {
		List<String> scopes = List.of("plain", "a\r\nb", "x".repeat(257), "y".repeat(256));
		List<String> safe = List.of("plain", "a\ufffd\ufffdb", "x".repeat(255) + "\u2026", "y".repeat(256));
		assertScopes(scopes, safe);
		assertScopes(List.of("plain", "other"), List.of("plain", "other"));
	}

	@Test
	void scopesAreLimitedToOneHundred() {
		List<String> scopes = IntStream.range(1000, 1101).mapToObj(String::valueOf).toList();
		assertScopes(scopes.subList(0, 100), scopes.subList(0, 100));
		assertScopes(scopes, scopes.subList(0, 100));
	}

	private void assertScopes(List<String> scopes, List<String> expected) {
		McpExchange request = request(Instant.EPOCH);
		request.caller(McpCaller.builder("alice", "https://issuer.example", "https://mcp.example")
			.scopes(new LinkedHashSet<>(scopes))
			.build());
		request.decided(new AccessDecision(AccessDecision.Outcome.MISSING_SCOPES, scopes, scopes, null));
		Map<String, Object> data = this.events.of(request).data();
		assertThat(data).containsEntry("requiredScopes", expected).containsEntry("missingScopes", expected);
		assertThat(data.get("grantedScopes")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.containsExactlyInAnyOrderElementsOf(expected);
	}

	private static McpExchange request(Instant arrival) {
		return new Exchanges(ExchangeAudit.NONE, List.of(), Clock.fixed(arrival, ZoneOffset.UTC))
			.begin(new Connection("https://mcp.example", null, null, null, false));
	}

}
