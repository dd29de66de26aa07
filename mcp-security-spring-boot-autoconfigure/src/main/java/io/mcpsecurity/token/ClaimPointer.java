package io.mcpsecurity.token;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Where a claim is: a JSON pointer (RFC 6901, {@code /realm_access/roles}), or names
 * joined by dots ({@code realm_access.roles}).
 *
 * @param text the pointer as it was written
 * @param path the names to follow
 */
public record ClaimPointer(String text, List<String> path) {

	/**
	 * Read a pointer.
	 * @throws IllegalArgumentException if it has an empty name
	 */
	public static ClaimPointer of(String text) {
		boolean pointer = text.startsWith("/");
		List<String> path = Stream.of((pointer ? text.substring(1) : text).split(pointer ? "/" : "\\.", -1))
			.map((name) -> pointer ? name.replace("~1", "/").replace("~0", "~") : name)
			.toList();
		if (path.contains("")) {
			throw new IllegalArgumentException("'" + text + "' has an empty name");
		}
		return new ClaimPointer(text, path);
	}

	/** The name of the claim, without those of the objects that contain it. */
	String name() {
		return this.path.get(this.path.size() - 1);
	}

	/** The claim, or {@code null} if it is absent. */
	@Nullable Object read(Map<String, Object> claims) {
		Object value = claims;
		for (String name : this.path) {
			value = (value instanceof Map<?, ?> map) ? map.get(name) : null;
		}
		return value;
	}

}
