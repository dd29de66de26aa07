package io.mcpsecurity.sample.authorizationserver;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/**
 * The redirect URIs that a client may use: with TLS, or on the user's own machine (OAuth
 * 2.1 section 2.3.1, RFC 8252 section 7.3). This excludes {@code javascript:} and similar
 * schemes, and schemes that any application on a device can register.
 */
final class RedirectUris {

	private static final int MAX_LENGTH = 512;

	private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

	private RedirectUris() {
	}

	static boolean isAcceptable(String redirectUri) {
		if (redirectUri.length() > MAX_LENGTH) {
			return false;
		}
		try {
			URI uri = new URI(redirectUri);
			if (uri.getScheme() == null || uri.getHost() == null || uri.getRawFragment() != null
					|| uri.getRawUserInfo() != null || !uri.toASCIIString().equals(redirectUri)) {
				return false;
			}
			return switch (uri.getScheme()) {
				case "https" -> true;
				case "http" -> isLoopback(uri);
				default -> false;
			};
		}
		catch (URISyntaxException ex) {
			return false;
		}
	}

	/**
	 * A description of the redirect URI for users. It contains only the host, which users
	 * can recognize; the client can choose the rest freely.
	 */
	static String destination(String redirectUri) {
		URI uri = URI.create(redirectUri);
		return isLoopback(uri) ? "an application on your own computer (" + uri.getRawAuthority() + ")"
				: uri.getRawAuthority();
	}

	/**
	 * The source expression of Content Security Policy that matches a redirect URI. Its
	 * grammar does not support IPv6 addresses, for which only the scheme is used.
	 */
	static String contentSecurityPolicySource(String redirectUri) {
		URI uri = URI.create(redirectUri);
		return uri.getHost().startsWith("[") ? uri.getScheme() + ":" : uri.getScheme() + "://" + uri.getRawAuthority();
	}

	private static boolean isLoopback(URI uri) {
		return LOOPBACK.contains(uri.getHost().toLowerCase(Locale.ROOT));
	}

}
