package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The policies of the MCP endpoints of an application, which has one endpoint, or several
 * endpoints with their own rules.
 */
public final class AccessPolicies {

	private final AccessPolicy main;

	private final Map<String, AccessPolicy> others;

	/**
	 * Create the policies.
	 * @param main the policy of the endpoint that Spring AI configures
	 * @param others the policies of further endpoints, by resource identifier
	 */
	public AccessPolicies(AccessPolicy main, Map<String, AccessPolicy> others) {
		this.main = main;
		this.others = Map.copyOf(others);
	}

	/**
	 * The policy of an endpoint.
	 * @param resource its resource identifier, or {@code null} for a call that did not
	 * come through an endpoint
	 */
	public AccessPolicy of(@Nullable String resource) {
		return (resource != null) ? this.others.getOrDefault(resource, this.main) : this.main;
	}

	/** The policies of all endpoints, the main one first. */
	public List<AccessPolicy> all() {
		return Stream.concat(Stream.of(this.main), this.others.values().stream()).toList();
	}

}
