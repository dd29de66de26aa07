package io.mcpsecurity.authorization;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Operations on the text of a URI, each of which gives the text as somebody may read it,
 * and the text itself where there is nothing to change. What is no well-formed URI is
 * read as far as it goes.
 */
final class UriText {

	/** The ports that say nothing, by the schemes whose authority is surely a host. */
	private static final Map<String, String> DEFAULT_PORTS = Map.of("http", "80", "https", "443", "ws", "80", "wss",
			"443", "ftp", "21");

	private UriText() {
	}

	/**
	 * Where the scheme ends, which is at the beginning if there is none.
	 */
	private static int endOfScheme(String uri) {
		int colon = uri.indexOf(':');
		return (colon > 0 && uri.lastIndexOf('/', colon) < 0) ? colon : 0;
	}

	/**
	 * Where the authority begins, or the path if there is no authority.
	 */
	private static int start(String uri) {
		int end = endOfScheme(uri);
		return uri.startsWith("://", end) ? end + 3 : (end > 0) ? end + 1 : 0;
	}

	/**
	 * Where the authority ends, which is where it begins if there is none.
	 */
	private static int endOfAuthority(String uri) {
		int start = start(uri);
		return uri.startsWith("://", start - 3) ? end(uri, start, "/?#") : start;
	}

	private static int end(String uri, int start, String delimiters) {
		int end = start;
		while (end < uri.length() && delimiters.indexOf(uri.charAt(end)) < 0) {
			end++;
		}
		return end;
	}

	/**
	 * Whether nothing can be meant but what is written; quick, and no for some URIs of
	 * which it is so.
	 */
	static boolean isPlain(String uri) {
		int colon = uri.indexOf(':');
		if (colon < 1 || !uri.startsWith("://", colon)) {
			return false;
		}
		boolean authority = true;
		char before = '/';
		for (int i = 0; i < uri.length(); i++) {
			char c = uri.charAt(i);
			boolean separator = i >= colon && i < colon + 3;
			if (c == '%' || c == '+' || c == '\\' || c == '?' || c == '#') {
				return false;
			}
			if (c == '/' && !separator) {
				if (i < colon || before == '/' || (authority && before == '.') || i == uri.length() - 1) {
					return false;
				}
				authority = false;
			}
			if (c == '.' && before == '/') {
				return false;
			}
			if (authority && (Character.toLowerCase(c) != c || c == '@' || (c == ':' && !separator))) {
				return false;
			}
			before = c;
		}
		return !authority || before != '.';
	}

	private static String scheme(String uri) {
		return uri.substring(0, endOfScheme(uri)).toLowerCase(Locale.ROOT);
	}

	static String withLowerCaseScheme(String uri) {
		int end = endOfScheme(uri);
		for (int i = 0; i < end; i++) {
			if (Character.toLowerCase(uri.charAt(i)) != uri.charAt(i)) {
				return scheme(uri) + uri.substring(end);
			}
		}
		return uri;
	}

	/**
	 * Without percent-encoding in UTF-8, of which what is malformed stays as it is and
	 * does not keep the rest from being decoded.
	 */
	static String decoded(String uri) {
		if (uri.indexOf('%') < 0) {
			return uri;
		}
		StringBuilder decoded = new StringBuilder(uri.length());
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		int i = 0;
		while (i < uri.length()) {
			for (int octet = octet(uri, i); octet >= 0; octet = octet(uri, i)) {
				bytes.write(octet);
				i += 3;
			}
			decoded.append(bytes.toString(StandardCharsets.UTF_8));
			bytes.reset();
			if (i < uri.length()) {
				decoded.append(uri.charAt(i));
				i++;
			}
		}
		return decoded.toString();
	}

	/**
	 * The byte that is encoded at a place, or -1.
	 */
	private static int octet(String uri, int at) {
		if (at + 2 >= uri.length() || uri.charAt(at) != '%') {
			return -1;
		}
		int high = Character.digit(uri.charAt(at + 1), 16);
		int low = Character.digit(uri.charAt(at + 2), 16);
		return (high >= 0 && low >= 0) ? high * 16 + low : -1;
	}

	/**
	 * As forms are encoded, and as {@link java.net.URLDecoder} decodes.
	 */
	static String withSpacesForPluses(String uri) {
		return uri.replace('+', ' ');
	}

