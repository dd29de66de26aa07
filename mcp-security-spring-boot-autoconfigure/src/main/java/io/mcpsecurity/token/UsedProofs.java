package io.mcpsecurity.token;

import java.time.Duration;

import io.mcpsecurity.hash.Sha256;

/**
 * The DPoP proofs that were used, so that none is accepted again (RFC 9449 section 11.1).
 */
@FunctionalInterface
public interface UsedProofs {

	/**
	 * Add a proof, atomically.
	 * @param proof identifies the proof
	 * @param lifetime the time for which it is accepted otherwise, and must be kept
	 * @return whether it was added; {@code false} if it was used before
	 * @throws org.springframework.security.authentication.AuthenticationServiceException
	 * if that cannot be determined, so that the proof must not be accepted
	 */
	boolean add(Sha256 proof, Duration lifetime);

}
