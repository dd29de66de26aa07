package io.mcpsecurity.authorizationserver;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import jakarta.servlet.http.HttpSessionAttributeListener;
import jakarta.servlet.http.HttpSessionBindingEvent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpHeaders;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Users sign in at a provider that knows nothing of MCP; everything else is done here.
 */
@ExtendWith(OutputCaptureExtension.class)
class FederatedSignInTests {

	private static final String RESOURCE = "https://api.example.com/mcp";

	private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

	private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

	private static final HttpClient http = HttpClient.newHttpClient();

	private static StubProvider first;

	private static StubProvider second;

	/** With one provider and no users of its own. */
	private static String single;

	/** With two providers of OpenID Connect, one of OAuth 2.0, and a user of its own. */
	private static String several;

	private static final List<ConfigurableApplicationContext> servers = new CopyOnWriteArrayList<>();

	private final Browser browser = new Browser();

	@BeforeAll
	static void start() throws Exception {
		first = new StubProvider();
		second = new StubProvider();
		single = start(Map.of(), openId("first", first));
		Map<String, String> others = new LinkedHashMap<>(openId("second", second));
		String plain = "spring.security.oauth2.client.registration.plain.";
		others.putAll(Map.of(plain + "client-id", "upstream-client", plain + "client-secret", "upstream-secret",
				plain + "authorization-grant-type", "authorization_code", plain + "scope", "read:user",
				plain + "redirect-uri", "{baseUrl}/login/oauth2/code/{registrationId}"));
		String endpoints = "spring.security.oauth2.client.provider.plain.";
		others.putAll(Map.of(endpoints + "authorization-uri", first.issuer() + "/authorize", endpoints + "token-uri",
				first.issuer() + "/token", endpoints + "user-info-uri", first.issuer() + "/userinfo",
				endpoints + "user-name-attribute", "login", "mcp-authorization-server.federation.plain.subject-claim",
				"id", "mcp-authorization-server.federation.plain.default-roles", "READER",
				"mcp-authorization-server.users.alice.password", "{noop}alice",
				"mcp-authorization-server.users.alice.roles", "READER"));
		several = start(others, openId("first", first));
	}

	private static Map<String, String> openId(String id, StubProvider provider) {
		String registration = "spring.security.oauth2.client.registration." + id + ".";
		String federation = "mcp-authorization-server.federation." + id + ".";
		return Map.of(registration + "client-id", "upstream-client", registration + "client-secret", "upstream-secret",
				registration + "scope", "openid,profile", registration + "client-name", "Provider " + id,
				"spring.security.oauth2.client.provider." + id + ".issuer-uri", provider.issuer(),
				federation + "roles-claim", "groups", federation + "roles.readers", "READER",
				federation + "roles.owners", "OWNER");
	}

	private static String start(Map<String, String> some, Map<String, String> others) {
		int port = TestSocketUtils.findAvailableTcpPort();
		String issuer = "http://localhost:" + port;
		String prefix = "mcp-authorization-server.";
		Map<String, Object> properties = new LinkedHashMap<>(some);
		properties.putAll(others);
		properties.putAll(Map.of("server.port", port, prefix + "issuer", issuer, prefix + "resources[0].identifier",
				RESOURCE, prefix + "resources[0].scopes[0].name", "records:read",
				prefix + "resources[0].scopes[1].name", "records:delete", prefix + "roles.READER", "records:read",
				prefix + "roles.OWNER", "records:read,records:delete", prefix + "registration.scopes",
				"records:read,records:delete", "logging.level.org.springframework.security", "TRACE",
				"logging.level.org.springframework.web", "TRACE"));
		servers.add(new SpringApplicationBuilder(Application.class).properties(properties).run());
		return issuer;
	}

	@AfterAll
	static void stop() {
		servers.forEach(ConfigurableApplicationContext::close);
		first.close();
		second.close();
	}

	@BeforeEach
	void reset() {
		first.reset();
		second.reset();
		Application.sessionValues.clear();
	}

