package io.mcpsecurity.message;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The revisions of MCP, in order. No other class contains their names.
 */
public enum McpRevision {

	V2024_11_05("2024-11-05", true),

	V2025_03_26("2025-03-26", true),

	V2025_06_18("2025-06-18", true),

	V2025_11_25("2025-11-25", true),

	V2026_07_28("2026-07-28", false);

	private static final Pattern FORM = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

	private static final List<String> SPOKEN = Stream.of(values())
		.filter((revision) -> revision.spoken)
		.map((revision) -> revision.text)
		.toList();

	private final String text;

	private final boolean spoken;

	McpRevision(String text, boolean spoken) {
		this.text = text;
		this.spoken = spoken;
	}

	/**
	 * The names of the supported revisions, the oldest first.
	 */
	public static List<String> spoken() {
		return SPOKEN;
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
