package io.mcpsecurity.authorization;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
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
	 * percent-encoding undone and dot segments removed.
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
			spellings.add(McpTarget.resource(withoutDotSegments(uri)));
			String decoded = decode(uri);
			if (decoded.equals(uri)) {
				break;
			}
			uri = decoded;
		}
		return spellings;
	}

	private static String withLowerCaseScheme(String uri) {
		int colon = uri.indexOf(':');
		return (colon > 0) ? uri.substring(0, colon).toLowerCase(Locale.ROOT) + uri.substring(colon) : uri;
	}

	private static String withoutDotSegments(String uri) {
		try {
			return URI.create(uri).normalize().toString();
		}
		catch (IllegalArgumentException ex) {
			return uri;
		}
	}

	private static String decode(String uri) {
		try {
			return URLDecoder.decode(uri.replace("+", "%2B"), StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return uri;
		}
	}

}
