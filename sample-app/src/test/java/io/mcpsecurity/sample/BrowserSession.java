package io.mcpsecurity.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.htmlunit.BrowserVersion;
import org.htmlunit.Page;
import org.htmlunit.StringWebResponse;
import org.htmlunit.WebClient;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlCheckBoxInput;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.util.WebConnectionWrapper;

/**
 * A user in front of a browser, who signs in and decides on the real pages of the
 * authorization server. Whatever leaves the server, such as the answer to a client, is
 * caught and not sent anywhere: no client has to listen.
 * <p>
 * The whole way in one call:
 *
 * <pre>
 * AuthorizationRequest request = new AuthorizationRequest(issuer, clientId, redirectUri)
 * 	.scope("research:browse").resource(resource);
 * try (BrowserSession browser = new BrowserSession(issuer)) {
 * 	Map&lt;String, String&gt; answer = browser.authorize(request, "alice", "research:browse");
 * 	String code = answer.get("code");
 * }
 * </pre>
 *
 * A session stays signed in: a second {@code authorize} goes straight to the consent
 * page.
 */
public final class BrowserSession implements AutoCloseable {

	private final WebClient browser;

	private final URI server;

	private URL answer;

	/**
	 * Open a browser without any cookies.
	 * @param issuer the address of the authorization server of the sample
	 */
	public BrowserSession(String issuer) {
		this.server = URI.create(issuer);
		this.browser = new WebClient(BrowserVersion.CHROME);
		this.browser.getOptions().setJavaScriptEnabled(false);
		this.browser.getOptions().setCssEnabled(false);
		this.browser.getOptions().setThrowExceptionOnFailingStatusCode(false);
		this.browser.setWebConnection(new WebConnectionWrapper(this.browser) {

			@Override
			public WebResponse getResponse(WebRequest request) throws IOException {
				if (request.getUrl().getAuthority().equals(BrowserSession.this.server.getAuthority())) {
					return super.getResponse(request);
				}
				BrowserSession.this.answer = request.getUrl();
				return new StringWebResponse("<html><title>Elsewhere</title></html>", request.getUrl());
			}

		});
	}

	/**
	 * Go the whole way: open the request, sign in where asked to, tick exactly these
	 * scopes and allow; without scopes deny.
	 * @param request what the client asks for
	 * @param user the user, whose password is his name
	 * @param scopes the scopes to allow
	 * @return the parameters of the answer that the client gets
	 */
	public Map<String, String> authorize(AuthorizationRequest request, String user, String... scopes) {
		this.answer = null;
		Page page = open(request.url());
		if (this.answer == null) {
			page = signInIfAsked(page, user);
		}
		if (this.answer == null) {
			page = (scopes.length > 0) ? allow((HtmlPage) page, scopes) : deny((HtmlPage) page);
		}
		return answer();
	}

	/**
	 * Go as far as the consent page.
	 * @param request what the client asks for
	 * @param user the user, whose password is his name
	 */
	public HtmlPage consentPage(AuthorizationRequest request, String user) {
		this.answer = null;
		return (HtmlPage) signInIfAsked(open(request.url()), user);
	}

	/**
	 * Open an address.
	 */
	public Page open(String url) {
		try {
			return this.browser.getPage(url);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Sign in if the page is the login page.
	 * @return the page after it, or the same
	 */
	public Page signInIfAsked(Page page, String user) {
		DomElement form = (page instanceof HtmlPage html) ? html.getElementById("login") : null;
		if (form == null) {
			return page;
		}
		((HtmlForm) form).<HtmlInput>getInputByName("username").setValue(user);
		((HtmlForm) form).<HtmlInput>getInputByName("password").setValue(user);
		return submit((HtmlForm) form);
	}

	/**
	 * Allow exactly these scopes on a consent page.
	 */
	public Page allow(HtmlPage consent, String... scopes) {
		HtmlForm form = form(consent, "allow");
		List<String> wanted = Arrays.asList(scopes);
		for (HtmlInput input : form.getInputsByName("scope")) {
			((HtmlCheckBoxInput) input).setChecked(wanted.contains(input.getValueAttribute()));
		}
		return submit(form);
	}

	/**
	 * Deny on a consent page.
	 */
	public Page deny(HtmlPage consent) {
		return submit(form(consent, "deny"));
	}

	/**
	 * Press the button of a form.
	 */
	public Page submit(HtmlForm form) {
		try {
			return form.<HtmlElement>getFirstByXPath(".//button[@type='submit']").click();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The form with an id.
	 */
	public static HtmlForm form(HtmlPage page, String id) {
		if (!(page.getElementById(id) instanceof HtmlForm form)) {
			throw new IllegalStateException(
					"There is no form \"" + id + "\" on " + page.getUrl() + ":\n" + page.asNormalizedText());
		}
		return form;
	}

	/**
	 * The parameters of the last answer that left the server.
	 */
	public Map<String, String> answer() {
		if (this.answer == null) {
			throw new IllegalStateException("No answer left the server");
		}
		Map<String, String> parameters = new LinkedHashMap<>();
		for (String parameter : this.answer.getQuery().split("&")) {
			int separator = parameter.indexOf('=');
			parameters.put(parameter.substring(0, separator),
					URLDecoder.decode(parameter.substring(separator + 1), StandardCharsets.UTF_8));
		}
		return parameters;
	}

	/**
	 * Whether an answer left the server.
	 */
	public boolean answered() {
		return this.answer != null;
	}

	/**
	 * The browser itself.
	 */
	public WebClient browser() {
		return this.browser;
	}

	@Override
	public void close() {
		this.browser.close();
	}

}
