package io.mcpsecurity.token;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The authorization servers whose tokens are accepted.
 *
 * @param keys the keys of each, in the order of configuration
 * @param profiles what the tokens of an issuer look like, by its identifier, where it is
 * not one of no particular kind
 * @param introspections the introspection endpoints that may be asked
 * @param extensions what the application says of JWTs
 */
public record AuthorizationServers(List<IssuerKeys> keys, Map<String, TokenProfile> profiles,
		Introspections introspections, TokenExtensions extensions) implements AutoCloseable {

	public AuthorizationServers {
		keys = List.copyOf(keys);
		profiles = Map.copyOf(profiles);
	}

	/**
	 * Authorization servers of no particular kind.
	 * @param keys the keys of each
	 */
	public AuthorizationServers(List<IssuerKeys> keys) {
		this(keys, Map.of(), Introspections.NONE, TokenExtensions.NONE);
	}

	/**
	 * What the tokens of an issuer look like.
	 */
	TokenProfile profile(String issuer) {
		return this.profiles.getOrDefault(issuer, Provider.GENERIC.profile());
	}

	/**
	 * The same, for an MCP endpoint whose tokens must name its resource identifier in
	 * {@code aud}.
	 */
	public AuthorizationServers forResourceOnly() {
		return new AuthorizationServers(this.keys, this.profiles.entrySet()
			.stream()
			.collect(
					Collectors.toUnmodifiableMap(Map.Entry::getKey, (profile) -> profile.getValue().forResourceOnly())),
				this.introspections, this.extensions);
	}

	/**
	 * Their issuer identifiers.
	 */
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