	@Test
	void userSignsInAtTheProviderAndConsentsHere(CapturedOutput output) throws Exception {
		String client = register(single);
		HttpResponse<String> consent = this.browser.open(authorization(single, client, "records:read records:delete"));
		assertThat(consent.uri().getPath()).isEqualTo("/consent");
		assertThat(consent.body()).contains("Alice Example", "Cursor", "value=\"records:read\"")
			.doesNotContain("value=\"records:delete\"");
		Map<String, Object> tokens = redeem(single, client, allow(single, client, consent));
		JWTClaimsSet claims = claims(tokens);
		assertThat(claims.getSubject()).isEqualTo("first|248289761001");
		assertThat(claims.getIssuer()).isEqualTo(single);
		assertThat(claims.getAudience()).containsExactly(RESOURCE);
		assertThat(claims.getStringClaim("scope")).isEqualTo("records:read");
		Map<String, Object> refreshed = token(single,
				"grant_type=refresh_token&client_id=" + client + "&refresh_token=" + tokens.get("refresh_token"));
		assertThat(claims(refreshed).getSubject()).isEqualTo("first|248289761001");
		assertThat(claims(refreshed).getStringClaim("scope")).isEqualTo("records:read");

		// Nothing of the MCP client's request reaches the provider.
		assertThat(first.authorizations).singleElement().satisfies((request) -> {
			assertThat(request)
				.containsOnlyKeys("response_type", "client_id", "scope", "state", "redirect_uri", "nonce",
						"code_challenge", "code_challenge_method")
				.containsEntry("client_id", "upstream-client")
				.containsEntry("scope", "openid profile")
				.containsEntry("code_challenge_method", "S256")
				.containsEntry("redirect_uri", single + "/login/oauth2/code/first");
			assertThat(request.values()).doesNotContain("client-state", CHALLENGE, client, RESOURCE);
		});
		assertThat(first.redemptions).singleElement()
			.satisfies((request) -> assertThat(request).containsOnlyKeys("grant_type", "code", "redirect_uri",
					"code_verifier"));

		// Nothing of the provider's tokens is kept or logged.
		OAuth2AuthorizedClientService kept = servers.get(0).getBean(OAuth2AuthorizedClientService.class);
		assertThat(kept.<OAuth2AuthorizedClient>loadAuthorizedClient("first", "first|248289761001")).isNull();
		assertThat(Application.sessionValues).isNotEmpty();
		String idToken = first.idTokens.get(first.idTokens.size() - 1);
		assertThat(Application.sessionValues + output.getAll()).doesNotContain(StubProvider.ACCESS_TOKEN, idToken,
				"upstream-secret");
	}

	@Test
	void signedInUserIsAskedForEachClient() throws Exception {
		String approved = register(single);
		allow(single, approved, this.browser.open(authorization(single, approved, "records:read")));
		String other = register(single);
		HttpResponse<String> consent = this.browser.open(authorization(single, other, "records:read"));
		assertThat(consent.uri().getPath()).isEqualTo("/consent");
		assertThat(consent.body()).contains(other);
		assertThat(first.authorizations).hasSize(1);
	}

	@Test
	void signInOfProviderIsBoundToTheBrowserAndChangesItsSession() throws Exception {
		URI request = authorization(single, register(single), "records:read");
		URI upstream = redirect(this.browser.send(redirect(this.browser.send(request))));
		String session = this.browser.session();
		URI response = redirect(this.browser.send(upstream));
		Browser victim = new Browser();
		victim.open(URI.create(single + "/login"));
		assertThat(victim.open(response).statusCode()).isEqualTo(400);
		assertThat(first.redemptions).isEmpty();
		assertThat(victim.open(request).uri().getPath()).isEqualTo("/consent");
		assertThat(this.browser.open(response).uri().getPath()).isEqualTo("/consent");
		assertThat(this.browser.session()).isNotEmpty().isNotEqualTo(session);
		assertThat(this.browser.open(response).statusCode()).as("second use").isEqualTo(400);
	}

