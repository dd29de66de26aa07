package io.mcpsecurity.ratelimit;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.mcpsecurity.test.DpopKey;
import io.mcpsecurity.test.FreezableProxy;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.RedisInstance;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Two instances of an application with limits in a real Redis, which goes and comes
 * again. One refuses requests then, the other lets them pass. Nothing comes back into
 * buckets while these tests run.
 */
class RedisStoreTests {

	private static final String RESOURCE = "https://mcp.example/mcp";

	private static final int CAPACITY = 4;

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final DpopKey DPOP_KEY = DpopKey.generate();

	private static final RedisInstance redis = RedisInstance.launch();

	private static final FreezableProxy network = new FreezableProxy(redis.port());

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final SecuredServer closed = start("deny");

	private static final SecuredServer open = start("allow");

	private static SecuredServer start(String onStoreFailure) {
		return SecuredServer.start(RedisApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.resource=" + RESOURCE,
				"mcp-security.rate-limit.store=redis", "mcp-security.dpop.mode=allowed",
				"mcp-security.rate-limit.on-store-failure=" + onStoreFailure,
				"mcp-security.rate-limit.redis.timeout=3s", "mcp-security.rate-limit.redis.connect-timeout=3s",
				"mcp-security.rate-limit.rules[0].per=caller", "mcp-security.rate-limit.rules[0].tools=who",
				"mcp-security.rate-limit.rules[0].capacity=" + CAPACITY, "mcp-security.rate-limit.rules[0].period=31d",
				"mcp-security.rate-limit.rules[1].per=caller", "mcp-security.rate-limit.rules[1].tools=time",
				"mcp-security.rate-limit.rules[1].capacity=1000000");
	}

	@AfterAll
	static void stop() {
		open.close();
		closed.close();
		authorizationServer.close();
		network.close();
		redis.close();
	}

	@Test
	void instancesShareOneBudget() {
		String token = token("shared");
		assertThat(List.of(who(closed, token), who(open, token), who(closed, token), who(open, token)))
			.containsOnly(200);
		assertThat(who(closed, token)).isEqualTo(429);
		assertThat(who(open, token)).isEqualTo(429);
		assertThat(who(open, token("somebody-else"))).isEqualTo(200);
	}

