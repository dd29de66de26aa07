package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.util.List;

import com.nimbusds.jose.jwk.JWK;

/**
 * Stores the private keys that sign access tokens. Its text, for the log, says where.
 */
interface SigningKeyStore {

	/** Stores nothing, so that the keys change with each start. */
	SigningKeyStore NONE = new SigningKeyStore() {

		@Override
		public List<JWK> read(List<JWK> present) {
			return present;
		}

		@Override
		public List<JWK> write(List<JWK> present, List<JWK> next) {
			return next;
		}

	};

	/**
	 * Read the keys again, if another instance can have changed them.
	 * @param present the keys that were read or written last; empty at the start
	 * @throws IOException if the store fails or contains other keys
	 */
	List<JWK> read(List<JWK> present) throws IOException;

	/**
	 * Replace the keys.
	 * @param present the keys that were read or written last
	 * @param next the keys that replace them
	 * @return the keys that the store has now; those of another instance, if it has
	 * changed them in the meantime
	 * @throws IOException if the store fails
	 */
	List<JWK> write(List<JWK> present, List<JWK> next) throws IOException;

}
