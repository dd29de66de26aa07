package io.mcpsecurity.sample.authorizationserver;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/**
 * Where a client may have its answers sent: over TLS, or to the user's own machine (OAuth
 * 2.1 section 2.3.1, RFC 8252 section 7.3). That leaves out {@code javascript:} and its
 * like, and schemes that any application on a device can claim.
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
	 * Where the answer goes, as a user can judge it: the host is what he may recognize,
	 * the rest is the client's choice.
	 */
	static String destination(String redirectUri) {
		URI uri = URI.create(redirectUri);
		return isLoopback(uri) ? "an application on your own computer (" + uri.getRawAuthority() + ")"
				: uri.getRawAuthority();
	}

	/**
	 * The source expression of Content Security Policy that matches a redirect URI. Its
	 * grammar has no IPv6 addresses: there only the scheme remains.
	 */
	static String contentSecurityPolicySource(String redirectUri) {
		URI uri = URI.create(redirectUri);
		return uri.getHost().startsWith("[") ? uri.getScheme() + ":" : uri.getScheme() + "://" + uri.getRawAuthority();
	}

	private static boolean isLoopback(URI uri) {
		return LOOPBACK.contains(uri.getHost().toLowerCase(Locale.ROOT));
	}

}
