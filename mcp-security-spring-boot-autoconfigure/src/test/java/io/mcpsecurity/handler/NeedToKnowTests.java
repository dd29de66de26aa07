package io.mcpsecurity.handler;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.handler.VaultApplication.Calls;
import io.mcpsecurity.handler.VaultApplication.Variant;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With {@code mcp-security.policy.visibility=need-to-know} nobody can tell what they may
 * not use from what does not exist.
 */
class NeedToKnowTests {

	private static final Map<Variant, SecuredServer> servers = new EnumMap<>(Variant.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Variant variant : Variant.values()) {
			servers.put(variant,
					variant.start(authorizationServer, "mcp-security.policy.visibility=need-to-know",
							"mcp-security.policy.rules[0].tools=locked*", "mcp-security.policy.rules[0].access=deny",
							"mcp-security.policy.rules[1].resources=vault://boxes/1",
							"mcp-security.policy.rules[1].access=deny"));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	/** What there is, and of the same length what there is not. */
	private static final List<Probe> PROBES = List.of(
			new Probe("tools/call", "{\"name\":\"%s\",\"arguments\":{\"amount\":1}}", "take", "tuke"),
			new Probe("tools/call", "{\"name\":\"%s\",\"arguments\":{\"amount\":\"no number\"}}", "take", "tuke"),
			new Probe("tools/call", "{\"name\":\"%s\",\"arguments\":\"no object\"}", "take", "tuke"),
			new Probe("tools/call", "{\"arguments\":{},\"name\":\"%s\"}", "take", "tuke"),
			new Probe("tools/call", "{\"name\":\"%s\",\"arguments\":{}}", "lend", "lind"),
			new Probe("tools/call", "{\"name\":\"%s\"}", "take", "tuke"),
			new Probe("tools/call", "{\"name\":\"%s\",\"uri\":\"x\",\"_meta\":{\"progressToken\":\"\u00e4\u20ac\"}}",
					"take", "tuke"),
			new Probe("resources/read", "{\"uri\":\"%s\"}", "vault://list", "vault://lost"),
			new Probe("resources/read", "{\"uri\":\"%s\"}", "vault://boxes/2", "vault://buxes/2"),
			new Probe("resources/read", "{\"uri\":\"%s\"}", "vault://boxes/1", "vault://buxes/1"),
			new Probe("resources/subscribe", "{\"uri\":\"%s\"}", "vault://list", "vault://lost"),
			new Probe("resources/unsubscribe", "{\"uri\":\"%s\"}", "vault://list", "vault://lost"),
			new Probe("prompts/get", "{\"name\":\"%s\",\"arguments\":{}}", "summarize", "summarise"),
			new Probe("completion/complete",
					"{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"%s\"},\"argument\":{\"name\":\"language\",\"value\":\"e\"}}",
					"summarize", "summarise"),
			new Probe("completion/complete",
					"{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"%s\"},\"argument\":{\"name\":\"id\",\"value\":\"e\"}}",
					"vault://boxes/{id}", "vault://buxes/{id}"),
			new Probe("completion/complete",
					"{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"%s\"},\"argument\":{\"name\":\"id\",\"value\":\"e\"}}",
					"vault://list", "vault://lost"));

	static Stream<Arguments> probes() {
		return Stream.of(Variant.values())
			.flatMap((variant) -> PROBES.stream()
				// A streamable server of the SDK leaves the stream open after a method
				// that it
				// does not know.
				.filter((probe) -> variant.protocol() == Protocol.STATELESS || !probe.method().endsWith("subscribe"))
				.map((probe) -> Arguments.of(variant, probe)));
	}

	@ParameterizedTest
	@MethodSource("probes")
	void responseForHiddenTargetEqualsResponseForMissingTarget(Variant variant, Probe probe) {
		SecuredServer server = servers.get(variant);
		int handled = server.context().getBean(Calls.class).handled();
		String token = server.token("vault:other").sign();
		String session = (variant.protocol() == Protocol.STREAMABLE) ? server.initialize(token) : null;
		Seen hidden = Seen.of(send(server, token, session, probe, probe.existing()), probe.existing());
		Seen missing = Seen.of(send(server, token, session, probe, probe.missing()), probe.missing());
		assertThat(hidden).isEqualTo(missing);
		assertThat(hidden.headers()).doesNotContainKey("www-authenticate");
		assertThat(server.context().getBean(Calls.class).handled()).isEqualTo(handled);
	}

	@ParameterizedTest
	@EnumSource
	void hiddenTargetsAreUsableWithRequiredScopes(Variant variant) {
		SecuredServer server = servers.get(variant);
		String token = server.token("vault:open").sign();
		assertThat(SecuredServer.text(server.callTool(token, "take", "{\"amount\":5}"))).contains("took 5");
		assertThat(server.call(token, "resources/read", "{\"uri\":\"vault://boxes/2\"}").body())
			.contains("\"text\":\"2\"");
		assertThat(server.call(token, "prompts/get", "{\"name\":\"summarize\",\"arguments\":{\"language\":\"de\"}}")
			.body()).contains("Summarize");
	}

	@ParameterizedTest
	@EnumSource
	void denialOfHiddenTargetIsAuditedWithoutChallenge(Variant variant) throws Exception {
		SecuredServer server = servers.get(variant);
		Calls calls = server.context().getBean(Calls.class);
		double challenges = challenges(server);
		String token = server.token("vault:other").sign();
		String session = (variant.protocol() == Protocol.STREAMABLE) ? server.initialize(token) : null;
		Probe probe = PROBES.get(0);
		// Events of earlier requests may still be on their way: this one is told by its
		// token.
		String id = "recorded-" + variant;
		HttpResponse<String> response = send(server, server.token("vault:other").claim("jti", id).sign(), session,
				probe, probe.existing());
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32602);
		McpAuditEvent event = calls.nextEvent();
		while (!id.equals(event.data().get("tokenId"))) {
			event = calls.nextEvent();
		}
		assertThat(event.data()).containsEntry("decision", "denied")
			.containsEntry("reason", "insufficient_scope")
			.containsEntry("missingScopes", List.of("vault:open"))
			.containsEntry("targetName", "take")
			.containsEntry("outcome", "denied")
			.containsEntry("httpStatus", 200);
		assertThat(challenges(server)).isEqualTo(challenges);
	}

