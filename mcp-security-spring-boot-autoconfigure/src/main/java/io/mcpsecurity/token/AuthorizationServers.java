package io.mcpsecurity.token;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The authorization servers whose tokens are accepted.
 *
 * @param keys the keys of each, in the order of configuration
 * @param profiles the token profiles by issuer identifier, except the generic one
 * @param introspections the introspection endpoints
 * @param extensions the extensions of the application
 */
public record AuthorizationServers(List<IssuerKeys> keys, Map<String, TokenProfile> profiles,
		Introspections introspections, TokenExtensions extensions) implements AutoCloseable {

	public AuthorizationServers {
		keys = List.copyOf(keys);
		profiles = Map.copyOf(profiles);
	}

	TokenProfile profile(String issuer) {
		return this.profiles.getOrDefault(issuer, Provider.GENERIC.profile());
	}

	/**
	 * The same, for an MCP endpoint whose tokens must contain its resource identifier in
	 * {@code aud}.
	 */
	public AuthorizationServers forResourceOnly() {
		return new AuthorizationServers(this.keys, this.profiles.entrySet()
			.stream()
			.collect(
					Collectors.toUnmodifiableMap(Map.Entry::getKey, (profile) -> profile.getValue().forResourceOnly())),
				this.introspections, this.extensions);
	}

	/** Their issuer identifiers. */
	public List<String> issuers() {
		return this.keys.stream().map(IssuerKeys::issuer).toList();
	}

	@Override
	public void close() {
		for (IssuerKeys issuer : this.keys) {
			issuer.close();
		}
	}

}
