package io.mcpsecurity.transport;

import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The web origins whose pages may use an MCP endpoint (MCP Transports, "Security
 * Warning"). All other pages are refused, including pages that use DNS rebinding, or that
 * know the address of an MCP server.
 */
public final class AllowedOrigins {

	private final Set<Origin> origins;

	private final Set<String> schemes;

	private final boolean loopback;

	private AllowedOrigins(Set<Origin> origins, Set<String> schemes, boolean loopback) {
		this.origins = origins;
		this.schemes = schemes;
		this.loopback = loopback;
	}

	/**
	 * Allow the origin of a resource. If the resource is on this machine, also allow
	 * every origin of this machine, for clients in a developer's browser.
	 * @param resource the resource identifier
	 */
	public static AllowedOrigins of(URI resource) {
		Origin own = Origin.of(resource);
		return new AllowedOrigins(Set.of(own), Set.of(), own.isLoopback());
	}

	/**
	 * Allow certain origins.
	 * @param origins the origins, as an {@code Origin} header writes them, or
	 * {@code scheme://*} for all origins of a scheme that web pages do not use: browsers
	 * give each installation of an extension its own identifier
	 * @throws IllegalArgumentException if one of them is neither
	 */
	public static AllowedOrigins of(List<String> origins) {
		Set<Origin> allowed = new HashSet<>();
		Set<String> schemes = new HashSet<>();
		for (String origin : origins) {
			boolean all = origin.endsWith("://*");
			Origin parsed = Origin.parse(all ? origin.substring(0, origin.length() - 1) + "all" : origin)
				.filter((each) -> !all || !each.isOfWebPage())
				.orElseThrow(() -> new IllegalArgumentException(origin + " is not an origin"));
			if (all) {
				schemes.add(parsed.scheme());
			}
			else {
				allowed.add(parsed);
			}
		}
		return new AllowedOrigins(allowed, schemes, false);
	}

	/**
	 * Whether an origin is allowed.
	 * @param header the value of an {@code Origin} header
	 */
	boolean allow(String header) {
		return Origin.parse(header)
			.filter((origin) -> this.origins.contains(origin) || this.schemes.contains(origin.scheme())
					|| (this.loopback && origin.isLoopback()))
			.isPresent();
	}

}
