package io.mcpsecurity.audit;

import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The sink {@code log}: logs each event at level INFO with the logger
 * {@code io.mcpsecurity.audit}. The message is a sentence. The facts are key-value pairs
 * named {@code mcp.audit.}<em>fact</em>, which structured logging writes.
 */
public final class LogSink implements AuditSink {

	private static final String PREFIX = "mcp.audit.";

	private static final Logger logger = LoggerFactory.getLogger("io.mcpsecurity.audit");

	@Override
	public String name() {
		return "log";
	}

	@Override
	public void write(List<McpAuditEvent> events) {
		for (McpAuditEvent event : events) {
			LoggingEventBuilder line = logger.atInfo().addKeyValue(PREFIX + "type", event.type().name());
			event.data().forEach((name, value) -> line.addKeyValue(PREFIX + name, value));
			line.log(EventSentence.of(event));
		}
	}

}
