package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.SampleTestBase;
import org.htmlunit.Page;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

/**
 * What the pages say, and what they keep browsers from doing.
 */
class PagesTests extends SampleTestBase {

	private static final String CALLBACK = "https://app.example:8443/callback";

	@Test
	void loginAndConsentPagesShowClientScopesAndResource() {
		String clientId = this.client.register(CALLBACK, BROWSE);
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, clientId, CALLBACK).scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = browser()) {
			HtmlPage login = (HtmlPage) browser.open(request.url());
			HtmlPage consent = (HtmlPage) browser.signInIfAsked(login, "alice");
			for (HtmlPage page : List.of(login, consent)) {
				assertThat(page.asNormalizedText()).contains("Test client", clientId, "registered itself",
						"Look at research records", BROWSE, RESOURCE, "app.example:8443");
			}
			assertThat(consent.asNormalizedText()).contains("You are alice");
		}
	}

	@Test
	void everyScopeIsDescribedOnConsentPage() {
		try (BrowserSession browser = browser()) {
			HtmlPage page = browser.consentPage(inspectorRequest(BROWSE, EXPORT, PURGE), "bob");
			assertThat(page.asNormalizedText()).contains("Look at research records",
					"Take copies of research records as CSV or JSON", "Delete research records", "your own computer",
					"localhost:6274");
			assertThat(page.asNormalizedText()).doesNotContain("registered itself");
		}
	}

	@Test
	void dangerousScopeIsMarkedAndNotSelectedBeforehand() {
		AuthorizationRequest request = inspectorRequest(BROWSE, EXPORT, PURGE);
		try (BrowserSession browser = browser()) {
			HtmlPage page = browser.consentPage(request, "bob");
			HtmlForm form = BrowserSession.form(page, "allow");
			assertThat(form.getInputsByName("scope")).filteredOn(HtmlInput::isChecked)
				.extracting(HtmlInput::getValueAttribute)
				.containsExactly(BROWSE, EXPORT);
			assertThat(form.<HtmlElement>getByXPath(".//label[contains(@class, 'dangerous')]"))
				.extracting(HtmlElement::asNormalizedText)
				.singleElement(as(STRING))
				.contains("Delete research records", "dangerous", PURGE);
			browser.submit(form);
			assertThat(this.client.redeem(request, browser.answer().get("code")).scopes())
				.containsExactlyInAnyOrder(BROWSE, EXPORT);
		}
	}

	@Test
	void clientWithPrivateUseSchemeGetsCode() {
		String callback = "cursor://anysphere.cursor-mcp/callback";
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, this.client.register(callback, BROWSE),
				callback)
			.scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = browser()) {
			HtmlPage consent = browser.consentPage(request, "alice");
			assertThat(consent.getElementById("destination").getTextContent()).contains("cursor:");
			browser.allow(consent, BROWSE);
			assertThat(this.client.redeem(request, browser.answer().get("code")).scopes()).containsExactly(BROWSE);
		}
	}

	@ParameterizedTest
	@CsvSource({ "alice, false", "bob, true" })
	void homePageFollowsSignInWithoutClient(String user, boolean administrator) {
		try (BrowserSession browser = browser()) {
			HtmlPage home = (HtmlPage) browser.signInIfAsked(browser.open(ISSUER + "/"), user);
			assertThat(home.getWebResponse().getStatusCode()).isEqualTo(200);
			assertThat(home.getUrl()).hasPath("/");
			assertThat(home.asNormalizedText().contains("Open the console")).isEqualTo(administrator);
			HtmlPage login = (HtmlPage) browser.open(ISSUER + "/login");
			assertThat(login.asNormalizedText()).contains("You are signed in");
		}
	}

	@Test
	void consentPageShowsMissingResource() {
		try (BrowserSession browser = browser()) {
			HtmlPage page = browser.consentPage(inspectorRequest(BROWSE).without("resource"), "alice");
			assertThat(page.asNormalizedText()).contains("no particular resource");
		}
	}

	@Test
	void clientMetadataIsEscaped() {
		String name = "<script>alert('1')</script><b title=\"x\">&amp;";
		String clientId = this.client.register(Map.of("client_name", name, "redirect_uris",
				List.of("https://app.example/?a='b'&c=d"), "token_endpoint_auth_method", "none"))
			.text("client_id");
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, clientId, "https://app.example/?a='b'&c=d")
			.scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = browser(); BrowserSession bob = browser()) {
			HtmlPage login = (HtmlPage) browser.open(request.url());
			HtmlPage consent = (HtmlPage) browser.signInIfAsked(login, "alice");
			HtmlPage clients = (HtmlPage) bob.signInIfAsked(bob.open(ISSUER + "/admin/clients"), "bob");
			for (HtmlPage page : List.of(login, consent, clients)) {
				assertThat(page.asNormalizedText()).contains(name);
				assertThat(page.getWebResponse().getContentAsString()).doesNotContain("<script", "<b title");
			}
		}
	}

	@Test
	void pagesHaveStrictSecurityHeaders() {
		try (BrowserSession browser = browser()) {
			HtmlPage login = (HtmlPage) browser.open(inspectorRequest(BROWSE).url());
			assertThat(policy(login)).isEqualTo("default-src 'none'; style-src 'self'; form-action 'self'; "
					+ "frame-ancestors 'none'; base-uri 'none'");
			HtmlPage consent = (HtmlPage) browser.signInIfAsked(login, "alice");
			for (HtmlPage page : List.of(login, consent)) {
				assertThat(page.getWebResponse().getResponseHeaderValue("Referrer-Policy")).isEqualTo("no-referrer");
				assertThat(page.getWebResponse().getResponseHeaderValue("X-Frame-Options")).isEqualTo("DENY");
				assertThat(page.getWebResponse().getResponseHeaderValue("Cache-Control")).contains("no-store");
			}
			Page style = browser.open(ISSUER + "/styles/authorization-server.css");
			assertThat(style.getWebResponse().getStatusCode()).isEqualTo(200);
			assertThat(style.getWebResponse().getContentType()).isEqualTo("text/css");
		}
	}

	@ParameterizedTest
	@CsvSource({ "https://app.example:8443/callback, https://app.example:8443",
			"https://app.example/callback, https://app.example", "http://127.0.0.1:7/a, http://127.0.0.1:7",
			"http://[::1]:7/a, http:", "cursor://anysphere.cursor-mcp/callback, cursor:" })
	void consentPageAllowsFormRedirectToClient(String redirectUri, String source) {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, this.client.register(redirectUri, BROWSE),
				redirectUri)
			.scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession browser = browser()) {
			assertThat(policy(browser.consentPage(request, "alice"))).contains("form-action 'self' " + source + ";");
		}
	}

	@Test
	void consentPageWithoutPendingRequestIsRefused() {
		try (BrowserSession browser = browser()) {
			browser.signInIfAsked(browser.open(ISSUER + "/login"), "alice");
			for (String state : List.of("", "unknown")) {
				Page page = browser
					.open(ISSUER + "/consent?client_id=mcp-inspector&scope=" + BROWSE + "&state=" + state);
				assertThat(page.getWebResponse().getStatusCode()).isEqualTo(400);
			}
		}
	}

	@Test
	void userSignsInAndOutWithoutAuthorizationRequest() {
		try (BrowserSession browser = browser()) {
			HtmlPage login = (HtmlPage) browser.open(ISSUER + "/login");
			assertThat(login.asNormalizedText()).doesNotContain("application");
			HtmlPage signedIn = (HtmlPage) browser.signInIfAsked(login, "alice");
			assertThat(signedIn.asNormalizedText()).contains("You are signed in", "alice")
				.doesNotContain("registered clients");
			HtmlPage signedOut = (HtmlPage) browser.submit(BrowserSession.form(signedIn, "logout"));
			assertThat(signedOut.asNormalizedText()).contains("You are signed out");
		}
	}

	private static String policy(HtmlPage page) {
		return page.getWebResponse().getResponseHeaderValue("Content-Security-Policy");
	}

}
