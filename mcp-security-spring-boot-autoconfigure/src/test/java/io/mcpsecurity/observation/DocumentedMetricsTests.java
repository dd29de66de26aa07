package io.mcpsecurity.observation;

import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import io.mcpsecurity.downstream.DownstreamException;
import io.mcpsecurity.test.DocumentedMetrics;
import io.mcpsecurity.test.DocumentedMetrics.Family;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.Test;

import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What docs/metrics.md says of the families is what Prometheus reads.
 */
class DocumentedMetricsTests {

	@Test
	void documentedFamiliesEqualExportedFamilies() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer,
						properties(authorizationServer.issuer()))) {
			server.callTool(server.token("records:browse").sign(), "browse", "{}");
			server.callTool(server.token().sign(), "browse", "{}");
			server.send(server.post(null, "{}"));
			RestClient orders = server.context().getBean("mcpDownstream-orders-restClient", RestClient.class);
			assertThatExceptionOfType(DownstreamException.class)
				.isThrownBy(() -> orders.get().retrieve().body(String.class));
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

	/**
	 * A server with introspection, and with a service whose tokens are not issued.
	 */
	private static String[] properties(String issuer) {
		String server = "mcp-security.authorization-servers[0].";
		String orders = "mcp-security.downstream.orders.";
		return Stream.concat(Scrape.PROPERTIES.stream(),
				Stream.of(server + "issuer=" + issuer, server + "introspection.uri=" + issuer + "/introspect",
						server + "introspection.client-id=server", server + "introspection.client-secret=secret",
						orders + "base-url=" + issuer, orders + "grant=client-credentials",
						orders + "token-uri=" + issuer + "/none", orders + "client-id=server",
						orders + "client-secret=secret"))
			.toArray(String[]::new);
	}

}
