package io.mcpsecurity.sample.authorizationserver;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which of the requested scopes are granted (RFC 6749 section 3.3): the part that the
 * client and the user may have, whatever else is requested.
 */
class GrantedScopesTests extends SampleTestBase {

	private static final String CALLBACK = "http://127.0.0.1:7777/callback";

	private static final String EVERYTHING = BROWSE + " " + EXPORT + " " + PURGE;

	@ParameterizedTest
	@NullAndEmptySource
	@ValueSource(strings = { BROWSE, EVERYTHING, PURGE, "offline_access", "openid profile email", "research:unknown",
			EVERYTHING + " offline_access research:unknown" })
	void registrationReturnsScopesThatClientIsAllowed(String scope) {
		Answer registration = register(scope);
		assertThat(registration.status()).isEqualTo(201);
		assertThat(registration.text("scope")).isEqualTo(BROWSE);
	}

	@ParameterizedTest
	@NullAndEmptySource
	@ValueSource(strings = { BROWSE, EVERYTHING, "offline_access", "openid profile email", BROWSE + " research:unknown",
			EVERYTHING + " offline_access research:unknown", BROWSE + "  " + EXPORT + " " })
	void selfRegisteredClientGetsOnlyAllowedScopes(String scope) {
		AuthorizationRequest request = requestOfNewClient(scope);
		try (BrowserSession browser = browser()) {
			Map<String, String> answer = browser.authorize(request, "alice", BROWSE);
			Answer tokens = this.client.redeem(request, answer.get("code"));
			assertThat(tokens.text("scope")).isEqualTo(BROWSE);
			assertThat(tokens.scopes()).containsExactly(BROWSE);
			assertThat(tokens.audience()).containsExactly(RESOURCE);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "alice", "bob" })
	void pagesShowOnlyGrantableScopes(String user) {
		AuthorizationRequest request = requestOfNewClient(EVERYTHING + " research:unknown");
		try (BrowserSession browser = browser()) {
			HtmlPage login = (HtmlPage) browser.open(request.url());
			HtmlPage consent = (HtmlPage) browser.signInIfAsked(login, user);
			for (HtmlPage page : List.of(login, consent)) {
				assertThat(page.asNormalizedText()).contains(BROWSE).doesNotContain(EXPORT, PURGE, "unknown");
			}
			assertThat(BrowserSession.form(consent, "allow").getInputsByName("scope"))
				.extracting(HtmlInput::getValueAttribute)
				.containsExactly(BROWSE);
			assertThat(consent.getElementById("withheld")).isNull();
		}
	}

	@Test
	void consentPageDoesNotOfferScopesRemovedFromClient() {
		AuthorizationRequest request = requestOfNewClient(EVERYTHING);
		try (BrowserSession alice = browser(); BrowserSession bob = browser()) {
			HtmlPage consent = alice.consentPage(request, "alice");
			HtmlPage clients = (HtmlPage) bob.signInIfAsked(bob.open(ISSUER + "/admin/clients"), "bob");
			var form = ClientsPageTests.formOf(clients, request.parameter("client_id"));
			form.getInputsByName("scope").forEach((input) -> input.setChecked(false));
			bob.submit(form);
			HtmlPage reloaded = (HtmlPage) alice.open(consent.getUrl().toString());
			assertThat(reloaded.getElementById("allow")).isNull();
		}
	}

	@Test
	void onlyScopesAllowedForUserAreGranted() {
		AuthorizationRequest request = inspectorRequest(BROWSE, EXPORT, PURGE, "offline_access");
		try (BrowserSession browser = browser()) {
			Map<String, String> answer = browser.authorize(request, "alice", BROWSE, EXPORT, PURGE);
			Answer tokens = this.client.redeem(request, answer.get("code"));
			assertThat(tokens.text("scope").split(" ")).containsExactlyInAnyOrder(BROWSE, EXPORT);
			assertThat(tokens.scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { EXPORT, PURGE + " " + EXPORT, "research:unknown", PURGE + " offline_access" })
	void whenClientIsAllowedNoRequestedScopeThenInvalidScope(String scope) {
		AuthorizationRequest request = requestOfNewClient(scope);
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "bob", BROWSE)).containsEntry("error", "invalid_scope")
				.containsEntry("error_description",
						"Nothing is left to grant: the client may have none of the requested scopes")
				.containsEntry("state", request.parameter("state"))
				.containsEntry("iss", ISSUER);
		}
	}

	@ParameterizedTest
	@NullAndEmptySource
	@ValueSource(strings = { BROWSE, EVERYTHING })
	void whenUserMayGrantNoRequestedScopeThenAccessDenied(String scope) {
		AuthorizationRequest request = requestOfNewClient(scope);
		try (BrowserSession browser = browser()) {
			HtmlPage consent = browser.consentPage(request, "carol");
			assertThat(consent.getElementById("allow")).isNull();
			assertThat(consent.getElementById("nothing").getTextContent()).contains("nothing that you could allow");
			browser.deny(consent);
			assertThat(browser.answer()).containsEntry("error", "access_denied")
				.containsEntry("error_description",
						"Nothing is left to grant: the user may grant none of the requested scopes")
				.doesNotContainKey("code");
		}
	}

	@Test
	void whenUserDeniesThenErrorDescriptionIsNothingGranted() {
		AuthorizationRequest request = requestOfNewClient(EVERYTHING);
		try (BrowserSession browser = browser()) {
			assertThat(browser.authorize(request, "alice")).containsEntry("error", "access_denied")
				.containsEntry("error_description", "Nothing was granted");
		}
	}

	@Test
	void whenNoScopeThenNarrowestScopeOfClientIsRequested() {
		AuthorizationRequest request = requestOfNewClient(null);
		try (BrowserSession alice = browser(); BrowserSession bob = browser()) {
			HtmlPage clients = (HtmlPage) bob.signInIfAsked(bob.open(ISSUER + "/admin/clients"), "bob");
			var form = ClientsPageTests.formOf(clients, request.parameter("client_id"));
			form.getInputsByName("scope")
				.forEach((input) -> input.setChecked(!input.getValueAttribute().equals(BROWSE)));
			bob.submit(form);
			Map<String, String> answer = alice.authorize(request, "alice", EXPORT);
			assertThat(this.client.redeem(request, answer.get("code")).scopes()).containsExactly(EXPORT);
		}
	}

	private AuthorizationRequest requestOfNewClient(String scope) {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, register(scope).text("client_id"), CALLBACK)
			.resource(RESOURCE);
		return (scope != null) ? request.scope(scope) : request;
	}

	private Answer register(String scope) {
		Map<String, Object> metadata = new HashMap<>(Map.of("client_name", "Test client", "redirect_uris",
				List.of(CALLBACK), "grant_types", List.of("authorization_code", "refresh_token"), "response_types",
				List.of("code"), "token_endpoint_auth_method", "none"));
		if (scope != null) {
			metadata.put("scope", scope);
		}
		return this.client.register(metadata);
	}

}
