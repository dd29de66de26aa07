package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import org.htmlunit.StringWebResponse;
import org.htmlunit.WebClient;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.html.HtmlCheckBoxInput;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.util.WebConnectionWrapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The sample with its own authorization server, in front of a Keycloak that only signs
 * users in: with one client for OpenID Connect, and no knowledge of MCP clients,
 * resources or scopes.
 */
@SpringBootTest(webEnvironment = WebEnvironment.DEFINED_PORT)
@DisabledIfSystemProperty(named = "keycloak.skip", matches = "true")
class KeycloakFederationTests {

	private static final int PORT = TestSocketUtils.findAvailableTcpPort();

	private static final String ISSUER = "http://localhost:" + PORT;

	private static final String RESOURCE = ISSUER + "/mcp";

	private static final String CALLBACK = "http://localhost:49152/callback";

	private static final String BROWSE = "research:browse";

	private static final String PURGE = "research:purge";

	private final OAuthClient client = new OAuthClient(ISSUER);

	@DynamicPropertySource
	static void federation(DynamicPropertyRegistry properties) {
		properties.add("server.port", () -> PORT);
		properties.add("mcp-authorization-server.issuer", () -> ISSUER);
		properties.add("mcp-security.resource", () -> RESOURCE);
		properties.add("spring.security.oauth2.client.registration.keycloak.client-id", () -> "mcp-front");
		properties.add("spring.security.oauth2.client.registration.keycloak.client-secret", () -> "mcp-front-secret");
		properties.add("spring.security.oauth2.client.registration.keycloak.client-name", () -> "Keycloak");
		properties.add("spring.security.oauth2.client.registration.keycloak.scope", () -> "openid,profile");
		properties.add("spring.security.oauth2.client.provider.keycloak.issuer-uri",
				() -> KeycloakServer.shared().issuer());
		properties.add("mcp-authorization-server.federation.keycloak.roles-claim", () -> "realm_access.roles");
		properties.add("mcp-authorization-server.federation.keycloak.roles.analyst", () -> "ANALYST");
		properties.add("mcp-authorization-server.federation.keycloak.roles.admin", () -> "ADMIN");
	}

	@BeforeAll
	static void addClient() {
		new KeycloakAdmin(KeycloakServer.shared()).addClient(Map.of("clientId", "mcp-front", "secret",
				"mcp-front-secret", "publicClient", false, "standardFlowEnabled", true, "redirectUris",
				List.of(ISSUER + "/login/oauth2/code/keycloak"), "fullScopeAllowed", true, "optionalClientScopes",
				List.of("profile"), "attributes", Map.of("pkce.code.challenge.method", "S256"), "protocolMappers",
				List.of(Map.of("name", "roles", "protocol", "openid-connect", "protocolMapper",
						"oidc-usermodel-realm-role-mapper", "config", Map.of("claim.name", "realm_access.roles",
								"multivalued", "true", "jsonType.label", "String", "id.token.claim", "true")))));
	}

	@Test
	void journeyFromRegistrationToStepUpAndRefresh() {
		String clientId = this.client.register(CALLBACK, BROWSE + " " + PURGE);
		try (Browser alice = new Browser("alice"); Browser bob = new Browser("bob")) {
			// The user signs in at Keycloak, and consents here to what the client may
			// have.
			OAuthClient.Answer tokens = authorize(alice, clientId, BROWSE);
			assertThat(alice.pages).containsExactly("choice", "keycloak", "consent");
			assertThat(tokens.claims().get("sub").toString()).startsWith("keycloak|").doesNotContain("alice");
			assertThat(tokens.scopes()).containsExactly(BROWSE);
			assertThat(call(tokens, "browse_records").text()).contains("Water levels");

			// Step-up: the client asks for more, and the user is asked, but need not sign
			// in.
			McpResponse denied = call(tokens, "purge_records");
			assertThat(denied.status()).isEqualTo(403);
			assertThat(denied.challenge("scope")).isEqualTo(PURGE + " " + BROWSE);
			bob.widen(clientId);
			OAuthClient.Answer less = authorize(alice, clientId, PURGE, BROWSE);
			assertThat(alice.pages).containsExactly("consent");
			assertThat(less.scopes()).as("an analyst's").containsExactly(BROWSE);
			OAuthClient.Answer more = authorize(bob, clientId, PURGE, BROWSE);
			assertThat(more.scopes()).containsExactlyInAnyOrder(BROWSE, PURGE);
			assertThat(call(more, "purge_records").text()).isEqualTo("Records deleted: 0");

			// Refresh, without Keycloak.
			OAuthClient.Answer refreshed = this.client.token(null, "grant_type", "refresh_token", "client_id", clientId,
					"refresh_token", more.text("refresh_token"));
			assertThat(refreshed.claims()).containsEntry("sub", more.claims().get("sub"));
			assertThat(call(refreshed, "purge_records").text()).isEqualTo("Records deleted: 0");

			assertThat(alice.requestsToKeycloak).singleElement()
				.satisfies((request) -> assertThat(request).containsEntry("client_id", "mcp-front")
					.containsEntry("scope", "openid profile")
					.containsOnlyKeys("response_type", "client_id", "scope", "state", "redirect_uri", "nonce",
							"code_challenge", "code_challenge_method"));
		}
	}

