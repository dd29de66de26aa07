package io.mcpsecurity.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mcpsecurity.audit.AuditTrail.OnFailure;
import io.mcpsecurity.audit.AuditTrail.OnOverflow;
import io.mcpsecurity.audit.AuditTrail.Settings;
import io.mcpsecurity.exchange.UnrecordableCallException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What tests of an audit trail share: trails that are closed after each, two sinks, the
 * log, and threads.
 */
@Timeout(60)
abstract class AuditTrailFixture {

	static final Duration AGES = Duration.ofSeconds(30);

	static final Duration MOMENT = Duration.ofMillis(200);

	final Logger logger = (Logger) LoggerFactory.getLogger(AuditTrail.class);

	final ListAppender<ILoggingEvent> log = new ListAppender<>();

	final TestSink sink = new TestSink("first");

	final TestSink other = new TestSink("second");

	private final List<AuditTrail> trails = new ArrayList<>();

	@BeforeEach
	void listen() {
		this.log.start();
		this.logger.setLevel(Level.INFO);
		this.logger.addAppender(this.log);
		this.logger.setAdditive(false);
	}

	@AfterEach
	void close() {
		this.sink.work();
		this.other.work();
		this.trails.forEach(AuditTrail::close);
		this.logger.detachAppender(this.log);
		this.logger.setLevel(null);
		this.logger.setAdditive(true);
	}

	AuditTrail trail(Settings settings, TestSink... sinks) {
		AuditTrail trail = new AuditTrail(List.of(sinks), settings);
		this.trails.add(trail);
		return trail;
	}

	static Settings settings(int capacity, OnOverflow onOverflow, OnFailure onFailure, Duration block) {
		return new Settings(capacity, 500, onOverflow, onFailure, block, AGES);
	}

	static McpAuditEvent event(String id) {
		return new McpAuditEvent(id, Instant.EPOCH, McpAuditEvent.Type.MCP_CALL, "alice", Map.of());
	}

	static List<String> ids(int from, int to) {
		return IntStream.range(from, to).mapToObj(String::valueOf).toList();
	}

	static void assertRefused(AuditTrail trail) {
		assertThatExceptionOfType(UnrecordableCallException.class).isThrownBy(trail::reserve);
	}

	static boolean isWriterOf(Thread thread, String sink) {
		return thread.getName().equals("mcp-audit-" + sink);
	}

	static void throwSomething(int dice) throws Exception {
		switch (dice) {
			case 0 -> throw new OutOfMemoryError("as a test");
			case 1 -> throw new NoClassDefFoundError("as a test");
			case 2 -> throw new InterruptedException("as a test");
			default -> throw new IllegalStateException("as a test");
		}
	}

	static Duration time(Runnable action) {
		long start = System.nanoTime();
		action.run();
		return Duration.ofNanos(System.nanoTime() - start);
	}

	static void pause(long millis) {
		Awaitility.await().pollDelay(Duration.ofMillis(millis)).until(() -> true);
	}

	static void until(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(2)).until(condition);
	}

	static Future<?> inBackground(Runnable action) {
		return inBackground(() -> {
			action.run();
			return true;
		});
	}

	static <T> Future<T> inBackground(Callable<T> action) {
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			return executor.submit(action);
		}
		finally {
			executor.shutdown();
		}
	}

	static <T> List<T> inParallel(int threads, Work<T> work) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<Callable<T>> tasks = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				int thread = i;
				tasks.add(() -> work.run(thread));
			}
			List<T> results = new ArrayList<>();
			for (Future<T> result : executor.invokeAll(tasks)) {
				results.add(result.get());
			}
			return results;
		}
		finally {
			executor.shutdownNow();
		}
	}

	interface Work<T> {

		T run(int thread) throws Exception;

	}

}