	/**
	 * As browsers and Windows read it.
	 */
	static String withSlashesForBackslashes(String uri) {
		return uri.replace('\\', '/');
	}

	/**
	 * RFC 3986 section 5.2.4. Where the scheme is an application's own, what follows it
	 * may be meant as an authority, which stays, or as the first segment of the path. And
	 * to a file system a query is no end of the path.
	 * @param authority whether there is an authority
	 * @param query whether a query or fragment ends the path
	 * @return {@code null} if that leads above the top
	 */
	static @Nullable String withoutDotSegments(String uri, boolean authority, boolean query) {
		int start = authority ? endOfAuthority(uri) + 1 : start(uri);
		boolean path = !authority || uri.startsWith("/", start - 1);
		if (!path || (!uri.startsWith(".", start) && uri.indexOf("/.", start) < 0)) {
			return uri;
		}
		int end = query ? end(uri, start, "?#") : uri.length();
		Deque<String> kept = new ArrayDeque<>();
		String[] segments = uri.substring(start, end).split("/", -1);
		for (int i = 0; i < segments.length; i++) {
			boolean up = segments[i].equals("..");
			if (up && kept.pollLast() == null) {
				return null;
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
	 * As file systems read slashes that follow one another.
	 */
	static String withoutEmptySegments(String uri) {
		int start = start(uri);
		if (!uri.startsWith("/", start) && uri.indexOf("//", start) < 0) {
			return uri;
		}
		StringBuilder kept = new StringBuilder(uri.substring(0, start));
		for (int i = start; i < uri.length(); i++) {
			boolean empty = uri.charAt(i) == '/' && (i == start || uri.charAt(i - 1) == '/');
			if (!empty) {
				kept.append(uri.charAt(i));
			}
		}
		return kept.toString();
	}

	static String withoutTrailingSlash(String uri) {
		return (uri.endsWith("/") && uri.length() - 1 > start(uri)) ? uri.substring(0, uri.length() - 1) : uri;
	}

	static String withoutQuery(String uri) {
		int end = end(uri, start(uri), "?#");
		return (end < uri.length()) ? uri.substring(0, end) : uri;
	}

	/**
	 * Whether the scheme is one whose authority is surely a host.
	 */
	static boolean isOfHost(String uri) {
		return DEFAULT_PORTS.containsKey(scheme(uri));
	}

	/**
	 * With the host in lower case and without a port that is as good as missing: the
	 * default one or an empty one (RFC 3986 sections 3.2.2 and 6.2.3).
	 */
	static String withPlainHost(String uri) {
		int start = start(uri);
		String authority = uri.substring(start, endOfAuthority(uri));
		int host = authority.lastIndexOf('@') + 1;
		int port = port(authority);
		String plain = authority.substring(0, host) + authority.substring(host, port).toLowerCase(Locale.ROOT)
				+ (isDefaultPort(uri, authority.substring(port)) ? "" : authority.substring(port));
		return plain.equals(authority) ? uri
				: uri.substring(0, start) + plain + uri.substring(start + authority.length());
	}

	/**
	 * Without the dot of the root at the end of the host (RFC 3986 section 3.2.2).
	 */
	static String withoutRootDot(String uri) {
		int start = start(uri);
		int end = start + port(uri.substring(start, endOfAuthority(uri)));
		int kept = end;
		while (kept > start && uri.charAt(kept - 1) == '.') {
			kept--;
		}
		return (kept < end) ? uri.substring(0, kept) + uri.substring(end) : uri;
	}

	/**
	 * Where the port begins with its colon, which is at the end if there is none.
	 */
	private static int port(String authority) {
		int colon = authority.lastIndexOf(':');
		boolean other = colon <= authority.lastIndexOf('@') || authority.indexOf(']', colon) > 0;
		return other ? authority.length() : colon;
	}

	private static boolean isDefaultPort(String uri, String port) {
		int digits = 0;
		while (digits < port.length() && ":0".indexOf(port.charAt(digits)) >= 0) {
			digits++;
		}
		return port.length() == digits || port.substring(digits).equals(DEFAULT_PORTS.get(scheme(uri)));
	}

	static String withoutUserInfo(String uri) {
		int start = start(uri);
		int at = uri.lastIndexOf('@', endOfAuthority(uri) - 1);
		return (at >= start) ? uri.substring(0, start) + uri.substring(at + 1) : uri;
	}

}
