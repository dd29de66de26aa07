package io.mcpsecurity.transport;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * A web origin (RFC 6454 section 4). Two origins are equal if all three parts are equal.
 *
 * @param scheme the scheme in lower case
 * @param host the host in lower case, an IPv6 address in normalized form
 * @param port the port, by default that of the scheme; -1 if the scheme has none
 */
public record Origin(String scheme, String host, int port) {

	private static final Pattern FORM = Pattern
		.compile("([A-Za-z][A-Za-z0-9+.-]*)://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::([0-9]{1,5}))?");

	private static final Map<String, Integer> PORTS = Map.of("http", 80, "https", 443);

	private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[0:0:0:0:0:0:0:1]");

	private static final int MAX_PORT = 65535;

	/**
	 * Read the value of an {@code Origin} header (RFC 6454 section 6.1).
	 * @param text the value
	 * @return the origin, or empty for anything else, including the opaque origin
	 * {@code null}
	 */
	public static Optional<Origin> parse(String text) {
		Matcher matcher = FORM.matcher(text);
		if (!matcher.matches()) {
			return Optional.empty();
		}
		String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
		String host = host(matcher.group(2));
		String port = matcher.group(3);
		int number = (port != null) ? Integer.parseInt(port) : PORTS.getOrDefault(scheme, -1);
		return (host != null && number <= MAX_PORT) ? Optional.of(new Origin(scheme, host, number)) : Optional.empty();
	}

	/**
	 * The origin of a URI.
	 * @param uri an absolute URI with a host
	 */
	public static Origin of(URI uri) {
		String port = (uri.getPort() != -1) ? ":" + uri.getPort() : "";
		return parse(uri.getScheme() + "://" + uri.getHost() + port)
			.orElseThrow(() -> new IllegalArgumentException("No origin: " + uri));
	}

	/** Whether pages of web sites can have this origin. */
	boolean isOfWebPage() {
		return PORTS.containsKey(this.scheme);
	}

	/** Whether it is an origin of this machine, on any port. */
	boolean isLoopback() {
		return isOfWebPage() && LOOPBACK.contains(this.host);
	}

	/**
	 * A host in normalized form for comparison, or {@code null} if it is not a host.
	 * @param text a name, an IPv4 address, or an IPv6 address in brackets
	 */
	static @Nullable String host(String text) {
		if (!text.startsWith("[")) {
			return text.toLowerCase(Locale.ROOT);
		}
		try {
			// In brackets, only an address is accepted, and names are not resolved.
			return "[" + InetAddress.getByName(text).getHostAddress() + "]";
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

}
