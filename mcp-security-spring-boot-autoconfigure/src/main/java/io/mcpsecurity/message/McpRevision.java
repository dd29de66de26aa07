package io.mcpsecurity.message;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The revisions of MCP, in order. No other class contains their names.
 * <p>
 * The words of MCP 2026-07-28 (Versioning, "Terminology") are used: <em>legacy</em>
 * revisions are negotiated with {@code initialize}; in <em>modern</em> ones each request
 * contains its revision.
 */
public enum McpRevision {

	V2024_11_05("2024-11-05"),

	V2025_03_26("2025-03-26"),

	V2025_06_18("2025-06-18"),

	V2025_11_25("2025-11-25"),

	V2026_07_28("2026-07-28");

	private static final Pattern FORM = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

	private static final List<String> LEGACY = Stream.of(values())
		.map(McpRevision::text)
		.filter((revision) -> !isSince2026(revision))
		.toList();

	private static final List<String> MODERN = List.of(V2026_07_28.text);

	private final String text;

	McpRevision(String text) {
		this.text = text;
	}

	/**
	 * The name of the revision in messages.
	 */
	public String text() {
		return this.text;
	}

	/**
	 * The names of the legacy revisions, the oldest first.
	 */
	public static List<String> legacy() {
		return LEGACY;
	}

	/**
	 * The names of the modern revisions.
	 */
	public static List<String> modern() {
		return MODERN;
	}

	/**
	 * Whether a message is of a modern revision: its metadata contains a revision other
	 * than the legacy ones, or a header does if its metadata contains none.
	 * {@code initialize} is legacy whatever the header contains.
	 * @param message the message
	 * @param headers the values of the header {@code MCP-Protocol-Version}
	 */
	public static boolean isModern(McpMessage message, Collection<String> headers) {
		String revision = (message.meta() != null) ? message.meta().protocolVersion() : null;
		if (revision != null) {
			return !LEGACY.contains(revision);
		}
		return McpMethod.of(message.method()) != McpMethod.INITIALIZE
				&& headers.stream().anyMatch(McpRevision::isSince2026);
	}

	/**
	 * Whether a revision exists.
	 * @param revision an unvalidated value of a request, or {@code null}
	 */
	public static boolean exists(@Nullable String revision) {
		return Stream.of(values()).anyMatch((known) -> known.text.equals(revision));
	}

	/**
	 * Whether clients of a revision add the scopes of a challenge to the scopes that they
	 * hold, as required since 2026-07-28. Clients of earlier revisions may request only
	 * the scopes of the challenge.
	 * @param revision an unvalidated value of a request, or {@code null}
	 */
	public static boolean keepsScopes(@Nullable String revision) {
		return isSince2026(revision);
	}

	/**
	 * Whether HTTP requests of a revision contain parts of the message in headers, as
	 * defined since 2026-07-28. Later revisions are assumed to do the same.
	 * @param revision an unvalidated value of a request, or {@code null}
	 */
	static boolean hasMirroredHeaders(@Nullable String revision) {
		return isSince2026(revision);
	}

	private static boolean isSince2026(@Nullable String revision) {
		return revision != null && revision.compareTo(V2026_07_28.text) >= 0 && FORM.matcher(revision).matches();
	}

}
