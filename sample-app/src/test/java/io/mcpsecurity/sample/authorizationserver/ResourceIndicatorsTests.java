package io.mcpsecurity.sample.authorizationserver;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which resources a token is for (RFC 8707).
 */
class ResourceIndicatorsTests extends SampleTestBase {

	private static final String UNKNOWN = "https://other.example/mcp";

	@Test
	void whenTokenRequestHasNoResourceThenAuthorizedResourceIsAudience() {
		AuthorizationRequest request = inspectorRequest(BROWSE);
		assertThat(this.client.redeem(request, code(request)).audience()).containsExactly(RESOURCE);
	}

	@Test
	void authorizedResourceIsAcceptedInTokenRequest() {
		AuthorizationRequest request = inspectorRequest(BROWSE);
		assertThat(this.client.redeem(request, code(request), "resource", RESOURCE).audience())
			.containsExactly(RESOURCE);
	}

	@Test
	void whenNoResourceThenAudienceIsClient() {
		AuthorizationRequest request = inspectorRequest(BROWSE).without("resource");
		assertThat(this.client.redeem(request, code(request)).audience()).containsExactly("mcp-inspector");
	}

	@Test
	void resourceThatWasNotAuthorizedIsRefused() {
		AuthorizationRequest request = inspectorRequest(BROWSE).without("resource");
		assertInvalidTarget(this.client.redeem(request, code(request), "resource", RESOURCE));
	}

	@Test
	void unknownResourceIsRefusedAtTheTokenEndpoint() {
		AuthorizationRequest request = inspectorRequest(BROWSE);
		assertInvalidTarget(this.client.redeem(request, code(request), "resource", UNKNOWN));
		assertInvalidTarget(this.client.clientCredentials("analyst-agent:analyst-secret", "resource", UNKNOWN));
		assertInvalidTarget(this.client.clientCredentials("analyst-agent:analyst-secret", "resource", RESOURCE + "/"));
		assertInvalidTarget(this.client.clientCredentials("analyst-agent:analyst-secret", "resource", ""));
	}

	@Test
	void unknownResourceIsRefusedAtTheAuthorizationEndpoint() {
		AuthorizationRequest request = inspectorRequest(BROWSE).without("resource").resource(UNKNOWN);
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsEntry("error", "invalid_target")
				.containsEntry("state", request.parameter("state"))
				.containsEntry("iss", ISSUER)
				.doesNotContainKey("code");
		}
	}

	@Test
	void unknownResourceAmongSeveralIsRefused() {
		AuthorizationRequest request = inspectorRequest(BROWSE).resource(UNKNOWN);
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsEntry("error", "invalid_target");
		}
		assertInvalidTarget(this.client.clientCredentials("analyst-agent:analyst-secret", "resource", RESOURCE,
				"resource", UNKNOWN));
	}

	@Test
	void severalKnownResourcesAreAccepted() {
		AuthorizationRequest request = inspectorRequest(BROWSE).resource(RESOURCE);
		assertThat(this.client.redeem(request, code(request)).audience()).containsExactly(RESOURCE);
		assertThat(this.client
			.clientCredentials("analyst-agent:analyst-secret", "resource", RESOURCE, "resource", RESOURCE)
			.audience()).containsExactly(RESOURCE);
	}

	private String code(AuthorizationRequest request) {
		try (BrowserSession browser = browser()) {
			return browser.authorize(request, "alice", BROWSE).get("code");
		}
	}

	private static void assertInvalidTarget(Answer answer) {
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.body()).containsEntry("error", "invalid_target").doesNotContainKey("access_token");
	}

}
