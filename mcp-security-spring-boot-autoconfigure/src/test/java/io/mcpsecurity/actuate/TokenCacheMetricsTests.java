package io.mcpsecurity.actuate;

import java.net.URI;
import java.util.List;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is measured of remembered tokens, in a server with and without them.
 */
class TokenCacheMetricsTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String ADMIN = "https://admin.example/admin/mcp";

	private static final String STATELESS = "spring.ai.mcp.server.protocol=STATELESS";

	private static final String[] TWO_ENDPOINTS = { STATELESS, "mcp-security.endpoints.admin.path=/admin/mcp",
			"mcp-security.endpoints.admin.resource=" + ADMIN };

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	@AfterEach
	void close() {
		this.authorizationServer.close();
	}

	@Test
	void cacheHitsMissesAndSizeAreMeasured() {
		try (SecuredServer server = start(STATELESS)) {
			assertThat(count(server, "hit")).isZero();
			assertThat(count(server, "miss")).isZero();
			String token = server.token().sign();
			for (int i = 0; i < 3; i++) {
				assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
			}
			assertThat(server.send(server.post("bad", LIST)).statusCode()).isEqualTo(401);
			assertThat(count(server, "hit")).isEqualTo(2);
			assertThat(count(server, "miss")).isEqualTo(2);
			assertThat(count(server, "evicted")).isZero();
			assertThat(size(server)).isEqualTo(1);
			assertThat(meters(server)).extracting((meter) -> meter.getId().getTag("endpoint")).containsOnlyNulls();
		}
	}

	@Test
	void evictionsDueToMaxSizeAreCounted() {
		try (SecuredServer server = start(STATELESS, "mcp-security.token.cache.max-size=2")) {
			for (int i = 0; i < 5; i++) {
				String token = server.token().claim("jti", "token-" + i).sign();
				assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
			}
			assertThat(count(server, "evicted")).isEqualTo(3);
			assertThat(size(server)).isEqualTo(2);
		}
	}

	@Test
	void cachedTokenIsVerifiedAgainAfterKeysExpire() {
		try (SecuredServer server = start(STATELESS, "mcp-security.token.keys.cache-ttl=1500ms",
				"mcp-security.token.keys.read-timeout=500ms", "mcp-security.token.keys.retry-interval=300ms")) {
			String token = server.token().sign();
			Awaitility.await().untilAsserted(() -> {
				assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
				assertThat(count(server, "miss")).isEqualTo(2);
			});
			assertThat(count(server, "hit")).isPositive();
		}
	}

	@Test
	void whenCacheDisabledThenNoMetersAreRegistered() {
		try (SecuredServer server = start(STATELESS, "mcp-security.token.cache.max-size=0")) {
			String token = server.token().sign();
			for (int i = 0; i < 3; i++) {
				assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
			}
			assertThat(meters(server)).isEmpty();
		}
	}

	@Test
	void whenSeveralEndpointsThenMetersAreTaggedWithEndpoint() {
		try (SecuredServer server = start(TWO_ENDPOINTS)) {
			String token = server.token().sign();
			assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
			assertThat(server.send(server.post(token, LIST)).statusCode()).isEqualTo(200);
			assertThat(admin(server, this.authorizationServer.token(ADMIN).sign())).isEqualTo(200);
			String main = server.context().getEnvironment().getProperty("spring.ai.mcp.server.name", "mcp-server");
			assertThat(count(server, "hit", Tag.of("endpoint", main))).isEqualTo(1);
			assertThat(count(server, "miss", Tag.of("endpoint", main))).isEqualTo(1);
			assertThat(count(server, "hit", Tag.of("endpoint", "admin"))).isZero();
			assertThat(count(server, "miss", Tag.of("endpoint", "admin"))).isEqualTo(1);
			assertThat(meters(server)).hasSize(8)
				.allSatisfy((meter) -> assertThat(meter.getId().getTag("endpoint")).isIn(main, "admin"));
		}
	}

	@Test
	void tokenCachedByOneEndpointIsRefusedByAnother() {
		try (SecuredServer server = start(TWO_ENDPOINTS)) {
			String forMain = server.token().sign();
			String forAdmin = this.authorizationServer.token(ADMIN).sign();
			for (int i = 0; i < 2; i++) {
				assertThat(server.send(server.post(forMain, LIST)).statusCode()).isEqualTo(200);
				assertThat(admin(server, forAdmin)).isEqualTo(200);
			}
			assertThat(admin(server, forMain)).isEqualTo(401);
			assertThat(server.send(server.post(forAdmin, LIST)).statusCode()).isEqualTo(401);
		}
	}

	@Test
	void endpointsWithSameNameShareMeters() {
		try (SecuredServer server = start(TWO_ENDPOINTS[0], TWO_ENDPOINTS[1], TWO_ENDPOINTS[2],
				"mcp-security.resource-name=Records", "mcp-security.endpoints.admin.resource-name=Records")) {
			assertThat(server.send(server.post(server.token().sign(), LIST)).statusCode()).isEqualTo(200);
			assertThat(admin(server, this.authorizationServer.token(ADMIN).sign())).isEqualTo(200);
			assertThat(count(server, "miss")).isEqualTo(2);
			assertThat(size(server)).isEqualTo(2);
		}
	}

	private SecuredServer start(String... properties) {
		return SecuredServer.start(RecordsApplication.class, this.authorizationServer, properties);
	}

	private static int admin(SecuredServer server, String token) {
		return server.send(server.post(token, LIST).uri(URI.create(server.url("/admin/mcp")))).statusCode();
	}

	private static double count(SecuredServer server, String result, Tag... tags) {
		return registry(server).get("mcp.security.token.cache")
			.tag("result", result)
			.tags(List.of(tags))
			.functionCounter()
			.count();
	}

	private static double size(SecuredServer server) {
		return registry(server).get("mcp.security.token.cache.size").gauge().value();
	}

	private static List<Meter> meters(SecuredServer server) {
		return registry(server).getMeters()
			.stream()
			.filter((meter) -> meter.getId().getName().startsWith("mcp.security.token.cache"))
			.toList();
	}

	private static MeterRegistry registry(SecuredServer server) {
		return server.context().getBean(MeterRegistry.class);
	}

}