	@Test
	void userWithoutMappedRoleIsNotSignedIn() {
		String clientId = this.client.register(CALLBACK, BROWSE);
		try (Browser carol = new Browser("carol")) {
			HtmlPage page = carol.open(request(clientId, BROWSE).url());
			assertThat(page.getWebResponse().getStatusCode()).isEqualTo(403);
			assertThat(page.asNormalizedText()).contains("your account has no role here");
			assertThat(carol.answer).isNull();
		}
	}

	private OAuthClient.Answer authorize(Browser user, String clientId, String... scopes) {
		AuthorizationRequest request = request(clientId, scopes);
		user.open(request.url());
		assertThat(user.answer).containsEntry("iss", ISSUER).containsEntry("state", request.parameter("state"));
		return this.client.redeem(request, user.answer.get("code"), "resource", RESOURCE);
	}

	private static AuthorizationRequest request(String clientId, String... scopes) {
		return new AuthorizationRequest(ISSUER, clientId, CALLBACK).scope(scopes).resource(RESOURCE);
	}

	private static McpResponse call(OAuthClient.Answer tokens, String tool) {
		return new McpTestClient(URI.create(RESOURCE), null).withToken(tokens.accessToken())
			.call(tool, tool.equals("purge_records") ? Map.of("before", "1900-01-01") : Map.of());
	}

	/**
	 * A user in front of a browser, who signs in at Keycloak and allows everything.
	 */
	private static final class Browser implements AutoCloseable {

		private final WebClient web = new WebClient();

		private final String user;

		private final List<String> pages = new ArrayList<>();

		private final List<Map<String, String>> requestsToKeycloak = new ArrayList<>();

		private Map<String, String> answer;

		Browser(String user) {
			this.user = user;
			this.web.getOptions().setJavaScriptEnabled(false);
			this.web.getOptions().setCssEnabled(false);
			this.web.getOptions().setThrowExceptionOnFailingStatusCode(false);
			this.web.setWebConnection(new WebConnectionWrapper(this.web) {

				@Override
				public WebResponse getResponse(WebRequest request) throws IOException {
					if (request.getUrl().toString().startsWith(CALLBACK)) {
						Browser.this.answer = parameters(request.getUrl().getQuery());
						return new StringWebResponse("<html><title>Client</title></html>", request.getUrl());
					}
					if (request.getUrl().getPath().endsWith("/protocol/openid-connect/auth")) {
						Browser.this.requestsToKeycloak.add(parameters(request.getUrl().getQuery()));
					}
					WebResponse response = super.getResponse(request);
					KeycloakUser.trustLoopback(Browser.this.web.getCookieManager());
					return response;
				}

			});
		}

		/**
		 * Open an address, and go on until nothing is asked any more.
		 */
		HtmlPage open(String url) {
			this.answer = null;
			this.pages.clear();
			try {
				HtmlPage page = this.web.getPage(url);
				while (this.answer == null && page.getWebResponse().getStatusCode() == 200 && this.pages.size() < 5) {
					HtmlElement next = next(page);
					if (next == null) {
						break;
					}
					page = next.click();
				}
				return page;
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		private HtmlElement next(HtmlPage page) {
			if (page.getElementById("kc-form-login") instanceof HtmlForm login) {
				this.pages.add("keycloak");
				login.<HtmlInput>getInputByName("username").setValue(this.user);
				login.<HtmlInput>getInputByName("password").setValue(this.user);
				return login.getFirstByXPath(".//*[@name='login']");
			}
			if (page.getElementById("providers") instanceof HtmlElement providers) {
				this.pages.add("choice");
				return providers.getFirstByXPath(".//a[@href='/oauth2/authorization/keycloak']");
			}
			if (page.getElementById("allow") instanceof HtmlForm consent) {
				this.pages.add("consent");
				for (HtmlInput scope : consent.getInputsByName("scope")) {
					((HtmlCheckBoxInput) scope).setChecked(true);
				}
				return consent.getFirstByXPath(".//button");
			}
			return null;
		}

		void widen(String clientId) {
			HtmlPage clients = open(ISSUER + "/admin/clients");
			HtmlForm form = clients.getFirstByXPath("//form[input[@name='client' and @value='" + clientId + "']]");
			((HtmlCheckBoxInput) form.getFirstByXPath(".//input[@value='" + PURGE + "']")).setChecked(true);
			try {
				form.<HtmlElement>getFirstByXPath(".//button").click();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		private static Map<String, String> parameters(String query) {
			Map<String, String> parameters = new LinkedHashMap<>();
			for (String parameter : query.split("&")) {
				String[] parts = parameter.split("=", 2);
				parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
			}
			return parameters;
		}

		@Override
		public void close() {
			this.web.close();
		}

	}

}
