package io.mcpsecurity.sample.console;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.SampleTestBase;
import org.htmlunit.Page;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who sees the console, and what browsers may do there.
 */
class ConsoleAccessTests extends SampleTestBase {

	private static final String PAGE = ISSUER + "/console";

	private static final String NEWS = PAGE + "/news?after=0";

	@Test
	void administratorReachesConsoleThroughLogin() {
		try (BrowserSession bob = browser()) {
			Page login = bob.open(PAGE + "?subject=alice");
			assertThat(login.getUrl()).hasPath("/login");
			Page console = bob.signInIfAsked(login, "bob");
			assertThat(console.getUrl()).hasPath("/console");
			assertThat(console.getUrl().getQuery()).contains("subject=alice");
			assertThat(((HtmlPage) console).asNormalizedText()).contains("Audit trail");
			assertThat(bob.open(NEWS).getWebResponse().getContentType()).isEqualTo("application/json");
		}
	}

	@Test
	void signedInAdministratorGetsLinkToConsole() {
		try (BrowserSession bob = browser()) {
			HtmlPage login = (HtmlPage) bob.signInIfAsked(bob.open(ISSUER + "/login"), "bob");
			assertThat(login.getAnchorByText("Open the console").getHrefAttribute()).isEqualTo("/console");
		}
	}

	@ParameterizedTest
	@CsvSource({ "alice, /console", "alice, /console/news?after=0", "alice, /console/console.js", "carol, /console",
			"carol, /console/news?after=0" })
	void otherUsersAreForbidden(String user, String path) {
		try (BrowserSession browser = browser()) {
			browser.signInIfAsked(browser.open(ISSUER + "/login"), user);
			Page page = browser.open(ISSUER + path);
			assertThat(page.getWebResponse().getStatusCode()).isEqualTo(403);
			assertThat(((HtmlPage) page).asNormalizedText()).contains("Your account may not do this")
				.doesNotContain("Audit trail");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/console", "/console/", "/console/news?after=0", "/console/console.js",
			"/webjars/chart.js/dist/chart.umd.min.js" })
	void anonymousUsersAreRedirectedOrRefused(String path) throws Exception {
		HttpResponse<String> response = get(ISSUER + path);
		assertThat(response.statusCode()).isIn(302, 401);
		assertThat(response.headers().firstValue("Location").orElse("/login")).endsWith("/login");
		assertThat(response.body()).doesNotContain("Audit trail", "events", "Chart");
	}

	@Test
	void accessTokenIsNotAccepted() throws Exception {
		String token = this.client
			.clientCredentials("admin-agent:admin-secret", "scope", BROWSE + " " + EXPORT + " " + PURGE, "resource",
					RESOURCE)
			.accessToken();
		assertThat(get(NEWS, "Authorization", "Bearer " + token).statusCode()).isEqualTo(302);
	}

	@Test
	void pageHasStrictContentSecurityPolicyAndNoInlineScripts() {
		try (BrowserSession bob = browser()) {
			Page page = bob.signInIfAsked(bob.open(PAGE), "bob");
			assertThat(page.getWebResponse().getResponseHeaderValue("Content-Security-Policy"))
				.isEqualTo("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
						+ "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
			assertThat(page.getWebResponse().getResponseHeaderValue("Cache-Control")).contains("no-store");
			assertThat(((HtmlPage) page)
				.getByXPath("//script[not(@src)] | //style | //@style | //@*[starts-with(name(), 'on')]")).isEmpty();
			assertThat(((HtmlPage) page).getByXPath("//script/@src | //link/@href"))
				.allSatisfy((address) -> assertThat(address.toString()).doesNotContain("//"));
		}
	}

	@ParameterizedTest
	@CsvSource({ "/console/console.js, text/javascript", "/console/console.css, text/css",
			"/webjars/chart.js/dist/chart.umd.min.js, text/javascript" })
	void scriptsAndStylesAreServed(String path, String type) {
		try (BrowserSession bob = browser()) {
			bob.signInIfAsked(bob.open(PAGE), "bob");
			Page file = bob.open(ISSUER + path);
			assertThat(file.getWebResponse().getStatusCode()).isEqualTo(200);
			assertThat(file.getWebResponse().getContentType()).isEqualTo(type);
		}
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "/console/news", "/console/news?after=x", "/console/news?after=0&type=x", "/console?type=x" })
	void invalidParametersAreRefused(String path) {
		try (BrowserSession bob = browser()) {
			bob.signInIfAsked(bob.open(PAGE), "bob");
			assertThat(bob.open(ISSUER + path).getWebResponse().getStatusCode()).isEqualTo(400);
		}
	}

	private static HttpResponse<String> get(String url, String... headers) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).header("Accept", "application/json");
		if (headers.length > 0) {
			request.headers(headers);
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
	}

}
