package io.mcpsecurity.authorizationserver;

import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import com.nimbusds.jose.util.JSONObjectUtils;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.web.util.UriComponentsBuilder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An instance of an authorization server with storage in a database, and requests to it.
 */
final class ServerInstance implements AutoCloseable {

	static final String ISSUER = "http://localhost:9000";

	static final String AGENT = "agent:secret";

	private static final String RESOURCE = "https://api.example.com/mcp";

	private static final String CALLBACK = "http://127.0.0.1:49152/callback";

	/** Of RFC 7636 appendix B. */
	private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

	private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

	private static final Pattern FIELD = Pattern.compile("name=\"(_csrf|state)\"[^>]*value=\"([^\"]*)\"");

	private final ConfigurableApplicationContext context;

	private final String url;

	ServerInstance(Database database, String url) {
		int port = TestSocketUtils.findAvailableTcpPort();
		this.url = "http://localhost:" + port;
		this.context = new SpringApplicationBuilder(Application.class)
			.properties(properties(database, url).toArray(String[]::new))
			.properties("server.port=" + port)
			.run();
	}

	static List<String> properties(Database database, String url) {
		String prefix = "mcp-authorization-server.";
		return new ArrayList<>(List.of("spring.datasource.url=" + url,
				"spring.datasource.hikari.connection-timeout=1000", "spring.datasource.hikari.minimum-idle=0",
				"spring.sql.init.mode=always", "spring.sql.init.schema-locations=classpath:" + database.script(),
				prefix + "storage=jdbc", prefix + "encryption-keys=" + Database.KEY, prefix + "issuer=" + ISSUER,
				prefix + "resources[0].identifier=" + RESOURCE, prefix + "resources[0].scopes[0].name=records:read",
				prefix + "resources[0].scopes[1].name=records:write", prefix + "clients.agent.secret={noop}secret",
				prefix + "clients.app.redirect-uris=" + CALLBACK, prefix + "roles.READER=records:read,records:write",
				prefix + "users.alice.password={noop}alice", prefix + "users.alice.roles=READER",
				prefix + "users.bob.password={noop}bob", prefix + "users.bob.roles=ADMIN"));
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	String register() throws Exception {
		HttpResponse<String> response = send(
				request("/oauth2/register", null).header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
					.POST(BodyPublishers.ofString("{\"client_name\":\"Test\",\"redirect_uris\":[\"" + CALLBACK
							+ "\"],\"token_endpoint_auth_method\":\"none\","
							+ "\"grant_types\":[\"authorization_code\",\"refresh_token\"]}")));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
		return String.valueOf(json(response).get("client_id"));
	}

	/** The response to an authorization request of a signed-in user. */
	HttpResponse<String> authorize(HttpClient browser, String client, String... scopes) throws Exception {
		return browser.send(page("/oauth2/authorize?response_type=code&client_id=" + client + "&redirect_uri="
				+ encoded(CALLBACK) + "&scope=" + encoded(String.join(" ", scopes)) + "&state=xyz&resource="
				+ encoded(RESOURCE) + "&code_challenge_method=S256&code_challenge=" + CHALLENGE),
				BodyHandlers.ofString());
	}

	/** The state of the consent page that asks the user for scopes of a client. */
	String pending(HttpClient browser, String client, String... scopes) throws Exception {
		HttpResponse<String> redirect = authorize(browser, client, scopes);
		assertThat(redirect.statusCode()).as(redirect.body()).isEqualTo(302);
		return parameter(redirect, "state");
	}

	/** The code that a user grants to a client. */
	String code(String client, String... scopes) throws Exception {
		HttpClient alice = signIn("alice");
		String state = pending(alice, client, scopes);
		StringBuilder form = new StringBuilder("client_id=" + client + "&state=" + encoded(state) + "&_csrf="
				+ encoded(field(get(alice, "/consent?state=" + encoded(state)), "_csrf")));
		for (String scope : scopes) {
			form.append("&scope=").append(encoded(scope));
		}
		return parameter(post(alice, "/oauth2/authorize", form.toString()), "code");
	}

	HttpClient signIn(String user) throws Exception {
		HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
		String token = encoded(field(get(browser, "/login"), "_csrf"));
		assertThat(post(browser, "/login", "username=" + user + "&password=" + user + "&_csrf=" + token).statusCode())
			.isEqualTo(302);
		return browser;
	}

	HttpResponse<String> redeem(String client, String code) throws Exception {
		return token(null, "grant_type=authorization_code&client_id=" + client + "&code=" + encoded(code)
				+ "&redirect_uri=" + encoded(CALLBACK) + "&code_verifier=" + VERIFIER);
	}

	/** The tokens for a code that a user grants to a client. */
	Map<String, Object> tokens(String client) throws Exception {
		HttpResponse<String> response = redeem(client, code(client, "records:read"));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return json(response);
	}

	HttpResponse<String> refresh(String client, Object refreshToken, String... scopes) throws Exception {
		return token(null, "grant_type=refresh_token&client_id=" + client + "&refresh_token="
				+ encoded(String.valueOf(refreshToken)) + "&scope=" + encoded(String.join(" ", scopes)));
	}

	HttpResponse<String> token(@Nullable String client, String form) throws Exception {
		return send(request("/oauth2/token", client)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
			.POST(BodyPublishers.ofString(form)));
	}

	boolean isActive(Object token) throws Exception {
		HttpResponse<String> response = send(request("/oauth2/introspect", AGENT)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
			.POST(BodyPublishers.ofString("token=" + encoded(String.valueOf(token)))));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return Boolean.TRUE.equals(json(response).get("active"));
	}

	/** Submit a form of the page for administrators. */
	HttpResponse<String> administer(String form) throws Exception {
		HttpClient bob = signIn("bob");
		return post(bob, "/admin/clients", form + "&_csrf=" + encoded(field(get(bob, "/admin/clients"), "_csrf")));
	}

	String get(HttpClient browser, String path) throws Exception {
		return browser.send(page(path), BodyHandlers.ofString()).body();
	}

	private HttpResponse<String> post(HttpClient browser, String path, String form) throws Exception {
		return browser
			.send(request(path, null).header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
				.POST(BodyPublishers.ofString(form))
				.build(), BodyHandlers.ofString());
	}

	HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

	private HttpRequest page(String path) {
		return request(path, null).header(HttpHeaders.ACCEPT, MediaType.TEXT_HTML_VALUE).build();
	}

	HttpRequest.Builder request(String path, @Nullable String client) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url + path));
		if (client != null) {
			String[] parts = client.split(":");
			request.header(HttpHeaders.AUTHORIZATION, "Basic " + HttpHeaders.encodeBasicAuth(parts[0], parts[1], null));
		}
		return request;
	}

	static Map<String, Object> json(HttpResponse<String> response) throws ParseException {
		return JSONObjectUtils.parse(response.body());
	}

	private static String parameter(HttpResponse<String> redirect, String name) {
		String location = redirect.headers().firstValue(HttpHeaders.LOCATION).orElseThrow();
		String value = UriComponentsBuilder.fromUriString(location).build().getQueryParams().getFirst(name);
		assertThat(value).as(location).isNotNull();
		return URLDecoder.decode(value, StandardCharsets.UTF_8);
	}

	private static String field(String page, String name) {
		return FIELD.matcher(page)
			.results()
			.filter((field) -> field.group(1).equals(name))
			.map((MatchResult field) -> field.group(2))
			.findFirst()
			.orElseThrow(() -> new AssertionError(page));
	}

	static String encoded(String value) {
		return URLEncoder.encode(value, StandardCharsets.UTF_8);
	}

	@Override
	public void close() {
		this.context.close();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
