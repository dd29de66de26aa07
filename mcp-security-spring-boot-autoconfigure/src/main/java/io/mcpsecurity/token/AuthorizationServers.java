package io.mcpsecurity.token;

import java.util.List;

/**
 * The authorization servers whose tokens are accepted.
 *
 * @param keys the keys of each, in the order of configuration
 */
public record AuthorizationServers(List<IssuerKeys> keys) implements AutoCloseable {

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
