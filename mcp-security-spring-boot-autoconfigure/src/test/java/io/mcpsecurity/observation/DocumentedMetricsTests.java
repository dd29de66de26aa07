package io.mcpsecurity.observation;

import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import io.mcpsecurity.test.DocumentedMetrics;
import io.mcpsecurity.test.DocumentedMetrics.Family;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What docs/metrics.md says of the families is what Prometheus reads.
 */
class DocumentedMetricsTests {

	@Test
	void everyFamilyIsDocumentedAndEveryDocumentedFamilyExists() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
						Scrape.PROPERTIES.toArray(String[]::new))) {
			server.callTool(server.token("records:browse").sign(), "browse", "{}");
			server.callTool(server.token().sign(), "browse", "{}");
			server.send(server.post(null, "{}"));
			Scrape scrape = Scrape.of(server);
			Map<String, Family> found = new TreeMap<>();
			scrape.types().forEach((family, type) -> {
				if (family.startsWith("mcp_")) {
					found.put(family, new Family(type, new TreeSet<>(scrape.labels(family))));
				}
			});
			assertThat(found).isEqualTo(new TreeMap<>(DocumentedMetrics.read())).isNotEmpty();
		}
	}

}
