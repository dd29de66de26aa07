package io.mcpsecurity.authorization;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;

/**
 * The ways to write one resource's URI. A server matches a URI as it stands, but a
 * handler may decode what it finds in it: so a rule for a URI must hold however that URI
 * is written (RFC 3986 section 6.2.2).
 */
final class ResourceUri {

	/** How often a URI may be percent-encoded over and over before it is given up. */
	private static final int MAX_DECODINGS = 4;

	private ResourceUri() {
	}

	/**
	 * A target as it is written, and for a resource also with the scheme in lower case,
	 * percent-encoding undone and dot segments removed. Empty when it is encoded over and
	 * over: nobody means that well.
	 */
	static Set<McpTarget> spellings(McpTarget target) {
		if (target.kind() != Kind.RESOURCE) {
			return Set.of(target);
		}
		Set<McpTarget> spellings = new LinkedHashSet<>(List.of(target));
		String uri = target.name();
		for (int i = 0; i < MAX_DECODINGS; i++) {
			uri = withLowerCaseScheme(uri);
			spellings.add(McpTarget.resource(uri));
			spellings.add(McpTarget.resource(withoutDotSegments(uri, true)));
			spellings.add(McpTarget.resource(withoutDotSegments(uri, false)));
			String decoded = decode(uri);
			if (decoded.equals(uri)) {
				return spellings;
			}
			uri = decoded;
		}
		return Set.of();
	}

	private static String withLowerCaseScheme(String uri) {
		int colon = uri.indexOf(':');
		return (colon > 0) ? uri.substring(0, colon).toLowerCase(Locale.ROOT) + uri.substring(colon) : uri;
	}

	/**
	 * RFC 3986 section 5.2.4. Where the scheme is an application's own, what follows it
	 * may be meant as an authority, which stays, or as the first segment of the path.
	 */
	private static String withoutDotSegments(String uri, boolean authority) {
		int start = uri.indexOf("://");
		start = (start < 0) ? uri.indexOf(':') + 1 : start + 3;
		if (authority) {
			int path = uri.indexOf('/', start);
			start = (path < 0) ? uri.length() : path + 1;
		}
		int end = start;
		while (end < uri.length() && uri.charAt(end) != '?' && uri.charAt(end) != '#') {
			end++;
		}
		Deque<String> kept = new ArrayDeque<>();
		String[] segments = uri.substring(start, end).split("/", -1);
		for (int i = 0; i < segments.length; i++) {
			boolean up = segments[i].equals("..");
			if (up) {
				kept.pollLast();
			}
			if (!up && !segments[i].equals(".")) {
				kept.addLast(segments[i]);
			}
			else if (i == segments.length - 1) {
				kept.addLast("");
			}
		}
		return uri.substring(0, start) + String.join("/", kept) + uri.substring(end);
	}

	/**
	 * What is no encoding stays as it is, and does not keep the rest from being decoded.
	 */
	private static String decode(String uri) {
		if (uri.indexOf('%') < 0) {
			return uri;
		}
		byte[] bytes = uri.getBytes(StandardCharsets.UTF_8);
		ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
		for (int i = 0; i < bytes.length; i++) {
			int high = (bytes[i] == '%' && i + 2 < bytes.length) ? Character.digit(bytes[i + 1], 16) : -1;
			int low = (high >= 0) ? Character.digit(bytes[i + 2], 16) : -1;
			if (low >= 0) {
				decoded.write(high * 16 + low);
				i += 2;
			}
			else {
				decoded.write(bytes[i]);
			}
		}
		return decoded.toString(StandardCharsets.UTF_8);
	}

}
