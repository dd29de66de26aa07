package io.mcpsecurity.audit;

import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ids of events: UUIDs of version 8 (RFC 9562 section 5.8), which nobody need guess and
 * no two of which are the same. One half is random and that of this server since its
 * start, the other counts: random numbers for each would be asked of one source by all
 * threads.
 */
final class EventIds {

	private static final long VERSION_8 = 0x8000L;

	private static final long VARIANT = 0x8000_0000_0000_0000L;

	private final long server = (new SecureRandom().nextLong() & ~0xF000L) | VERSION_8;

	private final AtomicLong count = new AtomicLong();

	String next() {
		return new UUID(this.server, VARIANT | this.count.getAndIncrement()).toString();
	}

}