	/** A failure is shown in the words of this server, and grants nothing. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			response | error             | access_denied           | 403 | did not sign you in
			response | error             | server_error            | 502 | not available
			response | error             | <script>                | 403 | did not sign you in
			response | iss               | https://other.example   | 400 | not started in this browser
			response | iss               | none                    | 400 | not started in this browser
			response | state             | other                   | 400 | not started in this browser
			down     | /token            |                         | 502 | not available
			down     | /userinfo         |                         | 502 | not available
			forged   | nonce             | other                   | 403 | did not sign you in
			forged   | aud               | other-client            | 403 | did not sign you in
			forged   | iss               | https://other.example   | 403 | did not sign you in
			forged   | sub               | another-user            | 502 | not available
			user     | groups            | strangers               | 403 | no role
			user     | sub               | a\u0007b                | 403 | did not sign you in
			""")
	void failedSignInIsShownAndGrantsNothing(String kind, String name, String value, int status, String text)
			throws Exception {
		switch (kind) {
			case "response" -> first.response = name.equals("error")
					? Map.of("error", value, "error_description", "foreign text", "code", "")
					: Map.of(name, value.equals("none") ? "" : value);
			case "down" -> first.down = name;
			case "forged" -> first.forged = Map.of(name, value);
			default -> {
				first.user = new LinkedHashMap<>(first.user);
				first.user.put(name, value);
			}
		}
		HttpResponse<String> page = this.browser.open(authorization(single, register(single), "records:read"));
		assertThat(page.body()).contains(text)
			.contains("Sign in with Provider first")
			.doesNotContain("foreign text", "<script>");
		assertThat(page.statusCode()).isEqualTo(status);
		assertThat(page.uri().toString()).startsWith(single);
		assertThat(this.browser.open(URI.create(single + "/consent?state=x")).uri().getPath()).isEqualTo("/login");
	}

	@Test
	void providerThatHangsDoesNotHoldTheThread() throws Exception {
		first.hanging = true;
		HttpResponse<String> page = this.browser.open(authorization(single, register(single), "records:read"));
		assertThat(page.statusCode()).isEqualTo(502);
	}

	/** Mix-up: the code of one provider must not be sent to another. */
	@Test
	void responseOfOtherProviderIsRefused() throws Exception {
		URI upstream = redirect(this.browser.send(URI.create(several + "/oauth2/authorization/second")));
		Map<String, String> request = StubProvider.parameters(upstream.getRawQuery());
		URI response = StubProvider.withParameters(several + "/login/oauth2/code/first",
				Map.of("code", "code-of-first", "state", request.get("state"), "iss", second.issuer()));
		assertThat(this.browser.open(response).statusCode()).isEqualTo(400);
		assertThat(first.redemptions).isEmpty();
		assertThat(second.redemptions).isEmpty();
	}

	@Test
	void loginPageOffersEveryWayToSignIn() throws Exception {
		HttpResponse<String> page = this.browser.open(authorization(several, register(several), "records:read"));
		assertThat(page.uri().getPath()).isEqualTo("/login");
		assertThat(page.body()).contains("Sign in with Provider first", "Sign in with Provider second",
				"href=\"/oauth2/authorization/plain\"", "id=\"password\"");
		assertThat(this.browser.open(URI.create(single + "/login")).body()).doesNotContain("id=\"password\"");
	}

	/** Equal names at the providers and here are different users. */
	@ParameterizedTest
	@CsvSource({ "first, first|alice", "second, second|alice", "plain, plain|583231" })
	void subjectContainsTheProvider(String provider, String subject) throws Exception {
		Map<String, Object> alice = Map.of("sub", "alice", "id", 583231, "login", "alice", "groups",
				List.of("readers"));
		first.user = alice;
		second.user = alice;
		String client = register(several);
		URI request = authorization(several, client, "records:read");
		this.browser.open(request);
		HttpResponse<String> consent = this.browser.open(URI.create(several + "/oauth2/authorization/" + provider));
		assertThat(claims(redeem(several, client, allow(several, client, consent))).getSubject()).isEqualTo(subject);
	}

	@Test
	void redirectUriIsIndependentOfHost() throws Exception {
		URI server = URI.create(single);
		try (Socket socket = new Socket("localhost", server.getPort());
				OutputStream request = socket.getOutputStream()) {
			request.write(("GET /oauth2/authorization/first?action=other HTTP/1.1\r\nHost: evil.example\r\n"
					+ "Connection: close\r\n\r\n")
				.getBytes());
			String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(response).contains("302")
				.contains("redirect_uri=" + single + "/login/oauth2/code/first")
				.doesNotContain("evil.example");
		}
	}

