package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.ratelimit.RateLimits;
import io.mcpsecurity.ratelimit.RedisStore;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Reports {@code DOWN} while the buckets in Redis cannot be reached: requests are not
 * limited then, or are refused.
 */
class RateLimitHealthIndicator extends AbstractHealthIndicator {

	private final RedisStore store;

	private final RateLimits.OnStoreFailure onStoreFailure;

	RateLimitHealthIndicator(RedisStore store, RateLimits.OnStoreFailure onStoreFailure) {
		super("The state of the rate limit could not be determined");
		this.store = store;
		this.onStoreFailure = onStoreFailure;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		boolean available = this.store.isAvailable();
		builder.status(available ? "UP" : "DOWN")
			.withDetail("redis", available ? "AVAILABLE" : "UNAVAILABLE")
			.withDetail("onStoreFailure", this.onStoreFailure);
	}

}
