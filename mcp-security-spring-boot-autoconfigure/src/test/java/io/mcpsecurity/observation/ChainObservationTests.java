package io.mcpsecurity.observation;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Spring Security observes by itself.
 */
class ChainObservationTests {

	@Test
	void theFiltersOfAnMcpEndpointAreNotObservedAndThoseOfOtherPathsAre() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
						"spring.ai.mcp.server.protocol=STATELESS")) {
			MeterRegistry registry = server.context().getBean(MeterRegistry.class);
			assertThat(server.callTool(server.token("records:browse").sign(), "browse", "{}").statusCode())
				.isEqualTo(200);
			// Of an observed chain this is counted before the request leaves it.
			assertThat(registry.find("spring.security.filterchains").meters()).isEmpty();
			server.get(server.url("/other"));
			assertThat(registry.find("spring.security.filterchains").meters()).isNotEmpty();
		}
	}

}
