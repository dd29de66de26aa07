package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Checks URIs of the configuration.
 *
 * @param insecureAllowed whether http is allowed for other machines
 */
record UriCheck(boolean insecureAllowed) {

	private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

	/**
	 * Require an absolute http or https URI with a host.
	 * @param property the name of the property
	 * @param value its value
	 */
	URI check(String property, String value) {
		URI uri = parse(property, value);
		if (uri.getScheme() == null || uri.getRawAuthority() == null || uri.getHost() == null) {
			throw CheckedProperties.invalid(property, value, "It is not an absolute URI with a host.");
		}
		if (uri.getRawFragment() != null) {
			throw CheckedProperties.invalid(property, value,
					"It has a fragment, which such an identifier must not have.");
		}
		if (uri.getRawUserInfo() != null) {
			throw CheckedProperties.invalid(property, value,
					"It has user information, which such an identifier must not have.");
		}
		boolean http = uri.getScheme().equals("http");
		if (!http && !uri.getScheme().equals("https")) {
			throw CheckedProperties.invalid(property, value, "It is neither an https nor an http URI.");
		}
		if (http && !LOOPBACK.contains(uri.getHost()) && !this.insecureAllowed) {
			throw CheckedProperties.invalid(property, value,
					"It uses http for another machine: tokens or keys could be read or replaced in transit. "
							+ "Use https, or set mcp-security.allow-insecure-http=true to allow that.");
		}
		return uri;
	}

	/** Require such a URI if the property is set. */
	@Nullable URI checkOptional(String property, @Nullable String value) {
		return (value != null) ? check(property, value) : null;
	}

	/** Require any URI. */
	static URI parse(String property, String value) {
		try {
			return new URI(value);
		}
		catch (URISyntaxException ex) {
			throw CheckedProperties.invalid(property, value, "It is not a URI: " + ex.getReason() + ".");
		}
	}

}
