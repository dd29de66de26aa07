package io.mcpsecurity.downstream;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Where requests to a service may go: the scheme, host and port of its base URL, and the
 * paths below it.
 */
public final class Destination {

	/** More than any server decodes. */
	private static final int MAX_DECODINGS = 5;

	private static final Pattern ESCAPE = Pattern.compile("%([0-9A-Fa-f]{2})");

	private final URI base;

	private final String path;

	/**
	 * Create it.
	 * @param base the base URL, an absolute URI with a host
	 */
	public Destination(URI base) {
		this.base = base;
		String path = (base.getRawPath() != null) ? base.getRawPath() : "";
		this.path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
	}

	/** Whether requests may be sent to a URI. */
	boolean contains(URI uri) {
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		return origin(uri).equals(origin(this.base)) && uri.getRawUserInfo() == null
				&& (path.equals(this.path) || path.startsWith(this.path + "/")) && !climbs(path);
	}

	/** The scheme, host and port of a URI, in the same form for equal ones. */
	static String origin(URI uri) {
		String scheme = lower(uri.getScheme());
		int port = (uri.getPort() >= 0) ? uri.getPort() : scheme.equals("https") ? 443 : 80;
		return scheme + "://" + lower(uri.getHost()) + ":" + port;
	}

	private static String lower(@Nullable String text) {
		return (text != null) ? text.toLowerCase(Locale.ROOT) : "";
	}

	/**
	 * Whether a path has dot segments (RFC 3986 section 5.2.4), also percent-encoded,
	 * with parameters or between backslashes, which some servers remove. A percent sign
	 * that is not part of an escape does not end the decoding.
	 */
	private static boolean climbs(String path) {
		String decoded = path;
		for (int i = 0; i < MAX_DECODINGS && decoded.indexOf('%') >= 0; i++) {
			decoded = ESCAPE.matcher(decoded)
				.replaceAll((escape) -> Matcher
					.quoteReplacement(String.valueOf((char) Integer.parseInt(escape.group(1), 16))));
		}
		return Stream.of(decoded.split("[/\\\\]"))
			.map((segment) -> segment.split(";", 2)[0])
			.anyMatch((segment) -> segment.equals(".") || segment.equals(".."));
	}

}
