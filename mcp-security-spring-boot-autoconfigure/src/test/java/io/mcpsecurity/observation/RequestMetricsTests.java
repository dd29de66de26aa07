package io.mcpsecurity.observation;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestExchanges;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is counted of which request, as Prometheus reads it.
 */
class RequestMetricsTests {

	private static final String COUNT = "mcp_security_requests_seconds_count";

	private static final String FAILURES = "mcp_security_authentication_failures_total";

	private static final String BODY = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}";

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			List<String> properties = new ArrayList<>(Scrape.PROPERTIES);
			properties.add("spring.ai.mcp.server.protocol=" + protocol);
			servers.put(protocol, SecuredServer.start(RecordsApplication.class, authorizationServer,
					properties.toArray(String[]::new)));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void grantedCallIsCountedByMethodAndTool(Protocol protocol) {
		double counted = counted(protocol, "records:browse", "tools/call", "{\"name\":\"browse\",\"arguments\":{}}",
				"method=tools/call", "target=browse", "decision=granted", "reason=satisfied", "outcome=success");
		assertThat(counted).isOne();
	}

	@ParameterizedTest
	@EnumSource
	void callWithMissingScopesIsCountedAsDenied(Protocol protocol) {
		double counted = counted(protocol, "", "tools/call", "{\"name\":\"browse\",\"arguments\":{}}",
				"method=tools/call", "target=browse", "decision=denied", "reason=insufficient_scope", "outcome=denied");
		assertThat(counted).isOne();
	}

	@ParameterizedTest
	@EnumSource
	void resourceIsCountedByUriOrTemplate(Protocol protocol) {
		String uri = "{\"uri\":\"records://4711/details\"}";
		assertThat(counted(protocol, "records:browse", "resources/read", uri, "method=resources/read",
				"target=records://{id}/details", "decision=granted"))
			.isOne();
		assertThat(counted(protocol, "", "resources/read", uri, "method=resources/read",
				"target=records://{id}/details", "decision=denied"))
			.isOne();
		assertThat(counted(protocol, "records:browse", "resources/read", "{\"uri\":\"records://all\"}",
				"method=resources/read", "target=records://all", "decision=granted"))
			.isOne();
	}

	@ParameterizedTest
	@EnumSource
	void promptIsCountedByName(Protocol protocol) {
		assertThat(counted(protocol, "records:browse", "prompts/get", "{\"name\":\"summarize\"}", "method=prompts/get",
				"target=summarize", "outcome=success"))
			.isOne();
	}

	@ParameterizedTest
	@EnumSource
	void unknownTargetsAreCountedAsUnknown(Protocol protocol) {
		assertThat(counted(protocol, "", "tools/call", "{\"name\":\"nonsense\",\"arguments\":{}}", "method=tools/call",
				"target=unknown", "decision=undecided", "reason=no_rule", "outcome=protocol_error"))
			.isOne();
		assertThat(counted(protocol, "", "resources/read", "{\"uri\":\"nonsense://1\"}", "method=resources/read",
				"target=unknown", "outcome=protocol_error"))
			.isOne();
		assertThat(scrape(protocol).samples().toString()).doesNotContain("nonsense");
	}

	@ParameterizedTest
	@EnumSource
	void unknownMethodsAreCountedAsUnknown(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token().sign();
		HttpRequest.Builder request = server.post(token, "{\"jsonrpc\":\"2.0\",\"method\":\"non/sense\"}");
		if (protocol == Protocol.STREAMABLE) {
			request.setHeader("Mcp-Session-Id", server.initialize(token));
		}
		double before = scrape(protocol).sum(COUNT, "method=unknown", "target=none", "decision=undecided");
		server.send(request);
		Scrape after = scrape(protocol);
		assertThat(after.sum(COUNT, "method=unknown", "target=none", "decision=undecided") - before).isOne();
		assertThat(after.samples().toString()).doesNotContain("non/sense");
	}

	@ParameterizedTest
	@EnumSource
	void invalidBodyIsCountedWithoutMethod(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		double before = scrape(protocol).sum(COUNT, "method=none", "target=none", "decision=rejected",
				"reason=invalid_message", "outcome=denied");
		server.send(server.post(server.token().sign(), "[]"));
		assertThat(scrape(protocol).sum(COUNT, "method=none", "target=none", "decision=rejected",
				"reason=invalid_message", "outcome=denied") - before)
			.isOne();
	}

	@ParameterizedTest
	@EnumSource
	void authenticationFailuresAreCountedByReason(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		Scrape before = scrape(protocol);
		server.send(server.post(null, BODY.formatted("tools/list", "{}")));
		server.send(server.post("nonsense", BODY.formatted("tools/list", "{}")));
		server.send(server.post(server.token().claim("aud", "https://elsewhere.example/mcp").sign(),
				BODY.formatted("tools/list", "{}")));
		Scrape after = scrape(protocol);
		for (String reason : List.of("missing", "malformed", "audience")) {
			assertThat(after.sum(FAILURES, "reason=" + reason) - before.sum(FAILURES, "reason=" + reason)).as(reason)
				.isOne();
			assertThat(after.sum(COUNT, "method=none", "target=none", "decision=unauthenticated", "reason=" + reason,
					"outcome=denied"))
				.as(reason)
				.isPositive();
		}
	}

	@ParameterizedTest
	@EnumSource
	void reasonsWithoutFailuresAreExportedAsZero(Protocol protocol) {
		assertThat(scrape(protocol).samples()).anyMatch((sample) -> sample.name().equals(FAILURES)
				&& "not_yet_valid".equals(sample.labels().get("reason")) && sample.value() == 0);
	}

	@Test
	void requestIsActiveFromBeginToFirstEnd() {
		MeterRegistry registry = new SimpleMeterRegistry();
		Exchanges recorder = TestExchanges
			.withoutTrail(new RequestMetrics(registry, new RequestLabels(new OfferedTargets())));
		Gauge active = registry.get(RequestMetrics.ACTIVE).gauge();
		assertThat(active.value()).isZero();
		McpExchange first = recorder.begin(new Connection("https://mcp.example", null, null, null, false));
		McpExchange second = recorder.begin(new Connection("https://mcp.example", null, null, null, false));
		assertThat(active.value()).isEqualTo(2);
		first.end(200);
		first.end(200);
		assertThat(active.value()).isOne();
		second.end(401);
		assertThat(active.value()).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void metadataRequestsAreNotCounted(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		double before = scrape(protocol).sum(COUNT);
		assertThat(server.get(server.url("/.well-known/oauth-protected-resource/mcp")).statusCode()).isEqualTo(200);
		assertThat(server.get(server.url("/.well-known/oauth-protected-resource/nonsense")).statusCode())
			.isEqualTo(404);
		assertThat(scrape(protocol).sum(COUNT)).isEqualTo(before);
	}

	@ParameterizedTest
	@EnumSource
	void callersClientsAndTokensAreNotLabels(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token("records:browse")
			.claim("sub", "subject-4711")
			.claim("client_id", "client-4711")
			.sign();
		server.callTool(token, "browse", "{\"query\":\"argument-4711\"}");
		assertThat(scrape(protocol).samples().toString()).doesNotContain("subject-4711", "client-4711", "argument-4711",
				token, "records:browse");
	}

	private static double counted(Protocol protocol, String scope, String method, String params, String... labels) {
		SecuredServer server = servers.get(protocol);
		double before = scrape(protocol).sum(COUNT, labels);
		HttpResponse<String> response = server.call(server.token(scope).sign(), method, params);
		assertThat(response.statusCode()).isIn(200, 403);
		return scrape(protocol).sum(COUNT, labels) - before;
	}

	private static Scrape scrape(Protocol protocol) {
		return Scrape.of(servers.get(protocol));
	}

}
