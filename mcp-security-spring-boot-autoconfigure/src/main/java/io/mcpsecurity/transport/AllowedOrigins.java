package io.mcpsecurity.transport;

import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The web origins whose pages may use an MCP endpoint, and no others (MCP Transports,
 * "Security Warning"): a page that has its name lead to this machine, or that knows where
 * an MCP server runs, is kept out.
 */
public final class AllowedOrigins {

	private final Set<Origin> origins;

	private final boolean loopback;

	private AllowedOrigins(Set<Origin> origins, boolean loopback) {
		this.origins = origins;
		this.loopback = loopback;
	}

	/**
	 * Allow the origin of a resource and, when the resource is on this machine, every
	 * origin of this machine: there a client in a browser is a developer's own.
	 * @param resource the resource identifier
	 */
	public static AllowedOrigins of(URI resource) {
		Origin own = Origin.of(resource);
		return new AllowedOrigins(Set.of(own), own.isLoopback());
	}

	/**
	 * Allow certain origins.
	 * @param origins the origins, as an {@code Origin} header writes them
	 * @throws IllegalArgumentException if one of them is no origin
	 */
	public static AllowedOrigins of(List<String> origins) {
		return new AllowedOrigins(origins.stream()
			.map((origin) -> Origin.parse(origin)
				.orElseThrow(() -> new IllegalArgumentException(origin + " is not an origin")))
			.collect(Collectors.toUnmodifiableSet()), false);
	}

	/**
	 * Whether an origin is allowed.
	 * @param header the value of an {@code Origin} header
	 */
	boolean allow(String header) {
		return Origin.parse(header)
			.filter((origin) -> this.origins.contains(origin) || (this.loopback && origin.isLoopback()))
			.isPresent();
	}

}
