package io.mcpsecurity.observation;

import java.util.Collection;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What Spring Security observes by itself.
 */
class ChainObservationTests {

	@Test
	void chainOfMcpEndpointIsObserved() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
						"spring.ai.mcp.server.protocol=STATELESS")) {
			MeterRegistry registry = server.context().getBean(MeterRegistry.class);
			assertThat(server.callTool(server.token("records:browse").sign(), "browse", "{}").statusCode())
				.isEqualTo(200);
			await().untilAsserted(() -> assertThat(observed(registry, "McpEndpointFilter")).isNotEmpty());
			assertThat(observed(registry, "AuthorizationFilter")).isEmpty();
			server.get(server.url("/other"));
			await().untilAsserted(() -> assertThat(observed(registry, "AuthorizationFilter")).isNotEmpty());
		}
	}

	/**
	 * The observations of the requests that got as far as a filter. They are counted when
	 * the request leaves the chain, which can be after the client has the response.
	 */
	private static Collection<Meter> observed(MeterRegistry registry, String filter) {
		return registry.find("spring.security.filterchains")
			.tag("spring.security.reached.filter.name", filter)
			.meters();
	}

}
