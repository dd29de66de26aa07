package io.mcpsecurity.sample.console;

import java.util.Locale;

import io.mcpsecurity.audit.McpAuditEvent;
import org.jspecify.annotations.Nullable;

/**
 * Filters events. Criteria that are {@code null} or empty are ignored.
 *
 * @param subject a part of the subject, in upper or lower case
 * @param client a part of the OAuth client
 * @param type the type
 * @param target a part of the target's name
 */
record EventFilter(@Nullable String subject, @Nullable String client, McpAuditEvent.@Nullable Type type,
		@Nullable String target) {

	boolean matches(McpAuditEvent event) {
		return (this.type == null || this.type == event.type()) && isPart(this.subject, event.subject())
				&& isPart(this.client, event.data().get("client"))
				&& isPart(this.target, event.data().get("targetName"));
	}

	private static boolean isPart(@Nullable String part, @Nullable Object text) {
		return part == null || part.isBlank() || (text != null && fold(text.toString()).contains(fold(part.strip())));
	}

	private static String fold(String text) {
		return text.toLowerCase(Locale.ROOT);
	}

}