	@Test
	void concurrentCallsDoNotExceedBudget() {
		String token = token("hasty");
		List<CompletableFuture<Integer>> calls = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			SecuredServer server = (i % 2 == 0) ? closed : open;
			calls.add(CompletableFuture.supplyAsync(() -> who(server, token)));
		}
		assertThat(calls.stream().map(CompletableFuture::join)).filteredOn((status) -> status == 200).hasSize(CAPACITY);
	}

	@Test
	void keysAreHashesAndExpire() {
		who(closed, token("plain-subject"));
		RedisClient client = RedisClient.create("redis://localhost:" + redis.port());
		try (StatefulRedisConnection<String, String> connection = client.connect()) {
			List<String> keys = connection.sync().keys("*");
			assertThat(keys).isNotEmpty().allMatch((key) -> key.matches("mcp-security:rate-limit:[0-9a-f]{64}"));
			assertThat(keys).allMatch((key) -> connection.sync().pttl(key) > 0);
			assertThat(keys).noneMatch((key) -> String.valueOf(connection.sync().get(key)).contains("plain-subject"));
		}
		finally {
			client.shutdown();
		}
	}

	@Test
	void proofIsAcceptedByOneInstance() {
		String token = boundToken();
		DpopKey.Proof proof = DPOP_KEY.proof("POST", RESOURCE);
		assertThat(withProof(closed, token, proof)).isEqualTo(200);
		assertThat(withProof(open, token, proof)).isEqualTo(401);
		assertThat(withProof(closed, token, proof)).isEqualTo(401);
		assertThat(withProof(open, token, DPOP_KEY.proof("POST", RESOURCE))).isEqualTo(200);
	}

	private static String boundToken() {
		return authorizationServer.token(RESOURCE).boundTo(DPOP_KEY).sign();
	}

	private static int withProof(SecuredServer server, String token, DpopKey.Proof proof) {
		return server
			.send(server.post(null, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}")
				.header("Authorization", "DPoP " + token)
				.header("DPoP", proof.token(token).sign()))
			.statusCode();
	}

	@Test
	void duringOutageConfiguredOutcomeIsReturnedAndBothInstancesRecover() {
		AtomicBoolean traffic = new AtomicBoolean(true);
		CompletableFuture<List<Integer>> refusing = CompletableFuture.supplyAsync(() -> traffic(closed, traffic));
		CompletableFuture<List<Integer>> passing = CompletableFuture.supplyAsync(() -> traffic(open, traffic));
		String token = token("outage");
		for (int i = 0; i < CAPACITY; i++) {
			assertThat(who(closed, token)).isEqualTo(200);
		}
		redis.stop();
		assertThat(who(open, token)).isEqualTo(200);
		HttpResponse<String> response = closed.callTool(token, "who", "{}");
		assertThat(response.statusCode()).isEqualTo(503);
		assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
		assertThat(response.body()).contains("\"id\":7", "\"code\":-32012");
		assertThat(withProof(open, boundToken(), DPOP_KEY.proof("POST", RESOURCE))).isEqualTo(503);
		assertThat(health(open).getStatus()).isEqualTo(Status.DOWN);
		assertThat(health(closed).getStatus()).isEqualTo(Status.DOWN);
		assertThat(total(open, LimitCounter.Outcome.UNCHECKED)).isPositive();
		assertThat(total(closed, LimitCounter.Outcome.REFUSED)).isPositive();
		redis.start();
		await().atMost(LONG).until(() -> health(open).getStatus().equals(Status.UP));
		await().atMost(LONG).until(() -> health(closed).getStatus().equals(Status.UP));
		traffic.set(false);
		assertThat(passing.join()).as("nobody is refused wrongly").isNotEmpty().containsOnly(200);
		assertThat(refusing.join()).as("nobody passes unchecked").isNotEmpty().contains(503).isSubsetOf(200, 503);
		assertLimited("after-the-outage");
	}

	@Test
	void hangingRedisDoesNotBlockRequests() {
		network.freeze();
		long start = System.nanoTime();
		for (int i = 0; i < 10; i++) {
			assertThat(who(open, token("frozen"))).isEqualTo(200);
			assertThat(who(closed, token("frozen"))).isEqualTo(503);
		}
		// Each request waiting for its time-out would take a minute.
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG);
		network.thaw();
		await().atMost(LONG).until(() -> health(open).getStatus().equals(Status.UP));
		await().atMost(LONG).until(() -> health(closed).getStatus().equals(Status.UP));
		assertLimited("after-the-frost");
	}

	private static void assertLimited(String subject) {
		String token = token(subject);
		for (int i = 0; i < CAPACITY; i++) {
			assertThat(who((i % 2 == 0) ? open : closed, token)).isEqualTo(200);
		}
		assertThat(who(open, token)).isEqualTo(429);
		assertThat(who(closed, token)).isEqualTo(429);
	}

	private static List<Integer> traffic(SecuredServer server, AtomicBoolean goOn) {
		String token = token("traffic");
		List<Integer> statuses = new ArrayList<>();
		while (goOn.get()) {
			statuses.add(server.callTool(token, "time", "{}").statusCode());
		}
		return statuses;
	}

	private static int who(SecuredServer server, String token) {
		return server.callTool(token, "who", "{}").statusCode();
	}

	private static Health health(SecuredServer server) {
		Health health = server.context().getBean("mcpSecurityRateLimitHealthIndicator", HealthIndicator.class).health();
		assertThat(health).isNotNull();
		return health;
	}

	private static long total(SecuredServer server, LimitCounter.Outcome outcome) {
		return server.context()
			.getBean(RequestLimits.class)
			.counters()
			.stream()
			.mapToLong((counter) -> counter.total(outcome))
			.sum();
	}

	private static String token(String subject) {
		return authorizationServer.token(RESOURCE)
			.claim("sub", subject)
			.claim("jti", UUID.randomUUID().toString())
			.sign();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.Records.class)
	static class RedisApplication {

		@Bean
		LettuceConnectionFactory redisConnectionFactory() {
			return new LettuceConnectionFactory("localhost", network.port());
		}

	}

}
