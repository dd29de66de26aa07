package io.mcpsecurity.web;

import java.util.Random;
import java.util.function.Consumer;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.security.web.firewall.StrictHttpFirewall;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The quick firewall refuses what the strict one refuses, and nothing else.
 */
class QuickHttpFirewallTests {

	private final HttpFirewall quick = new QuickHttpFirewall();

	private final HttpFirewall strict = new StrictHttpFirewall();

	@Test
	void everyCharacterIsWhatItIsToTheStrictOne() {
		for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
			// Those that are treated apart and their neighbours, and samples of the
			// others.
			if (c < 0x400 || c % 97 == 0) {
				String text = "a" + Character.toString(c) + "b";
				assertSame("value " + Integer.toHexString(c), (request) -> value(request, text));
				assertSame("name " + Integer.toHexString(c), (request) -> request.getHeader(text));
			}
		}
	}

	@Test
	void textsAreWhatTheyAreToTheStrictOne() {
		Random random = new Random(1);
		for (int i = 0; i < 5_000; i++) {
			String text = random.ints(random.nextInt(8), 0, 0x180)
				.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
				.toString();
			assertSame(text, (request) -> value(request, text));
			assertSame(text, (request) -> request.getHeader(text));
		}
	}

	@Test
	void pathsAndMethodsAreWhatTheyAreToTheStrictOne() {
		for (String path : new String[] { "/mcp", "//mcp", "/mcp;x", "/%6dcp", "/mcp/..", "/mcp%2f", "/m\\cp",
				"/mcp%00" }) {
			for (String method : new String[] { "POST", "GET", "TRACE", "CONNECT", "post" }) {
				MockHttpServletRequest request = new MockHttpServletRequest(method, path);
				assertThat(passes(this.quick, request, (ignored) -> {
				})).as(method + " " + path).isEqualTo(passes(this.strict, request, (ignored) -> {
				}));
			}
		}
	}

	private static void value(HttpServletRequest request, String value) {
		((MockHttpServletRequest) ((HttpServletRequestWrapper) request).getRequest()).addHeader("X-Value", value);
		request.getHeader("X-Value");
		request.getHeaders("X-Value").nextElement();
	}

	private void assertSame(String what, Consumer<HttpServletRequest> use) {
		assertThat(passes(this.quick, new MockHttpServletRequest("POST", "/mcp"), use)).as(what)
			.isEqualTo(passes(this.strict, new MockHttpServletRequest("POST", "/mcp"), use));
	}

	private static boolean passes(HttpFirewall firewall, MockHttpServletRequest request,
			Consumer<HttpServletRequest> use) {
		try {
			use.accept(firewall.getFirewalledRequest(request));
			return true;
		}
		catch (RequestRejectedException ex) {
			return false;
		}
	}

}
