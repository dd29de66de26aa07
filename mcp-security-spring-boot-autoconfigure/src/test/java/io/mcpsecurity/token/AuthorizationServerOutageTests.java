package io.mcpsecurity.token;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.core.instrument.MeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What happens while the authorization server is away.
 */
class AuthorizationServerOutageTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final String[] PROPERTIES = { "spring.ai.mcp.server.protocol=STATELESS",
			"mcp-security.token.keys.retry-interval=1s", "management.endpoint.health.show-details=always" };

	@Test
	void serverStartsDuringOutageThenReturns503AndRecovers() {
		TestAuthorizationServer authorizationServer = TestAuthorizationServer.stopped("/realms/main");
		try (SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer, PROPERTIES)) {
			HttpResponse<String> response = list(server, authorizationServer);
			assertThat(response.statusCode()).isEqualTo(503);
			assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
			assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
			HttpResponse<String> health = server.get(server.url("/actuator/health"));
			assertThat(health.statusCode()).isEqualTo(503);
			JsonNode component = component(health);
			assertThat(component.path("status").asString()).isEqualTo("DOWN");
			JsonNode detail = component.path("details").path(authorizationServer.issuer());
			assertThat(detail.path("keys").asString()).isEqualTo("UNAVAILABLE");
			assertThat(Instant.parse(detail.path("unreachableSince").asString())).isBeforeOrEqualTo(Instant.now());
			assertThat(detail.has("fetched")).isFalse();
			assertThat(server.send(server.post(null, LIST)).statusCode()).isEqualTo(401);

			authorizationServer.open();
			Awaitility.await()
				.atMost(Duration.ofSeconds(10))
				.untilAsserted(() -> assertThat(list(server, authorizationServer).statusCode()).isEqualTo(200));
			assertThat(server.get(server.url("/actuator/health")).statusCode()).isEqualTo(200);
		}
		finally {
			authorizationServer.close();
		}
	}

	@Test
	void unreachableAuthorizationServerIsNotCalledForEveryRequest() {
		TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
		authorizationServer.announceIssuer("https://other.example");
		try (authorizationServer;
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
						"spring.ai.mcp.server.protocol=STATELESS")) {
			for (int i = 0; i < 20; i++) {
				assertThat(list(server, authorizationServer).statusCode()).isEqualTo(503);
			}
			assertThat(authorizationServer.metadataRequests()).isEqualTo(1);
			assertThat(authorizationServer.keyRequests()).isZero();
		}
	}

	@Test
	void cachedKeysAreUsedDuringOutage() {
		TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
		try (authorizationServer;
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer, PROPERTIES)) {
			assertThat(list(server, authorizationServer).statusCode()).isEqualTo(200);
			authorizationServer.close();
			assertThat(list(server, authorizationServer).statusCode()).isEqualTo(200);
			assertThat(server.send(server.post(server.token().keyId("unknown").sign(), LIST)).statusCode())
				.as("no bad token, but one that cannot be checked")
				.isEqualTo(503);
			assertThat(list(server, authorizationServer).statusCode()).isEqualTo(200);
			JsonNode component = component(server.get(server.url("/actuator/health")));
			assertThat(component.path("status").asString()).isEqualTo("UP");
			JsonNode detail = component.path("details").path(authorizationServer.issuer());
			assertThat(detail.path("keys").asString()).isEqualTo("LAST_GOOD");
			assertThat(Instant.parse(detail.path("fetched").asString()))
				.isBeforeOrEqualTo(Instant.parse(detail.path("unreachableSince").asString()));
			MeterRegistry meters = server.context().getBean(MeterRegistry.class);
			assertThat(meters.get("mcp.security.keys.age").timeGauge().value()).isPositive();
			assertThat(meters.get("mcp.security.keys.outage").timeGauge().value()).isPositive();
			assertThat(fetches(meters, "success")).isEqualTo(1);
			assertThat(fetches(meters, "failure")).isPositive();
		}
	}

	private static double fetches(MeterRegistry meters, String result) {
		return meters.get("mcp.security.keys.fetches").tag("result", result).functionCounter().count();
	}

	private static JsonNode component(HttpResponse<String> health) {
		return SecuredServer.json(health).path("components").path("mcpSecurity");
	}

	private static HttpResponse<String> list(SecuredServer server, TestAuthorizationServer authorizationServer) {
		return server.send(server.post(server.token().sign(), LIST));
	}

}
