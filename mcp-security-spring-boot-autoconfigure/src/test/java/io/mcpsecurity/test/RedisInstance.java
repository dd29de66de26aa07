package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;

import redis.embedded.RedisServer;

import org.springframework.test.util.TestSocketUtils;

/**
 * A Redis on a free port that can be stopped and started again, and keeps nothing.
 */
public final class RedisInstance implements AutoCloseable {

	private final int port = TestSocketUtils.findAvailableTcpPort();

	private RedisServer server;

	private RedisInstance() {
		this.server = run();
	}

	public static RedisInstance launch() {
		return new RedisInstance();
	}

	public int port() {
		return this.port;
	}

	public void stop() {
		try {
			this.server.stop();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Start again, empty, at the same port.
	 */
	public void start() {
		this.server = run();
	}

	private RedisServer run() {
		try {
			RedisServer server = RedisServer.newRedisServer()
				.port(this.port)
				.bind("127.0.0.1")
				.setting("save \"\"")
				.setting("appendonly no")
				.onShutdownForceStop(true)
				.build();
			server.start();
			return server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		stop();
	}

}
