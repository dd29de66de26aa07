package io.mcpsecurity.ratelimit;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce.LettuceBasedProxyManagerBuilder;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.mcpsecurity.hash.Sha256;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Buckets in Redis, which several instances share, and keys that must be used only once.
 * A bucket expires when it is full.
 * <p>
 * No request waits for Redis longer than the timeout. After a timeout or an error,
 * requests do not use Redis until a new connection is open, which happens in the
 * background. An outage of Redis therefore does not delay requests, and no commands are
 * queued during it.
 */
public final class RedisStore implements BucketStore, AutoCloseable {

	private static final Log logger = LogFactory.getLog(RedisStore.class);

	private final AbstractRedisClient client;

	private final Settings settings;

	private final ScheduledExecutorService background;

	private volatile @Nullable Session session;

	/** Ensures that each outage is logged once, regardless of the number of attempts. */
	private final AtomicBoolean reported = new AtomicBoolean();

	/**
	 * Create a store.
	 * @param client connects to Redis. It must neither reconnect by itself nor queue
	 * commands while it is not connected. It is not closed by this store.
	 * @param settings timeouts and names
	 */
	public RedisStore(AbstractRedisClient client, Settings settings) {
		this.client = client;
		this.settings = settings;
		ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "mcp-rate-limit-redis");
			thread.setDaemon(true);
			return thread;
		});
		executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
		this.background = executor;
	}

	/** Connect. After a failure, connecting is retried in the background. */
	public void start() {
		connect();
	}

	@Override
	public Buckets buckets(Budget budget) {
		BucketConfiguration configuration = budget.configuration();
		return (key) -> take(key, () -> configuration);
	}

	private Taken take(Sha256 key, Supplier<BucketConfiguration> configuration) throws StoreUnavailableException {
		Session session = this.session;
		if (session == null) {
			throw new StoreUnavailableException();
		}
		try {
			ConsumptionProbe probe = session.buckets.builder()
				.build(name(key), configuration)
				.tryConsumeAndReturnRemaining(1);
			return new Taken(probe.isConsumed(), Duration.ofNanos(probe.getNanosToWaitForRefill()));
		}
		catch (RuntimeException ex) {
			lost(session, ex);
			throw new StoreUnavailableException();
		}
	}

	/**
	 * Add a key that expires.
	 * @return whether it was added; {@code false} if it is there already
	 * @throws StoreUnavailableException if Redis cannot be reached
	 */
	public boolean add(Sha256 key, Duration lifetime) throws StoreUnavailableException {
		Session session = this.session;
		if (session == null) {
			throw new StoreUnavailableException();
		}
		try {
			return session.commands.set(name(key), new byte[0], SetArgs.Builder.nx().px(lifetime))
				.get(this.settings.timeout().toNanos(), TimeUnit.NANOSECONDS) != null;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new StoreUnavailableException();
		}
		catch (ExecutionException | TimeoutException | RuntimeException ex) {
			lost(session, ex);
			throw new StoreUnavailableException();
		}
	}

	private byte[] name(Sha256 key) {
		return (this.settings.keyPrefix() + key).getBytes(StandardCharsets.UTF_8);
	}

	/** Whether a connection to Redis is open and has not failed. */
	public boolean isAvailable() {
		return this.session != null;
	}

	private synchronized void lost(Session lost, Exception failure) {
		if (this.session != lost) {
			return;
		}
		this.session = null;
		report(failure);
		// Other requests may still be waiting for responses on this connection.
		later(lost.connection::closeAsync, this.settings.timeout());
		// At once if the connection worked for a while, so that one timeout has little
		// effect.
		boolean wasGood = System.nanoTime() - lost.since > this.settings.retryInterval().toNanos();
		later(this::connect, wasGood ? Duration.ZERO : this.settings.retryInterval());
	}

	private void report(Exception failure) {
		if (this.reported.compareAndSet(false, true)) {
			logger.warn("The buckets of the rate limit in Redis cannot be reached: " + failure.getClass().getName());
		}
		logger.debug("Redis cannot be reached", failure);
	}

	private void connect() {
		StatefulConnection<byte[], byte[]> connection = null;
		try {
			Session opened = open();
			connection = opened.connection;
			opened.commands.ping().get(this.settings.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
			this.session = opened;
			if (this.reported.compareAndSet(true, false)) {
				logger.info("The buckets of the rate limit in Redis are reached again");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (Exception ex) {
			report(ex);
			if (connection != null) {
				connection.closeAsync();
			}
			later(this::connect, this.settings.retryInterval());
		}
	}

	private Session open() {
		if (this.client instanceof RedisClusterClient cluster) {
			// The nodes of the cluster may have changed.
			cluster.refreshPartitions();
			StatefulRedisClusterConnection<byte[], byte[]> connection = cluster.connect(ByteArrayCodec.INSTANCE);
			return new Session(connection, connection.async(), build(Bucket4jLettuce.casBasedBuilder(connection)),
					System.nanoTime());
		}
		StatefulRedisConnection<byte[], byte[]> connection = ((RedisClient) this.client)
			.connect(ByteArrayCodec.INSTANCE);
		return new Session(connection, connection.async(), build(Bucket4jLettuce.casBasedBuilder(connection)),
				System.nanoTime());
	}

	private ProxyManager<byte[]> build(LettuceBasedProxyManagerBuilder<byte[]> builder) {
		return builder.requestTimeout(this.settings.timeout())
			.expirationAfterWrite(
					ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(1)))
			.build();
	}

	private void later(Runnable task, Duration delay) {
		try {
			this.background.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The application is shutting down");
		}
	}

	@Override
	public void close() {
		this.background.shutdownNow();
		Session session = this.session;
		this.session = null;
		if (session != null) {
			session.connection.closeAsync();
		}
	}

	/**
	 * Settings for Redis.
	 *
	 * @param timeout the timeout of a command
	 * @param connectTimeout the timeout of the first response on a new connection
	 * @param retryInterval the time between attempts to connect
	 * @param keyPrefix the prefix of all keys
	 */
	public record Settings(Duration timeout, Duration connectTimeout, Duration retryInterval, String keyPrefix) {
	}

	/** A connection that is used until it fails. */
	private record Session(StatefulConnection<byte[], byte[]> connection,
			RedisClusterAsyncCommands<byte[], byte[]> commands, ProxyManager<byte[]> buckets, long since) {
	}

}
