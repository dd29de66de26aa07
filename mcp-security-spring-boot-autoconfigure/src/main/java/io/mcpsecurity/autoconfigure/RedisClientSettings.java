package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.Optional;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.resource.ClientResources;

import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * An application's settings for Redis with other timeouts, and without automatic
 * reconnection and queued commands.
 */
final class RedisClientSettings implements LettuceClientConfiguration {

	private final LettuceClientConfiguration application;

	private final Duration connectTimeout;

	RedisClientSettings(LettuceClientConfiguration application, Duration connectTimeout) {
		this.application = application;
		this.connectTimeout = connectTimeout;
	}

	@Override
	public Optional<ClientOptions> getClientOptions() {
		ClientOptions options = this.application.getClientOptions().orElseGet(ClientOptions::create);
		return Optional.of(options.mutate()
			.autoReconnect(false)
			.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
			.socketOptions(options.getSocketOptions().mutate().connectTimeout(this.connectTimeout).build())
			.build());
	}

	/** Also the timeout for the first response of a new connection. */
	@Override
	public Duration getCommandTimeout() {
		return this.connectTimeout;
	}

	@Override
	public boolean isUseSsl() {
		return this.application.isUseSsl();
	}

	@Override
	public SslVerifyMode getVerifyMode() {
		return this.application.getVerifyMode();
	}

	@Override
	@Deprecated
	public boolean isVerifyPeer() {
		return getVerifyMode() != SslVerifyMode.NONE;
	}

	@Override
	public boolean isStartTls() {
		return this.application.isStartTls();
	}

	@Override
	public Optional<ClientResources> getClientResources() {
		return this.application.getClientResources();
	}

	@Override
	public Optional<String> getClientName() {
		return this.application.getClientName();
	}

	/** From the master, where the buckets are written. */
	@Override
	public Optional<ReadFrom> getReadFrom() {
		return Optional.empty();
	}

	@Override
	public Optional<RedisCredentialsProviderFactory> getRedisCredentialsProviderFactory() {
		return this.application.getRedisCredentialsProviderFactory();
	}

	@Override
	public Duration getShutdownTimeout() {
		return this.application.getShutdownTimeout();
	}

	@Override
	public Duration getShutdownQuietPeriod() {
		return this.application.getShutdownQuietPeriod();
	}

}
