package io.mcpsecurity.message;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The revisions of MCP, in their order. No other class knows their names.
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
	 * The names of the revisions that are spoken here, the oldest first.
	 */
	public static List<String> spoken() {
		return SPOKEN;
	}

	/**
	 * Whether there is a revision of a name.
	 * @param revision what a request says; anything at all, or {@code null}
	 */
	public static boolean exists(@Nullable String revision) {
		return Stream.of(values()).anyMatch((known) -> known.text.equals(revision));
	}

	/**
	 * Whether clients of a revision add the scopes of a challenge to those that they
	 * hold, which they do since 2026-07-28. Those of earlier ones may request the scopes
	 * of the challenge alone.
	 * @param revision what a request says; anything at all, or {@code null}
	 */
	public static boolean keepsScopes(@Nullable String revision) {
		return isSince2026(revision);
	}

	/**
	 * Whether HTTP requests of a revision repeat parts of the message in headers: those
	 * of 2026-07-28, and of later ones that are not known yet.
	 * @param revision what a request says; anything at all, or {@code null}
	 */
	static boolean hasMirroredHeaders(@Nullable String revision) {
		return isSince2026(revision);
	}

	private static boolean isSince2026(@Nullable String revision) {
		return revision != null && revision.compareTo(V2026_07_28.text) >= 0 && FORM.matcher(revision).matches();
	}

}
