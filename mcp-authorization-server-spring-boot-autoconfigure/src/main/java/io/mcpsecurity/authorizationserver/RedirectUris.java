package io.mcpsecurity.authorizationserver;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The redirect URIs that a client may use: with TLS, on the user's own machine, or with a
 * private-use scheme that is allowed (OAuth 2.1 section 2.3.1, RFC 8252 section 7). This
 * excludes {@code javascript:} and similar schemes.
 */
final class RedirectUris {

	/** What is accepted, for people. */
	static final String RULE = "Redirect URIs have https, or http on a loopback address, or an allowed private-use scheme, and no fragment.";

	static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

	private static final int MAX_LENGTH = 512;

	private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");

	/** Schemes that browsers handle themselves, or that carry content. */
	private static final Set<String> NOT_PRIVATE = Set.of("http", "https", "ws", "wss", "ftp", "file", "filesystem",
			"javascript", "vbscript", "data", "blob", "about", "mailto", "tel", "sms", "urn", "view-source", "jar",
			"intent", "chrome", "ms-settings", "search-ms", "ms-msdt");

	private final Set<String> privateUseSchemes;

	RedirectUris(Set<String> privateUseSchemes) {
		this.privateUseSchemes = privateUseSchemes;
	}

	/** Whether applications can use a scheme, in lower case, for themselves. */
	static boolean isPrivateUseScheme(String scheme) {
		return SCHEME.matcher(scheme).matches() && !NOT_PRIVATE.contains(scheme);
	}

	boolean isAcceptable(String redirectUri) {
		if (redirectUri.length() > MAX_LENGTH) {
			return false;
		}
		try {
			URI uri = new URI(redirectUri);
			if (uri.getScheme() == null || uri.isOpaque() || uri.getRawFragment() != null
					|| uri.getRawUserInfo() != null || !uri.toASCIIString().equals(redirectUri)) {
				return false;
			}
			return switch (uri.getScheme()) {
				case "https" -> uri.getHost() != null;
				case "http" -> isLoopback(uri);
				default -> this.privateUseSchemes.contains(uri.getScheme());
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
		if (isPrivateUseScheme(uri.getScheme())) {
			return "the application on your device that opens links with " + uri.getScheme() + ":";
		}
		return isLoopback(uri) ? "an application on your own computer (" + uri.getRawAuthority() + ")"
				: uri.getRawAuthority();
	}

	/**
	 * The source expression of Content Security Policy that matches a redirect URI. Its
	 * grammar supports neither IPv6 addresses nor private-use schemes with a host, for
	 * which only the scheme is used.
	 */
	static String contentSecurityPolicySource(String redirectUri) {
		URI uri = URI.create(redirectUri);
		return (isPrivateUseScheme(uri.getScheme()) || uri.getHost().startsWith("[")) ? uri.getScheme() + ":"
				: uri.getScheme() + "://" + uri.getRawAuthority();
	}

	static boolean isLoopback(URI uri) {
		return uri.getHost() != null && LOOPBACK.contains(uri.getHost().toLowerCase(Locale.ROOT));
	}

}
