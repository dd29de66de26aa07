package io.mcpsecurity.test.context;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import com.example.research.ResearchApplication;
import com.example.research.ResearchTools;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpResponseAssert;
import io.mcpsecurity.test.McpTestClient;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TokenShape;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Each assertion holds for one kind of response, and fails for the others. The contract
 * finds each thing that is open, and each exception that is wrong.
 */
@SpringBootTest(classes = ResearchApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureTestAuthorizationServer
class AssertionsTests {

	@Autowired
	private McpTestClient mcp;

	@Test
	void eachKindOfResponseIsRecognized() {
		McpTestClient alice = this.mcp.as("alice", "research:purge");
		Map<Function<McpResponseAssert, McpResponseAssert>, McpResponse> kinds = Map.of(McpResponseAssert::succeeded,
				alice.call("server_time"), McpResponseAssert::isUnauthorized, this.mcp.call("server_time"),
				McpResponseAssert::isDenied, alice.call("close_archive"),
				(response) -> response.isStepUpFor("research:browse"), alice.call("browse_records"),
				(response) -> response.isError(-32602), alice.call("no_such_tool"));
		kinds.forEach((assertion, own) -> kinds.values().forEach((response) -> {
			if (response == own) {
				assertion.apply(assertThat(response));
			}
			else {
				assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertion.apply(assertThat(response)));
			}
		}));
	}

	@Test
	void aToolThatFailedHasNotSucceeded() {
		McpResponse failed = this.mcp.as("bob", "research:purge").call("purge_records");
		assertThat(failed).isToolError();
		assertFails(failed, McpResponseAssert::succeeded, "Expected a result, but the response is");
	}

	@Test
	void aStepUpIsForExactlyTheMissingScopes() {
		McpResponse response = this.mcp.as("alice", "research:purge").call("browse_records");
		assertThat(response.challenge("scope")).isEqualTo("research:browse research:purge");
		for (String[] wrong : List.of(new String[0], new String[] { "research:purge" },
				new String[] { "research:browse", "research:purge" }, new String[] { "research:other" })) {
			assertFails(response, (assertion) -> assertion.isStepUpFor(wrong), "the missing scopes");
		}
	}

	@Test
	void textsAndListingsAreCompared() {
		McpTestClient alice = this.mcp.as("alice", "research:browse");
		assertThat(alice.read("research://records/1")).hasText("Record 1").containsText("Record");
		assertThat(alice.prompt("summarize_records")).hasText("Summarize the records");
		assertThat(alice.resourceTemplates()).lists("research://records/{id}");
		assertThat(alice.prompts()).lists("summarize_records").doesNotList("server_time");
		assertThat(alice.resources()).lists();
		assertFails(alice.prompt("summarize_records"), (assertion) -> assertion.hasText("Summarize"), "the text");
		assertFails(alice.prompts(), (assertion) -> assertion.lists("summarize_records", "other"), "other");
		assertFails(alice.prompts(), (assertion) -> assertion.doesNotList("summarize_records"), "summarize_records");
		assertFails(this.mcp.prompts(), McpResponseAssert::lists, "HTTP 401");
	}

	@Test
	void theContractFindsWhatIsOpen(@Autowired McpSecurityContract contract) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(contract::verify)
			.withMessage("tool 'server_time' is not refused without scopes "
					+ "(authenticated, from mcp-security.policy.default-access)\n"
					+ "tool 'who_am_i' is not refused without scopes "
					+ "(authenticated, from mcp-security.policy.default-access)");
	}

	@Test
	void theContractFindsExceptionsThatAreWrong(@Autowired McpSecurityContract contract) {
		McpSecurityContract wrong = contract.open("server_time", "who_am_i", "browse_records", "no_such_tool");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(wrong::verify)
			.withMessage("tool 'browse_records' is named as open, and is refused without scopes "
					+ "(all of [research:browse], from @RequiresScope on ResearchTools.browse)\n"
					+ "'no_such_tool' is named as open, and is not offered");
	}

	@Test
	void theContractDoesNotHoldBecauseItsTokenIsRefused(@Autowired AccessPolicy policy, @LocalServerPort int port) {
		try (TestAuthorizationServer other = TestAuthorizationServer.start()) {
			McpTestClient stranger = new McpTestClient(URI.create("http://localhost:" + port + "/mcp"),
					other.issueFor("https://mcp.example.com/mcp", TokenShape.KEYCLOAK));
			assertThatExceptionOfType(AssertionError.class)
				.isThrownBy(new McpSecurityContract(stranger, policy.ruleBook())::verify)
				.withMessageStartingWith("The token without scopes is not accepted: HTTP 401");
		}
	}

	@Test
	@WithMcpCaller(subject = "alice", scopes = "research:browse", clientId = "agent", claims = "tenant=acme")
	void theSecurityContextOfATestIsThatOfACall(@Autowired TestAuthorizationServer server,
			@Autowired ResearchTools tools) {
		McpTestClient agent = this.mcp
			.as(server.token().subject("alice").scope("research:browse").clientId("agent").claim("tenant", "acme"));
		assertThat(agent.call("who_am_i")).hasText(tools.whoAmI());
	}

	private static void assertFails(McpResponse response, Function<McpResponseAssert, McpResponseAssert> assertion,
			String message) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertion.apply(assertThat(response)))
			.withMessageContaining(message);
	}

}
