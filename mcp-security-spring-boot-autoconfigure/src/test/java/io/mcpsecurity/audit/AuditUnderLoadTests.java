package io.mcpsecurity.audit;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import io.mcpsecurity.test.PostgresServer;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls of many clients at once, with a PostgreSQL behind the trail that is stopped and
 * started while they call. A long run: {@code -Daudit.calls=100000}.
 */
class AuditUnderLoadTests {

	private static final int CALLS = Integer.getInteger("audit.calls", 3000);

	private static final int CLIENTS = 8;

	private static TestAuthorizationServer authorizationServer;

	private static PostgresServer postgres;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		postgres = PostgresServer.launch();
	}

	@AfterAll
	static void stop() {
		postgres.close();
		authorizationServer.close();
	}

	@Test
	void everyCallIsStored() {
		try (Load load = new Load("allow")) {
			load.run(() -> {
			});
			assertThat(load.answers.stream().map(Answer::status)).hasSize(CALLS).containsOnly(200);
			load.server.close();
			assertThat(load.rows()).hasSize(CALLS).containsExactlyInAnyOrderElementsOf(load.answered(200));
		}
	}

	@Test
	void whenDenyThenEverySuccessfulCallIsStoredDespiteOutage() {
		try (Load load = new Load("deny")) {
			load.run(this::outage);
			assertThat(load.answers).hasSize(CALLS);
			assertThat(load.answers.stream().map(Answer::status)).containsOnly(200, 503);
			assertThat(load.answered(503)).as("refused").isNotEmpty();
			load.server.close();
			assertThat(new HashSet<>(load.rows())).containsAll(load.answered(200));
			assertThat(load.rows()).doesNotHaveDuplicates();
		}
	}

	@Test
	void whenAllowThenEventsLostInOutageAreCounted() {
		try (Load load = new Load("allow")) {
			load.run(this::outage);
			assertThat(load.answers.stream().map(Answer::status)).hasSize(CALLS).containsOnly(200);
			AuditTrail trail = load.server.context().getBean(AuditTrail.class);
			load.server.close();
			SinkStatus jdbc = trail.sinks().stream().collect(toMap(SinkStatus::name, identity())).get("jdbc");
			assertThat(jdbc.failed() + jdbc.dropped()).as("lost").isPositive();
			assertThat(load.rows()).hasSize((int) jdbc.published());
			assertThat(jdbc.published() + jdbc.failed() + jdbc.dropped()).isEqualTo(CALLS);
		}
	}

	private void outage() {
		postgres.stop();
		sleep(Duration.ofSeconds(3));
		postgres.start();
	}

	private static void sleep(Duration time) {
		try {
			Thread.sleep(time.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What a call was answered.
	 *
	 * @param id its JSON-RPC id
	 * @param status the HTTP status
	 */
	private record Answer(String id, int status) {
	}

	/**
	 * A server with a database of its own, and its clients. They go on calling until
	 * there are enough calls and whatever happens meanwhile is over.
	 */
	private static final class Load implements AutoCloseable {

		private final HikariDataSource pool;

		private final SecuredServer server;

		private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

		Load(String onFailure) {
			this.pool = PostgresServer.pool(postgres.newDatabase());
			AuditedDatabaseApplication.pool = this.pool;
			this.server = SecuredServer.start(AuditedDatabaseApplication.class, authorizationServer,
					"spring.ai.mcp.server.protocol=STATELESS", "spring.ai.mcp.server.type=SYNC",
					"mcp-security.audit.jdbc.enabled=true", "mcp-security.audit.jdbc.initialize-schema=always",
					"mcp-security.audit.events.enabled=false", "mcp-security.audit.on-failure=" + onFailure,
					"mcp-security.audit.queue-capacity=1000");
		}

		void run(Runnable incident) {
			String token = this.server.token("records:browse").sign();
			AtomicInteger calls = new AtomicInteger();
			CountDownLatch underWay = new CountDownLatch(CALLS / 3);
			ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
			for (int client = 0; client < CLIENTS; client++) {
				clients.execute(() -> {
					for (int call = calls.incrementAndGet(); call <= CALLS; call = calls.incrementAndGet()) {
						call(token, call);
						underWay.countDown();
					}
				});
			}
			try {
				assertThat(underWay.await(5, TimeUnit.MINUTES)).isTrue();
				incident.run();
				clients.shutdown();
				assertThat(clients.awaitTermination(30, TimeUnit.MINUTES)).isTrue();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}

		private void call(String token, int call) {
			int status = this.server.send(this.server.post(token, "{\"jsonrpc\":\"2.0\",\"id\":" + call
					+ ",\"method\":\"tools/call\",\"params\":{\"name\":\"browse\",\"arguments\":{\"query\":\"x\"}}}"))
				.statusCode();
			this.answers.add(new Answer(String.valueOf(call), status));
			if (status != 200) {
				// As a client does that is told to come again later.
				sleep(Duration.ofMillis(50));
			}
		}

		Set<String> answered(int status) {
			Set<String> ids = new HashSet<>();
			this.answers.stream()
				.filter((answer) -> answer.status() == status)
				.forEach((answer) -> ids.add(answer.id()));
			return ids;
		}

		/**
		 * The JSON-RPC ids of the calls that have a row and were let through.
		 */
		List<String> rows() {
			return new JdbcTemplate(this.pool)
				.queryForList("select data ->> 'requestId' from mcp_audit_event where type = 'MCP_CALL'", String.class);
		}

		@Override
		public void close() {
			this.server.close();
			this.pool.close();
		}

	}

	@Import(AuditedApplication.class)
	static class AuditedDatabaseApplication {

		private static HikariDataSource pool;

		@Bean(destroyMethod = "")
		DataSource dataSource() {
			return pool;
		}

	}

}
