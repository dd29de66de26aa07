package io.mcpsecurity.sample.authorizationserver;

import java.io.IOException;
import java.net.URI;
import java.util.List;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.SampleTestBase;
import org.htmlunit.HttpMethod;
import org.htmlunit.Page;
import org.htmlunit.WebRequest;
import org.htmlunit.html.HtmlCheckBoxInput;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.util.NameValuePair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The administrator's page.
 */
class ClientsPageTests extends SampleTestBase {

	private static final String CALLBACK = "http://127.0.0.1:7777/callback";

	private static final String PAGE = ISSUER + "/admin/clients";

	@Test
	void scopeAddedByAdministratorIsGranted() {
		String clientId = this.client.register(CALLBACK, BROWSE);
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, clientId, CALLBACK).scope(BROWSE, EXPORT)
			.resource(RESOURCE);
		try (BrowserSession alice = browser(); BrowserSession bob = browser()) {
			String narrow = alice.authorize(request, "alice", BROWSE, EXPORT).get("code");
			assertThat(this.client.redeem(request, narrow).scopes()).containsExactly(BROWSE);
			HtmlPage clients = (HtmlPage) bob.signInIfAsked(bob.open(PAGE), "bob");
			HtmlForm form = formOf(clients, clientId);
			((HtmlCheckBoxInput) form.getFirstByXPath(".//input[@value='" + EXPORT + "']")).setChecked(true);
			HtmlPage updated = (HtmlPage) bob.submit(form);
			assertThat(updated.asNormalizedText()).contains("Changed " + clientId);
			String code = alice.authorize(request, "alice", BROWSE, EXPORT).get("code");
			assertThat(this.client.redeem(request, code).scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
		}
	}

	@Test
	void scopeRemovedByAdministratorIsNotGrantedEvenForIssuedCode() {
		String clientId = this.client.register(CALLBACK, BROWSE);
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, clientId, CALLBACK).scope(BROWSE)
			.resource(RESOURCE);
		try (BrowserSession alice = browser(); BrowserSession bob = browser()) {
			String code = alice.authorize(request, "alice", BROWSE).get("code");
			HtmlForm form = formOf((HtmlPage) bob.signInIfAsked(bob.open(PAGE), "bob"), clientId);
			form.getInputsByName("scope").forEach((input) -> input.setChecked(false));
			bob.submit(form);
			assertThat(this.client.redeem(request, code).claims()).doesNotContainKey("scope");
			assertThat(alice.authorize(request, "alice", BROWSE)).containsEntry("error", "invalid_scope");
		}
	}

	@Test
	void pageListsClientsAndSelfRegistration() {
		String clientId = this.client.register(CALLBACK, BROWSE);
		try (BrowserSession bob = browser()) {
			HtmlPage clients = (HtmlPage) bob.signInIfAsked(bob.open(PAGE), "bob");
			assertThat(sectionOf(clients, clientId)).contains("Test client", "registered itself", CALLBACK);
			assertThat(sectionOf(clients, "mcp-inspector")).contains("MCP Inspector", INSPECTOR_CALLBACK)
				.doesNotContain("registered itself");
			assertThat(clients.asNormalizedText()).contains("analyst-agent", "admin-agent");
			assertThat(clients.getWebResponse().getContentAsString()).doesNotContain("bcrypt", "analyst-secret");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "alice", "carol" })
	void otherUsersAreForbidden(String user) {
		try (BrowserSession browser = browser()) {
			Page page = browser.signInIfAsked(browser.open(PAGE), user);
			assertThat(page.getWebResponse().getStatusCode()).isEqualTo(403);
			assertThat(((HtmlPage) page).asNormalizedText()).contains("Your account may not do this")
				.doesNotContain("mcp-inspector");
		}
	}

	@Test
	void otherUsersCannotChangeClients() throws IOException {
		String clientId = this.client.register(CALLBACK, BROWSE);
		try (BrowserSession alice = browser()) {
			HtmlPage page = (HtmlPage) alice.signInIfAsked(alice.open(ISSUER + "/login"), "alice");
			String token = page.<HtmlInput>getFirstByXPath("//input[@name='_csrf']").getValue();
			Page refused = post(alice, new NameValuePair("client", clientId), new NameValuePair("scope", PURGE),
					new NameValuePair("_csrf", token));
			assertThat(refused.getWebResponse().getStatusCode()).isEqualTo(403);
		}
	}

	@Test
	void changeWithoutCsrfTokenIsRefused() throws IOException {
		String clientId = this.client.register(CALLBACK, BROWSE);
		try (BrowserSession bob = browser()) {
			bob.signInIfAsked(bob.open(PAGE), "bob");
			Page refused = post(bob, new NameValuePair("client", clientId), new NameValuePair("scope", PURGE));
			assertThat(refused.getWebResponse().getStatusCode()).isEqualTo(403);
			HtmlForm form = formOf((HtmlPage) bob.open(PAGE), clientId);
			assertThat(((HtmlCheckBoxInput) form.getFirstByXPath(".//input[@value='" + PURGE + "']")).isChecked())
				.isFalse();
		}
	}

	@Test
	void unknownScopeOrClientIsRefused() {
		try (BrowserSession bob = browser()) {
			HtmlForm form = formOf((HtmlPage) bob.signInIfAsked(bob.open(PAGE), "bob"), "mcp-inspector");
			form.getInputsByName("scope").get(0).setValueAttribute("admin");
			assertThat(bob.submit(form).getWebResponse().getStatusCode()).isEqualTo(400);
			form = formOf((HtmlPage) bob.open(PAGE), "mcp-inspector");
			form.<HtmlInput>getInputByName("client").setValue("nobody");
			assertThat(bob.submit(form).getWebResponse().getStatusCode()).isEqualTo(404);
		}
	}

	private static Page post(BrowserSession browser, NameValuePair... parameters) throws IOException {
		WebRequest request = new WebRequest(URI.create(PAGE).toURL(), HttpMethod.POST);
		request.setRequestParameters(List.of(parameters));
		return browser.browser().getPage(request);
	}

	/** Change the scopes of a client, as the administrator. */
	static void setScopes(String clientId, String... scopes) {
		try (BrowserSession bob = browser()) {
			HtmlForm form = formOf((HtmlPage) bob.signInIfAsked(bob.open(PAGE), "bob"), clientId);
			form.getInputsByName("scope")
				.forEach((input) -> input.setChecked(List.of(scopes).contains(input.getValueAttribute())));
			bob.submit(form);
		}
	}

	static HtmlForm formOf(HtmlPage page, String clientId) {
		return page.getFirstByXPath("//form[input[@name='client' and @value='" + clientId + "']]");
	}

	private static String sectionOf(HtmlPage page, String clientId) {
		return formOf(page, clientId).getParentNode().asNormalizedText();
	}

}
