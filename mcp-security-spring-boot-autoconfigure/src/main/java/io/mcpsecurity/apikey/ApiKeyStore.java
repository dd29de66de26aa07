package io.mcpsecurity.apikey;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Stores the API keys that are created at run time. Implementations must be safe for use
 * by several threads. If a method throws an exception, it is unknown whether there is
 * such a key.
 */
public interface ApiKeyStore {

	/** The key with an id, read for each request, or {@code null} if there is none. */
	@Nullable ApiKey find(String id);

	/** All keys. */
	List<ApiKey> all();

	/** Add a key. */
	void add(ApiKey key);

	/**
	 * Make a key expire earlier.
	 * @param id the id of the key
	 * @param time the new time at which the key expires, unless it expires before
	 * @return whether there is such a key
	 */
	boolean expire(String id, Instant time);

	/**
	 * Remove a key.
	 * @return whether there was such a key
	 */
	boolean remove(String id);

}
