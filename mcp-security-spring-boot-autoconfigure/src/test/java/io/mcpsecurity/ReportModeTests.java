package io.mcpsecurity;

import java.net.http.HttpResponse;
import java.util.Date;
import java.util.List;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Scopes are introduced on a live server: what would be denied for a scope passes and is
 * told; nothing else passes.
 */
@ExtendWith(OutputCaptureExtension.class)
class ReportModeTests {

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.enforcement=report",
				"mcp-security.policy.rules[0].tools=time", "mcp-security.policy.rules[0].access=deny");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void callWithMissingScopeIsAllowedAndReportedOnceWithoutToken(CapturedOutput output) {
		String token = server.token("records:browse").sign();
		assertThat(SecuredServer.text(server.callTool(token, "purge", "{}"))).isEqualTo("\"purged\"");
		assertThat(reports(output)).hasSize(1)
			.first()
			.asString()
			.contains("tool 'purge'", "alice", "test-client", "Needs the scope records:purge as well");
		assertThat(output).doesNotContain(token).doesNotContain(token.substring(token.lastIndexOf('.') + 1));
	}

	@Test
	void permittedCallsAreNotReported(CapturedOutput output) {
		assertThat(server.callTool(server.token("records:purge").sign(), "purge", "{}").statusCode()).isEqualTo(200);
		assertThat(server.callTool(server.token().sign(), "no-such-tool", "{}").statusCode()).isEqualTo(200);
		assertThat(reports(output)).isEmpty();
	}

	@Test
	void invalidTokensAreRefusedAndNotReported(CapturedOutput output) {
		for (String token : List.of("not-a-token", server.token("records:purge").claim("aud", "https://else").sign(),
				server.token("records:purge").claim("exp", new Date(1000)).sign())) {
			assertThat(server.callTool(token, "purge", "{}").statusCode()).isEqualTo(401);
		}
		assertThat(server.send(server.post(null, "{}")).statusCode()).isEqualTo(401);
		assertThat(reports(output)).isEmpty();
	}

	@Test
	void targetsDeniedToEveryoneAreStillDenied(CapturedOutput output) {
		HttpResponse<String> response = server.callTool(server.token("records:purge").sign(), "time", "{}");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(response.headers().firstValue("WWW-Authenticate")).isEmpty();
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32013);
		assertThat(reports(output)).isEmpty();
	}

	@Test
	void listingsContainToolsThatReportModeAllows() {
		assertThat(server.call(server.token().sign(), "tools/list", "{}").body()).contains("\"purge\"", "\"browse\"")
			.doesNotContain("\"time\"");
	}

	@Test
	void controlCharactersOfTokenAreReplacedInReport(CapturedOutput output) {
		String token = server.token().claim("sub", "x\r\n2026 forged\u2028").sign();
		HttpResponse<String> response = server.call(token, "resources/read", "{\"uri\":\"records://x/details\"}");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(reports(output)).hasSize(1)
			.first()
			.asString()
			.containsPattern("x\\P{Cntrl}{2}2026 forged\\P{Cntrl},");
	}

	private static List<String> reports(CapturedOutput output) {
		return output.getAll().lines().filter((line) -> line.contains("Would be denied")).toList();
	}

}
