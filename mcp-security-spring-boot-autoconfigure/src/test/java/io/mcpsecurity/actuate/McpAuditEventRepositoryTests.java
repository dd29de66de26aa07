package io.mcpsecurity.actuate;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which events are kept in memory.
 */
class McpAuditEventRepositoryTests {

	private static final Instant NOON = Instant.parse("2026-03-02T12:00:00.123456789Z");

	private final McpAuditEventRepository repository = new McpAuditEventRepository(5);

	@Test
	void newestEventsAreKeptInOrder() {
		assertThat(ids(this.repository)).isEmpty();
		for (int i = 0; i < 23; i++) {
			this.repository.add(call("alice", i));
			assertThat(ids(this.repository))
				.containsExactlyElementsOf(IntStream.rangeClosed(Math.max(0, i - 4), i).boxed().toList());
		}
	}

	@ParameterizedTest
	@EnumSource
	void everyMcpEventTypeIsKept(Type type) {
		this.repository.add(new AuditEvent(NOON, "alice", type.name(), Map.of()));
		assertThat(this.repository.find(null, null, type.name())).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "AUTHENTICATION_SUCCESS", "AUTHENTICATION_FAILURE", "AUTHENTICATION_SWITCH",
			"LOGOUT_SUCCESS", "AUTHORIZATION_FAILURE", "RECORD_SIGNED", "mcp_call", "MCP_CALL ", "" })
	void eventsOfOtherTypesAreNotKept(String type) {
		this.repository.add(call("alice", 1));
		this.repository.add(new AuditEvent(NOON, "alice", type, Map.of("i", 2)));
		this.repository
			.onApplicationEvent(new AuditApplicationEvent(new AuditEvent(NOON, "alice", type, Map.of("i", 3))));
		assertThat(ids(this.repository)).containsExactly(1);
	}

	@Test
	void publishedEventsAreKeptWithoutAuditListenerOfSpringBoot() {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
			context.registerBean(McpAuditEventRepository.class, () -> this.repository);
			context.refresh();
			new AuditEventPublisher(context)
				.write(List.of(new McpAuditEvent("1", NOON, Type.MCP_CALL_DENIED, "alice", Map.of("i", 1)),
						new McpAuditEvent("2", NOON, Type.MCP_AUTHENTICATION_FAILED, null, Map.of("i", 2))));
		}
		assertThat(ids(this.repository)).containsExactly(1, 2);
		assertThat(this.repository.find("", null, null)).extracting(AuditEvent::getType)
			.containsExactly("MCP_AUTHENTICATION_FAILED");
	}

	private static AuditEvent call(String principal, int i) {
		return new AuditEvent(NOON, principal, "MCP_CALL", Map.of("i", i));
	}

	private static List<Object> ids(McpAuditEventRepository repository) {
		return repository.find(null, null, null).stream().map((event) -> event.getData().get("i")).toList();
	}

}
