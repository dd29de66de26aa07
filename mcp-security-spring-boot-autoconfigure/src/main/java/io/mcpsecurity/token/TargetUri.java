package io.mcpsecurity.token;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The URI of a request for comparison with the {@code htu} of a DPoP proof: without query
 * and fragment (RFC 9449 section 4.3), and normalized by its syntax and scheme (RFC 3986
 * sections 6.2.2 and 6.2.3).
 */
final class TargetUri {

	private static final Pattern ENCODED = Pattern.compile("%([0-9A-Fa-f]{2})");

	private static final Pattern UNRESERVED = Pattern.compile("[A-Za-z0-9._~-]");

	private TargetUri() {
	}

	/**
	 * The normalized form, or {@code null} if the text is not an absolute URI with a
	 * host.
	 */
	static @Nullable String of(String text) {
		try {
			URI uri = new URI(text).normalize();
			if (uri.getScheme() == null || uri.getHost() == null || uri.getRawUserInfo() != null) {
				return null;
			}
			String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
			String path = ENCODED.matcher(uri.getRawPath())
				.replaceAll((encoded) -> decoded((char) Integer.parseInt(encoded.group(1), 16), encoded.group()));
			return scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + port(scheme, uri.getPort())
					+ (path.isEmpty() ? "/" : path);
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	private static String decoded(char character, String encoded) {
		String decoded = String.valueOf(character);
		return UNRESERVED.matcher(decoded).matches() ? decoded : encoded.toUpperCase(Locale.ROOT);
	}

	private static String port(String scheme, int port) {
		boolean standard = port == -1 || port == (scheme.equals("https") ? 443 : 80);
		return standard ? "" : ":" + port;
	}

}
