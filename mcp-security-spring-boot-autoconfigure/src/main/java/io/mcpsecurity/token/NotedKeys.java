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
 * The keys that one token's signature is verified with, noted on their way from the
 * issuer's set to the decoder: as long as the set has the same keys for that token, its
 * verification would end the same.
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
	 * ids and the same material. The set is asked as a verification asks it, so it is
	 * refreshed, and serves on through an outage, as if there were no cache.
	 * @throws KeySourceException if the keys are not to be had
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
