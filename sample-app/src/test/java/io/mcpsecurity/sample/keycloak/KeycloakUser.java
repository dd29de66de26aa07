package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.AuthorizationRequest;
import org.htmlunit.CookieManager;
import org.htmlunit.Page;
import org.htmlunit.StringWebResponse;
import org.htmlunit.WebClient;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.html.HtmlPasswordInput;
import org.htmlunit.html.HtmlTextInput;
import org.htmlunit.util.Cookie;
import org.htmlunit.util.WebConnectionWrapper;

/**
 * A user in front of a browser, who signs in and consents on Keycloak's own pages. What
 * leaves Keycloak, which is the answer to a client, is caught and not sent anywhere.
 */
final class KeycloakUser implements AutoCloseable {

	private final String name;

	private final WebClient browser = new WebClient();

	private final List<String> pages = new ArrayList<>();

	private URL answer;

	/**
	 * Open a browser without any cookies.
	 * @param keycloak the server
	 * @param name the user, whose password is the same
	 */
	KeycloakUser(KeycloakServer keycloak, String name) {
		this.name = name;
		this.browser.getOptions().setJavaScriptEnabled(false);
		this.browser.getOptions().setCssEnabled(false);
		this.browser.getOptions().setThrowExceptionOnFailingStatusCode(false);
		String authority = URI.create(keycloak.url()).getAuthority();
		this.browser.setWebConnection(new WebConnectionWrapper(this.browser) {

			@Override
			public WebResponse getResponse(WebRequest request) throws IOException {
				if (request.getUrl().getAuthority().equals(authority)) {
					WebResponse response = super.getResponse(request);
					trustLoopback(KeycloakUser.this.browser.getCookieManager());
					return response;
				}
				KeycloakUser.this.answer = request.getUrl();
				return new StringWebResponse("<html><title>Elsewhere</title></html>", request.getUrl());
			}

		});
	}

	/**
	 * Send secure cookies to this machine without TLS too, as browsers do.
	 */
	static void trustLoopback(CookieManager cookies) {
		for (Cookie cookie : List.copyOf(cookies.getCookies())) {
			if (cookie.isSecure()) {
				cookies.removeCookie(cookie);
				cookies.addCookie(new Cookie(cookie.getDomain(), cookie.getName(), cookie.getValue(), cookie.getPath(),
						cookie.getExpires(), false, cookie.isHttpOnly()));
			}
		}
	}

	/**
	 * Go the whole way: open the request, sign in and consent as far as asked to.
	 * @param request what the client asks for
	 * @return the parameters of the answer that the client gets
	 */
	Map<String, String> authorize(AuthorizationRequest request) {
		this.answer = null;
		this.pages.clear();
		try {
			Page page = this.browser.getPage(request.url());
			while (this.answer == null) {
				page = next((HtmlPage) page);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return parameters(this.answer.getQuery());
	}

	private Page next(HtmlPage page) throws IOException {
		if (this.pages.size() < 5) {
			if (page.getElementById("kc-form-login") instanceof HtmlForm login) {
				this.pages.add("login");
				return signIn(login);
			}
			DomElement accept = page.getElementByName("accept");
			this.pages.add("consent: " + page.asNormalizedText());
			return accept.click();
		}
		throw new IllegalStateException("No end of pages:\n" + page.asNormalizedText());
	}

	private Page signIn(HtmlForm form) throws IOException {
		for (DomElement input : form.getElementsByAttribute("input", "name", "username")) {
			((HtmlTextInput) input).setValue(this.name);
		}
		form.<HtmlPasswordInput>getInputByName("password").setValue(this.name);
		return ((DomElement) form.getFirstByXPath(".//*[@name='login']")).click();
	}

	/**
	 * What the user has seen on the way of the last request: {@code login}, or
	 * {@code consent: } with the text of the page.
	 */
	List<String> pages() {
		return List.copyOf(this.pages);
	}

	private static Map<String, String> parameters(String query) {
		Map<String, String> parameters = new LinkedHashMap<>();
		for (String parameter : query.split("&")) {
			int separator = parameter.indexOf('=');
			parameters.put(parameter.substring(0, separator),
					URLDecoder.decode(parameter.substring(separator + 1), StandardCharsets.UTF_8));
		}
		return parameters;
	}

	@Override
	public void close() {
		this.browser.close();
	}

}
