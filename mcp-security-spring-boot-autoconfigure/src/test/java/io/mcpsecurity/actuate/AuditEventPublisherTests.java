package io.mcpsecurity.actuate;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Events as application events.
 */
class AuditEventPublisherTests {

	private static final Instant NOON = Instant.parse("2026-03-02T12:00:00Z");

	@Test
	void eventsArePublishedAsApplicationEvents() {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Listener.class)) {
			AuditEventPublisher publisher = new AuditEventPublisher(context);
			publisher.write(List.of(new McpAuditEvent("1", NOON, Type.MCP_CALL, "alice", Map.of("eventId", "1")),
					new McpAuditEvent("2", NOON, Type.MCP_AUTHENTICATION_FAILED, null, Map.of())));
			List<AuditEvent> events = context.getBean(Listener.class).events;
			assertThat(events).hasSize(2);
			assertThat(events.get(0).getTimestamp()).isEqualTo(NOON);
			assertThat(events.get(0).getPrincipal()).isEqualTo("alice");
			assertThat(events.get(0).getType()).isEqualTo("MCP_CALL");
			assertThat(events.get(0).getData()).isEqualTo(Map.of("eventId", "1"));
			assertThat(events.get(1).getPrincipal()).isEmpty();
		}
	}

	@Test
	void failingListenerDoesNotPreventDeliveryAndIsReportedToAuditTrail() {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Listener.class,
				Failing.class)) {
			AuditEventPublisher publisher = new AuditEventPublisher(context);
			List<McpAuditEvent> batch = List.of(new McpAuditEvent("1", NOON, Type.MCP_CALL, "alice", Map.of()),
					new McpAuditEvent("2", NOON, Type.MCP_CALL, "mallory", Map.of()),
					new McpAuditEvent("3", NOON, Type.MCP_CALL, "mallory", Map.of()),
					new McpAuditEvent("4", NOON, Type.MCP_CALL, "bob", Map.of()));
			assertThatIllegalStateException().isThrownBy(() -> publisher.write(batch)).withMessage("not 1");
			assertThat(context.getBean(Failing.class).seen).isEqualTo(4);
			assertThat(context.getBean(Listener.class).events).extracting(AuditEvent::getPrincipal)
				.contains("alice", "bob");
		}
	}

	static class Listener {

		private final List<AuditEvent> events = new ArrayList<>();

		@EventListener
		void on(AuditApplicationEvent event) {
			this.events.add(event.getAuditEvent());
		}

	}

	static class Failing {

		private int seen;

		private int failures;

		@EventListener
		void on(AuditApplicationEvent event) {
			this.seen++;
			if (event.getAuditEvent().getPrincipal().equals("mallory")) {
				this.failures++;
				throw new IllegalStateException("not " + this.failures);
			}
		}

	}

}