	private static double challenges(SecuredServer server) {
		return server.context()
			.getBean(MeterRegistry.class)
			.get("mcp.security.step.up")
			.tag("stage", "challenged")
			.counter()
			.count();
	}

	@ParameterizedTest
	@EnumSource
	void conditionallyDeniedToolsAreListedAndChallenged(Variant variant) {
		SecuredServer server = servers.get(variant);
		String token = server.token("vault:other").sign();
		assertThat(server.callTool(token, "asking", "{}").statusCode()).isEqualTo(403);
		HttpResponse<String> much = server.callTool(token, "takeMuch", "{\"amount\":5000}");
		assertThat(much.statusCode()).isEqualTo(403);
		assertThat(much.headers().firstValue("WWW-Authenticate").orElse("")).contains("scope=\"vault:much\"");
		assertThat(server.call(token, "tools/list", "{}").body()).contains("asking", "takeMuch")
			.doesNotContain("\"take\"");
	}

	@ParameterizedTest
	@EnumSource
	void anonymousClientsGet401ForHiddenAndMissingTargets(Variant variant) {
		SecuredServer server = servers.get(variant);
		Probe probe = PROBES.get(0);
		assertThat(send(server, null, null, probe, probe.existing()).statusCode()).isEqualTo(401);
		assertThat(send(server, null, null, probe, probe.missing()).statusCode()).isEqualTo(401);
	}

	private static HttpResponse<String> send(SecuredServer server, @Nullable String token, @Nullable String session,
			Probe probe, String target) {
		HttpRequest.Builder request = server.post(token, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + probe.method()
				+ "\",\"params\":" + probe.params().formatted(target) + "}");
		return server.send((session != null) ? request.setHeader("Mcp-Session-Id", session) : request);
	}

	/**
	 * A request for something.
	 */
	record Probe(String method, String params, String existing, String missing) {
	}

	/**
	 * All that a client sees, but for the name that it asked for and what differs from
	 * answer to answer.
	 */
	private record Seen(int status, Map<String, List<String>> headers, String body) {

		static Seen of(HttpResponse<String> response, String target) {
			Map<String, List<String>> headers = new TreeMap<>();
			response.headers().map().forEach((name, values) -> headers.put(name, new ArrayList<>(values)));
			headers.remove("date");
			return new Seen(response.statusCode(), headers,
					response.body()
						.replace(target, "TARGET")
						.replaceAll("(?m)^id:.*$", "id:")
						.replaceAll("\"timestamp\":\"[^\"]*\"", "")
						// What the virtual machine makes of reflection differs from call
						// to call.
						.replaceAll("\"stackTrace\":.*", ""));
		}

	}

}
