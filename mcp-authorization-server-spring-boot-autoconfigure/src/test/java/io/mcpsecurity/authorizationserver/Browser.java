package io.mcpsecurity.authorizationserver;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;

/**
 * A browser with cookies, which follows redirects until one leads to an MCP client.
 */
final class Browser {

	static final String CALLBACK = "http://127.0.0.1:49152/callback";

	private static final Pattern STATE = Pattern.compile("name=\"state\"[^>]*value=\"([^\"]*)\"");

	private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]*)\"");

	private static final int MAX_REDIRECTS = 10;

	private final CookieManager cookies = new CookieManager();

	private final HttpClient http = HttpClient.newBuilder().cookieHandler(this.cookies).build();

	/** The page that the browser shows, or the redirect to the client. */
	HttpResponse<String> open(URI uri) throws Exception {
		return follow(HttpRequest.newBuilder(uri).header(HttpHeaders.ACCEPT, MediaType.TEXT_HTML_VALUE).build());
	}

	HttpResponse<String> submit(URI uri, String form) throws Exception {
		return follow(HttpRequest.newBuilder(uri)
			.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_FORM_URLENCODED_VALUE)
			.header(HttpHeaders.ACCEPT, MediaType.TEXT_HTML_VALUE)
			.POST(BodyPublishers.ofString(form))
			.build());
	}

	/** The response without following a redirect. */
	HttpResponse<String> send(URI uri) throws Exception {
		return this.http.send(HttpRequest.newBuilder(uri).header(HttpHeaders.ACCEPT, MediaType.TEXT_HTML_VALUE).build(),
				BodyHandlers.ofString());
	}

	private HttpResponse<String> follow(HttpRequest request) throws Exception {
		HttpResponse<String> response = this.http.send(request, BodyHandlers.ofString());
		for (int i = 0; i < MAX_REDIRECTS; i++) {
			String location = response.headers().firstValue(HttpHeaders.LOCATION).orElse(CALLBACK);
			if (location.startsWith(CALLBACK)) {
				return response;
			}
			response = send(response.uri().resolve(location));
		}
		throw new IllegalStateException("Too many redirects: " + response.uri());
	}

	String session() {
		return this.cookies.getCookieStore()
			.getCookies()
			.stream()
			.filter((cookie) -> cookie.getName().equals("JSESSIONID"))
			.map((cookie) -> cookie.getValue())
			.findFirst()
			.orElse("");
	}

	static String state(String page) {
		return STATE.matcher(page).results().findFirst().orElseThrow().group(1);
	}

	static String csrf(String page) {
		return CSRF.matcher(page).results().findFirst().orElseThrow().group(1);
	}

}
