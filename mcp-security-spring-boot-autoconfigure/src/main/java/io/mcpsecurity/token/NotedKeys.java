package io.mcpsecurity.token;

import java.util.List;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import org.jspecify.annotations.Nullable;

/**
 * Records the keys that are passed to the decoder for one token. While the issuer's key
 * set contains the same keys, a verification would have the same result.
 */
final class NotedKeys implements JWKSource<SecurityContext> {

	private final IssuerKeys source;

	private JWKSelector selector = new JWKSelector(new JWKMatcher.Builder().build());

	private List<JWK> keys = List.of();

	/** The set in which the keys were found last. */
	private volatile @Nullable JWKSet found;

	NotedKeys(IssuerKeys source) {
		this.source = source;
	}

	@Override
	public List<JWK> get(JWKSelector selector, SecurityContext context) throws KeySourceException {
		this.selector = selector;
		this.keys = List.copyOf(this.source.get(selector, context));
		return this.keys;
	}

	/**
	 * Whether the issuer's set has the same keys for the token as before, with the same
	 * ids and material. The lookup is that of a verification, so it refreshes the set,
	 * and works during an outage, as without a cache.
	 * @throws KeySourceException if the keys are not available
	 */
	boolean areCurrent() throws KeySourceException {
		JWKSet current = this.source.current();
		if (current == this.found) {
			return true;
		}
		boolean same = !this.keys.isEmpty() && this.source.get(this.selector, null).equals(this.keys);
		if (same) {
			this.found = current;
		}
		return same;
	}

}
