package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.htmlunit.Page;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Users who let a client act for them, over the real pages.
 */
class AuthorizationCodeTests extends SampleTestBase {

	@Test
	void analystGrantsSelectedScopes() {
		AuthorizationRequest request = inspectorRequest(BROWSE, EXPORT);
		try (BrowserSession browser = browser()) {
			Map<String, String> answer = browser.authorize(request, "alice", BROWSE, EXPORT);
			Answer tokens = this.client.redeem(request, answer.get("code"));
			String token = tokens.accessToken();
			assertThat(OAuthClient.header(token)).containsEntry("typ", "at+jwt").containsEntry("alg", "RS256");
			Map<String, Object> claims = OAuthClient.claims(token);
			assertThat(claims).containsEntry("iss", ISSUER)
				.containsEntry("sub", "alice")
				.containsEntry("client_id", "mcp-inspector")
				.containsKey("jti");
			assertThat(tokens.audience()).containsExactly(RESOURCE);
			assertThat(tokens.scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
			assertThat(((Number) claims.get("exp")).longValue() - ((Number) claims.get("iat")).longValue())
				.isEqualTo(300);
		}
	}

	@Test
	void deselectedScopesAreNotGrantedEvenIfGrantedBefore() {
		try (BrowserSession browser = browser()) {
			assertThat(grantedScopes(browser, inspectorRequest(BROWSE, EXPORT), "alice", BROWSE, EXPORT))
				.containsExactlyInAnyOrder(BROWSE, EXPORT);
			assertThat(grantedScopes(browser, inspectorRequest(BROWSE, EXPORT), "alice", BROWSE))
				.containsExactly(BROWSE);
		}
	}

	@Test
	void userCanDenyEvenIfAllowedBefore() {
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(inspectorRequest(BROWSE), "alice", BROWSE)).containsKey("code");
			AuthorizationRequest request = inspectorRequest(BROWSE);
			assertThat(browser.authorize(request, "alice")).containsEntry("error", "access_denied")
				.containsEntry("state", request.parameter("state"))
				.containsEntry("iss", ISSUER)
				.doesNotContainKey("code");
		}
	}

	@Test
	void consentPageOffersOnlyScopesOfRole() {
		try (BrowserSession browser = browser()) {
			HtmlPage consent = browser.consentPage(inspectorRequest(BROWSE, EXPORT, PURGE), "alice");
			assertThat(BrowserSession.form(consent, "allow").getInputsByName("scope"))
				.extracting(HtmlInput::getValueAttribute)
				.containsExactly(BROWSE, EXPORT);
			assertThat(consent.getElementById("withheld").getTextContent()).contains("Delete research records");
		}
	}

	@Test
	void scopeBeyondRoleInManipulatedFormIsNotGranted() {
		AuthorizationRequest request = inspectorRequest(BROWSE, PURGE);
		try (BrowserSession browser = browser()) {
			HtmlForm form = BrowserSession.form(browser.consentPage(request, "alice"), "allow");
			addScope(form, PURGE);
			browser.submit(form);
			assertThat(this.client.redeem(request, browser.answer().get("code")).scopes()).containsExactly(BROWSE);
		}
	}

	@Test
	void onlyScopesBeyondRoleInManipulatedFormIsAccessDenied() {
		try (BrowserSession browser = browser()) {
			HtmlForm form = BrowserSession.form(browser.consentPage(inspectorRequest(BROWSE, PURGE), "alice"), "deny");
			addScope(form, PURGE);
			browser.submit(form);
			assertThat(browser.answer()).containsEntry("error", "access_denied");
		}
	}

	@Test
	void scopeNotRequestedInManipulatedFormIsRefused() {
		try (BrowserSession browser = browser()) {
			HtmlForm form = BrowserSession.form(browser.consentPage(inspectorRequest(BROWSE), "bob"), "allow");
			addScope(form, PURGE);
			browser.submit(form);
			assertThat(browser.answer()).containsEntry("error", "invalid_scope").containsEntry("iss", ISSUER);
		}
	}

	@Test
	void administratorGrantsAllScopes() {
		try (BrowserSession browser = browser()) {
			assertThat(grantedScopes(browser, inspectorRequest(BROWSE, EXPORT, PURGE), "bob", BROWSE, EXPORT, PURGE))
				.containsExactlyInAnyOrder(BROWSE, EXPORT, PURGE);
		}
	}

	@Test
	void userWithoutRoleCanOnlyDeny() {
		try (BrowserSession browser = browser()) {
			HtmlPage consent = browser.consentPage(inspectorRequest(BROWSE), "carol");
			assertThat(consent.getElementById("allow")).isNull();
			assertThat(consent.getElementById("nothing").getTextContent()).contains("nothing that you could allow");
			browser.deny(consent);
			assertThat(browser.answer()).containsEntry("error", "access_denied").containsEntry("iss", ISSUER);
		}
	}

	@Test
	void userWithoutRoleGrantsNothingWithManipulatedForm() {
		try (BrowserSession browser = browser()) {
			HtmlForm form = BrowserSession.form(browser.consentPage(inspectorRequest(BROWSE), "carol"), "deny");
			addScope(form, BROWSE);
			browser.submit(form);
			assertThat(browser.answer()).containsEntry("error", "access_denied");
		}
	}

	@Test
	void authorizationResponseContainsIssuerAndState() {
		AuthorizationRequest request = inspectorRequest(BROWSE).without("state").with("state", "a b&c=d/ü");
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsOnlyKeys("code", "state", "iss")
				.containsEntry("iss", ISSUER)
				.containsEntry("state", "a b&c=d/ü");
		}
	}

	@Test
	void errorResponseContainsIssuerAndState() {
		AuthorizationRequest request = inspectorRequest("research:everything");
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice")).containsEntry("error", "invalid_scope")
				.containsEntry("state", request.parameter("state"))
				.containsEntry("iss", ISSUER);
		}
	}

	@Test
	void whenNoScopeThenNarrowestIsRequested() {
		AuthorizationRequest request = inspectorRequest().without("scope");
		try (BrowserSession browser = browser()) {
			assertThat(grantedScopes(browser, request, "bob", BROWSE)).containsExactly(BROWSE);
		}
	}

	@Test
	void requestWithoutPkceIsRefused() {
		AuthorizationRequest request = inspectorRequest(BROWSE).without("code_challenge")
			.without("code_challenge_method");
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsEntry("error", "invalid_request")
				.doesNotContainKey("code");
		}
	}

	@Test
	void plainPkceIsRefused() {
		AuthorizationRequest request = inspectorRequest(BROWSE).without("code_challenge_method")
			.with("code_challenge_method", "plain");
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice", BROWSE)).containsEntry("error", "invalid_request");
			assertThat(browser.authorize(request.without("code_challenge_method"), "alice", BROWSE))
				.containsEntry("error", "invalid_request");
		}
	}

	@Test
	void codeWithWrongVerifierIsRefused() {
		AuthorizationRequest request = inspectorRequest(BROWSE);
		try (BrowserSession browser = browser()) {
			String code = browser.authorize(request, "alice", BROWSE).get("code");
			Answer answer = this.client.token(null, "grant_type", "authorization_code", "code", code, "client_id",
					"mcp-inspector", "redirect_uri", INSPECTOR_CALLBACK, "code_verifier", "x".repeat(43));
			assertThat(answer.body()).containsEntry("error", "invalid_grant");
		}
	}

	@Test
	void codeIsRedeemedOnlyOnce() {
		AuthorizationRequest request = inspectorRequest(BROWSE);
		try (BrowserSession browser = browser()) {
			String code = browser.authorize(request, "alice", BROWSE).get("code");
			assertThat(this.client.redeem(request, code).status()).isEqualTo(200);
			assertThat(this.client.redeem(request, code).body()).containsEntry("error", "invalid_grant");
		}
	}

	@Test
	void otherPortOfLoopbackRedirectUriIsAccepted() {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, "mcp-inspector",
				"http://127.0.0.1:51234/oauth/callback")
			.scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = browser()) {
			assertThat(grantedScopes(browser, request, "alice", BROWSE)).containsExactly(BROWSE);
		}
	}

	@Test
	void unknownRedirectUriIsRefusedWithoutRedirect() {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, "mcp-inspector", "https://evil.example/")
			.scope(BROWSE);
		assertRefusedWithoutRedirect(request);
	}

	@Test
	void unknownClientIsRefusedWithoutRedirect() {
		assertRefusedWithoutRedirect(new AuthorizationRequest(ISSUER, "nobody", INSPECTOR_CALLBACK).scope(BROWSE));
	}

	@Test
	void consentPageOfOtherUserIsNotAccessible() {
		try (BrowserSession alice = browser(); BrowserSession bob = browser()) {
			HtmlPage consent = alice.consentPage(inspectorRequest(BROWSE), "alice");
			bob.signInIfAsked(bob.open(ISSUER + "/login"), "bob");
			Page stolen = bob.open(consent.getUrl().toString());
			assertThat(stolen.getWebResponse().getStatusCode()).isEqualTo(400);
			assertThat(stolen.getWebResponse().getContentAsString()).doesNotContain("mcp-inspector");
		}
	}

	@Test
	void wrongPasswordDoesNotSignIn() {
		try (BrowserSession browser = browser()) {
			HtmlForm form = BrowserSession.form((HtmlPage) browser.open(inspectorRequest(BROWSE).url()), "login");
			form.<HtmlInput>getInputByName("username").setValue("alice");
			form.<HtmlInput>getInputByName("password").setValue("wrong");
			Page page = browser.submit(form);
			assertThat(((HtmlPage) page).asNormalizedText()).contains("do not belong together");
			assertThat(browser.answered()).isFalse();
		}
	}

	private void assertRefusedWithoutRedirect(AuthorizationRequest request) {
		try (BrowserSession browser = browser()) {
			Page page = browser.open(request.url());
			assertThat(page.getWebResponse().getStatusCode()).isEqualTo(400);
			assertThat(((HtmlPage) page).asNormalizedText()).contains("cannot be answered");
			assertThat(browser.answered()).isFalse();
		}
	}

	private List<String> grantedScopes(BrowserSession browser, AuthorizationRequest request, String user,
			String... allowed) {
		return this.client.redeem(request, browser.authorize(request, user, allowed).get("code")).scopes();
	}

	private static void addScope(HtmlForm form, String scope) {
		HtmlInput input = (HtmlInput) ((HtmlPage) form.getPage()).createElement("input");
		input.setAttribute("name", "scope");
		input.setValue(scope);
		form.appendChild(input);
	}

}
