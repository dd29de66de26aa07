package io.mcpsecurity.test.context;

import com.example.research.ResearchApplication;
import io.mcpsecurity.test.McpTestClient;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A server without sessions that hides what a caller may not use, trusts Microsoft Entra
 * ID, and has a tool that needs no token.
 */
@SpringBootTest(classes = ResearchApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.ai.mcp.server.protocol=STATELESS", "mcp-security.policy.visibility=need-to-know",
				"mcp-security.policy.rules[0].tools=server_time", "mcp-security.policy.rules[0].access=public",
				"mcp-security.authorization-servers[0].issuer=https://login.microsoftonline.com/tenant/v2.0",
				"mcp-security.authorization-servers[0].provider=entra",
				"mcp-security.authorization-servers[0].audiences=10000000-0000-0000-0000-000000000001" })
@AutoConfigureTestAuthorizationServer
class StatelessNeedToKnowTests {

	@Autowired
	private McpTestClient mcp;

	@Test
	void tokensHaveTheShapeAndTheAudienceOfTheProvider(@Autowired TestAuthorizationServer server) throws Exception {
		assertThat(server.token().scope("research:browse").claims().getClaims()).containsEntry("scp", "research:browse")
			.containsKey("azp")
			.doesNotContainKeys("scope", "client_id");
		assertThat(server.token().claims().getAudience()).containsExactly("10000000-0000-0000-0000-000000000001");
		assertThat(this.mcp.as("alice", "research:browse").call("browse_records")).hasText("Water levels");
	}

	@Test
	void whatACallerMayNotUseDoesNotExist() {
		McpTestClient alice = this.mcp.as("alice", "research:browse");
		assertThat(alice.tools()).lists("server_time", "who_am_i", "close_archive", "browse_records");
		assertThat(alice.call("purge_records")).isError(-32602);
	}

	@Test
	void theContractHoldsForWhatIsHiddenAndForWhatIsPublic(@Autowired McpSecurityContract contract) {
		assertThat(this.mcp.call("server_time")).hasText("noon");
		contract.open("server_time", "who_am_i").verify();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(contract.open("who_am_i")::verify)
			.withMessageContaining("tool 'server_time' is not refused without a token (public");
	}

}
