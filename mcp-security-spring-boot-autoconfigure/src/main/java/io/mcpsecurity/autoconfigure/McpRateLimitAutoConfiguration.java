package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;

import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.AbstractRedisClient;
import io.mcpsecurity.actuate.RateLimitMetrics;
import io.mcpsecurity.ratelimit.BucketStore;
import io.mcpsecurity.ratelimit.LocalStore;
import io.mcpsecurity.ratelimit.RateLimits;
import io.mcpsecurity.ratelimit.RedisStore;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.token.LocalUsedProofs;
import io.mcpsecurity.token.UsedProofs;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.security.authentication.AuthenticationServiceException;

/**
 * Auto-configuration of rate limits, their buckets, and their health and metrics, and of
 * the used DPoP proofs, which are in the same store.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class,
		afterName = "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration")
@ConditionalOnBean(CheckedProperties.class)
public final class McpRateLimitAutoConfiguration {

	private static final Log logger = LogFactory.getLog(McpRateLimitAutoConfiguration.class);

	private static final String STORE = PropertyBinder.PREFIX + ".rate-limit.store";

	private static final String CONDITION = PropertyBinder.CONDITION + "rate-limit.store";

	/**
	 * The time between attempts to connect to Redis: short enough that requests are soon
	 * accepted again, and no load for a server that starts.
	 */
	private static final Duration RETRY_INTERVAL = Duration.ofSeconds(1);

	@Bean
	RequestLimits mcpRequestLimits(CheckedProperties checked, McpSecurityProperties properties,
			ObjectProvider<BucketStore> store) {
		RateLimitSettings settings = checked.rateLimit();
		RateLimits rules = new RateLimits(settings.rules(), store.getIfAvailable(() -> {
			throw CheckedProperties.invalid(STORE, properties.rateLimit().store(),
					"It needs libraries that are missing. Add org.springframework.boot:spring-boot-starter-data-redis and "
							+ "com.bucket4j:bucket4j_jdk17-lettuce to the application, or remove the property.");
		}), properties.rateLimit().onStoreFailure());
		return new RequestLimits(rules, settings.failures(), settings.calls(), settings.streams());
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = CONDITION, havingValue = "local", matchIfMissing = true)
	static class LocalConfiguration {

		@Bean
		LocalStore mcpRateLimitStore(CheckedProperties checked, McpSecurityProperties properties) {
			return new LocalStore(properties.rateLimit().maxBuckets());
		}

		@Bean
		UsedProofs mcpUsedProofs(CheckedProperties checked, McpSecurityProperties properties) {
			return new LocalUsedProofs(properties.dpop().maxProofs());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = CONDITION, havingValue = "redis")
	@ConditionalOnClass({ LettuceConnectionFactory.class, DataRedisConnectionDetails.class, AbstractRedisClient.class,
			Bucket4jLettuce.class })
	static class RedisStoreConfiguration implements DisposableBean {

		private final LettuceConnectionFactory connections;

		private final McpSecurityProperties.RateLimit properties;

		/**
		 * Creates a client with the address and credentials of the application's client
		 * and other timeouts. It is not a bean, because there would be two connection
		 * factories.
		 */
		RedisStoreConfiguration(CheckedProperties checked, McpSecurityProperties properties,
				ObjectProvider<LettuceConnectionFactory> application,
				ObjectProvider<DataRedisConnectionDetails> details) {
			this.properties = properties.rateLimit();
			LettuceConnectionFactory factory = application.getIfUnique();
			if (factory == null) {
				throw CheckedProperties.invalid(STORE, this.properties.store(),
						"It needs one bean of type LettuceConnectionFactory, and there is none, or several. "
								+ "Set spring.data.redis.url, or define a primary LettuceConnectionFactory.");
			}
			if (details.stream().anyMatch((each) -> each.getMasterReplica() != null)) {
				throw CheckedProperties.invalid(STORE, this.properties.store(),
						"It does not work with spring.data.redis.masterreplica. "
								+ "Set spring.data.redis.url to the master, or use a sentinel or a cluster.");
			}
			this.connections = new LettuceConnectionFactory(configuration(factory), new RedisClientSettings(
					factory.getClientConfiguration(), this.properties.redis().connectTimeout()));
			this.connections.start();
		}

		private static RedisConfiguration configuration(LettuceConnectionFactory application) {
			return Stream
				.of(application.getClusterConfiguration(), application.getSentinelConfiguration(),
						application.getSocketConfiguration(), application.getStandaloneConfiguration())
				.filter(Objects::nonNull)
				.findFirst()
				.orElseThrow();
		}

		@Bean(initMethod = "start")
		RedisStore mcpRateLimitStore() {
			McpSecurityProperties.RateLimit.Redis redis = this.properties.redis();
			if (this.properties.onStoreFailure() == RateLimits.OnStoreFailure.ALLOW) {
				logger.warn("Rate limits do not hold while Redis cannot be reached "
						+ "(mcp-security.rate-limit.on-store-failure=allow)");
			}
			return new RedisStore(this.connections.getRequiredNativeClient(), new RedisStore.Settings(redis.timeout(),
					redis.connectTimeout(), RETRY_INTERVAL, redis.keyPrefix()));
		}

		/** Shared, so that a proof is not accepted by another instance again. */
		@Bean
		UsedProofs mcpUsedProofs(RedisStore store) {
			return (proof, lifetime) -> {
				try {
					return store.add(proof, lifetime);
				}
				catch (BucketStore.StoreUnavailableException ex) {
					throw new AuthenticationServiceException("Redis cannot be reached", ex);
				}
			};
		}

		@Override
		public void destroy() {
			this.connections.destroy();
		}

		@Configuration(proxyBeanMethods = false)
		@ConditionalOnClass(HealthIndicator.class)
		static class HealthConfiguration {

			@Bean
			@ConditionalOnMissingBean(name = "mcpSecurityRateLimitHealthIndicator")
			@ConditionalOnEnabledHealthIndicator("mcp-security-rate-limit")
			HealthIndicator mcpSecurityRateLimitHealthIndicator(RedisStore store, McpSecurityProperties properties) {
				return new RateLimitHealthIndicator(store, properties.rateLimit().onStoreFailure());
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetricsConfiguration {

		@Bean
		RateLimitMetrics mcpRateLimitMetrics(RequestLimits limits) {
			return new RateLimitMetrics(limits);
		}

	}

}
