package io.mcpsecurity.token;

import java.time.Duration;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.hash.Sha256;

import org.springframework.security.authentication.AuthenticationServiceException;

/**
 * Used proofs in the memory of this instance. A proof is kept until it is too old to be
 * accepted, and never evicted before: if there is no capacity, further proofs cannot be
 * checked.
 */
public final class LocalUsedProofs implements UsedProofs {

	private final int maxSize;

	private final Cache<Sha256, Duration> proofs;

	/**
	 * Create without proofs.
	 * @param maxSize the maximum number of proofs, which can be exceeded by the number of
	 * threads
	 */
	public LocalUsedProofs(int maxSize) {
		this(maxSize, Ticker.systemTicker());
	}

	LocalUsedProofs(int maxSize, Ticker ticker) {
		this.maxSize = maxSize;
		this.proofs = Caffeine.newBuilder()
			.expireAfter(Expiry.<Sha256, Duration>creating((proof, lifetime) -> lifetime))
			.ticker(ticker)
			// Maintained by the threads of requests.
			.executor(Runnable::run)
			.build();
	}

	@Override
	public boolean add(Sha256 proof, Duration lifetime) {
		if (this.proofs.estimatedSize() >= this.maxSize) {
			this.proofs.cleanUp();
			if (this.proofs.estimatedSize() >= this.maxSize) {
				throw new AuthenticationServiceException("There are too many DPoP proofs");
			}
		}
		return this.proofs.asMap().putIfAbsent(proof, lifetime) == null;
	}

}
