package io.mcpsecurity.actuate;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.ApplicationEventPublisher;

/**
 * The sink {@code events}: publishes each event as an {@link AuditApplicationEvent} to
 * the listeners of the application, on the sink's thread. Spring Boot stores it in the
 * application's {@code AuditEventRepository} if there is one, otherwise the
 * {@link McpAuditEventRepository} keeps it.
 */
public final class AuditEventPublisher implements AuditSink {

	private static final Set<String> TYPES = Stream.of(McpAuditEvent.Type.values())
		.map(Enum::name)
		.collect(Collectors.toUnmodifiableSet());

	private final ApplicationEventPublisher publisher;

	public AuditEventPublisher(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	/**
	 * Whether an event has a type that this sink publishes, which means that it comes
	 * from an MCP server.
	 */
	public static boolean publishes(AuditEvent event) {
		return TYPES.contains(event.getType());
	}

	@Override
	public String name() {
		return "events";
	}

	/**
	 * Publish events. A failing listener does not prevent delivery of the other events.
	 * @throws RuntimeException the first exception of a listener, after all were
	 * published
	 */
	@Override
	public void write(List<McpAuditEvent> events) {
		RuntimeException failure = null;
		for (McpAuditEvent event : events) {
			RuntimeException current = publish(event);
			failure = (failure == null) ? current : failure;
		}
		if (failure != null) {
			throw failure;
		}
	}

	private @Nullable RuntimeException publish(McpAuditEvent event) {
		try {
			this.publisher.publishEvent(new AuditApplicationEvent(
					new AuditEvent(event.timestamp(), event.subject(), event.type().name(), event.data())));
			return null;
		}
		catch (RuntimeException ex) {
			return ex;
		}
	}

}
