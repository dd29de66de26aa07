package io.mcpsecurity.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.jspecify.annotations.Nullable;

/**
 * A sink that keeps what it is given, and fails or hangs when told to.
 */
final class TestSink implements AuditSink {

	private final String name;

	private final List<McpAuditEvent> written = new ArrayList<>();

	private final List<List<McpAuditEvent>> batches = new ArrayList<>();

	private final List<Long> times = new ArrayList<>();

	private volatile Behaviour behaviour = (batch) -> {
	};

	private volatile @Nullable CountDownLatch hang;

	TestSink(String name) {
		this.name = name;
	}

	@Override
	public String name() {
		return this.name;
	}

	@Override
	public void write(List<McpAuditEvent> events) throws Exception {
		synchronized (this) {
			this.batches.add(events);
			this.times.add(System.nanoTime());
		}
		CountDownLatch latch = this.hang;
		if (latch != null) {
			latch.await();
		}
		this.behaviour.before(events);
		synchronized (this) {
			this.written.addAll(events);
		}
	}

	/**
	 * Do something before each batch is kept.
	 */
	void behave(Behaviour behaviour) {
		this.behaviour = behaviour;
	}

	void fail() {
		behave((batch) -> {
			throw new IllegalStateException("the password is swordfish");
		});
	}

	void work() {
		behave((batch) -> {
		});
		release();
	}

	/**
	 * Hang in every write from now on, until {@link #release()}.
	 */
	void hang() {
		this.hang = new CountDownLatch(1);
	}

	void release() {
		CountDownLatch latch = this.hang;
		this.hang = null;
		if (latch != null) {
			latch.countDown();
		}
	}

	/**
	 * The ids of the events written.
	 */
	synchronized List<String> written() {
		return this.written.stream().map(McpAuditEvent::id).toList();
	}

	/**
	 * The batches given, whether written or not.
	 */
	synchronized List<List<String>> batches() {
		return this.batches.stream().map((batch) -> batch.stream().map(McpAuditEvent::id).toList()).toList();
	}

	/**
	 * When each batch was given, in nanoseconds.
	 */
	synchronized List<Long> times() {
		return List.copyOf(this.times);
	}

	interface Behaviour {

		void before(List<McpAuditEvent> batch) throws Exception;

	}

}