	@Test
	void logoutEndsTheSession() throws Exception {
		HttpResponse<String> consent = this.browser.open(authorization(single, register(single), "records:read"));
		String page = this.browser.open(URI.create(single + "/login")).body();
		assertThat(page).contains("Alice Example");
		this.browser.submit(URI.create(single + "/logout"), "_csrf=" + Browser.csrf(page));
		assertThat(this.browser.open(consent.uri()).uri().getPath()).isEqualTo("/login");
		assertThat(this.browser.open(URI.create(single + "/login?logout")).body()).contains("You are signed out");
	}

	@Test
	void otherRegistrationsAreNotUsedForSignIn() throws Exception {
		assertThat(this.browser.send(URI.create(single + "/oauth2/authorization/second")).statusCode()).isEqualTo(302);
		assertThat(redirect(this.browser.send(URI.create(single + "/oauth2/authorization/second"))).getPath())
			.isEqualTo("/login");
	}

	private static String register(String server) throws Exception {
		HttpResponse<String> response = http.send(HttpRequest.newBuilder(URI.create(server + "/oauth2/register"))
			.header(HttpHeaders.CONTENT_TYPE, "application/json")
			.POST(BodyPublishers.ofString("{\"client_name\":\"Cursor\",\"redirect_uris\":[\"" + Browser.CALLBACK
					+ "\"],\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"token_endpoint_auth_method\":\"none\"}"))
			.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
		return String.valueOf(JSONObjectUtils.parse(response.body()).get("client_id"));
	}

	private static URI authorization(String server, String client, String scope) {
		Map<String, String> parameters = new LinkedHashMap<>();
		parameters.put("response_type", "code");
		parameters.put("client_id", client);
		parameters.put("redirect_uri", Browser.CALLBACK);
		parameters.put("scope", scope);
		parameters.put("resource", RESOURCE);
		parameters.put("state", "client-state");
		parameters.put("code_challenge", CHALLENGE);
		parameters.put("code_challenge_method", "S256");
		return StubProvider.withParameters(server + "/oauth2/authorize", parameters);
	}

	private String allow(String server, String client, HttpResponse<String> consent) throws Exception {
		HttpResponse<String> response = this.browser.submit(URI.create(server + "/oauth2/authorize"), "client_id="
				+ client + "&state=" + Browser.state(consent.body()) + "&scope=records:read&scope=records:delete");
		Map<String, String> parameters = StubProvider.parameters(redirect(response).getRawQuery());
		assertThat(parameters).containsEntry("state", "client-state").containsEntry("iss", server);
		return parameters.get("code");
	}

	private static Map<String, Object> redeem(String server, String client, String code) throws Exception {
		return token(server, "grant_type=authorization_code&client_id=" + client + "&code=" + code + "&redirect_uri="
				+ Browser.CALLBACK + "&code_verifier=" + VERIFIER + "&resource=" + RESOURCE);
	}

	private static Map<String, Object> token(String server, String form) throws Exception {
		HttpResponse<String> response = http.send(HttpRequest.newBuilder(URI.create(server + "/oauth2/token"))
			.header(HttpHeaders.CONTENT_TYPE, "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(form))
			.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JSONObjectUtils.parse(response.body());
	}

	private static JWTClaimsSet claims(Map<String, Object> tokens) throws Exception {
		return SignedJWT.parse(String.valueOf(tokens.get("access_token"))).getJWTClaimsSet();
	}

	private static URI redirect(HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(302);
		return response.uri().resolve(response.headers().firstValue(HttpHeaders.LOCATION).orElseThrow());
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		/** What sessions contain, serialized. */
		static final List<String> sessionValues = new CopyOnWriteArrayList<>();

		@Bean
		HttpSessionAttributeListener sessionListener() {
			return new HttpSessionAttributeListener() {

				@Override
				public void attributeAdded(HttpSessionBindingEvent event) {
					record(event.getSession().getAttribute(event.getName()));
				}

				@Override
				public void attributeReplaced(HttpSessionBindingEvent event) {
					record(event.getSession().getAttribute(event.getName()));
				}

				private void record(Object value) {
					ByteArrayOutputStream bytes = new ByteArrayOutputStream();
					try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
						out.writeObject(value);
					}
					catch (IOException ex) {
						throw new UncheckedIOException(ex);
					}
					sessionValues.add(bytes.toString(StandardCharsets.ISO_8859_1));
				}

			};
		}

	}

}
