package io.mcpsecurity.web;

import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

import jakarta.servlet.http.HttpServletRequest;
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
				assertSame(Integer.toHexString(c), text);
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
			assertSame(text, text);
		}
	}

	@Test
	void pathsAndMethodsAreWhatTheyAreToTheStrictOne() {
		for (String path : new String[] { "/mcp", "//mcp", "/mcp;x", "/%6dcp", "/mcp/..", "/mcp%2f", "/m\\cp",
				"/mcp%00" }) {
			for (String method : new String[] { "POST", "GET", "TRACE", "CONNECT", "post" }) {
				MockHttpServletRequest request = new MockHttpServletRequest(method, path);
				assertSame(method + " " + path, request, HttpServletRequest::getRequestURI);
			}
		}
	}

	/**
	 * A text in each place, alone and beside a header that is not plain.
	 */
	private void assertSame(String what, String text) {
		for (MockHttpServletRequest request : List.of(request(), request("X-Other", "\u00e9"))) {
			assertSame("asked for " + what, request, (firewalled) -> firewalled.getHeader(text));
			assertSame("asked for all " + what, request, (firewalled) -> firewalled.getHeaders(text));
			assertSame("not read " + what, request, (firewalled) -> firewalled.getHeader("X-Other"));
			request.addHeader("X-Value", "plain");
			request.addHeader("X-Value", text);
			assertSame("first of " + what, request, (firewalled) -> firewalled.getHeader("X-Value"));
			assertSame("value " + what, request, (firewalled) -> Collections.list(firewalled.getHeaders("X-Value")));
			request.removeHeader("X-Value");
			if (!text.isEmpty()) {
				request.addHeader(text, "plain");
				assertSame("name " + what, request, (firewalled) -> Collections.list(firewalled.getHeaderNames()));
			}
		}
	}

	private static MockHttpServletRequest request(String... header) {
		MockHttpServletRequest request = new MockHttpServletRequest("POST", "/mcp");
		for (int i = 0; i < header.length; i += 2) {
			request.addHeader(header[i], header[i + 1]);
		}
		return request;
	}

	private void assertSame(String what, MockHttpServletRequest request, Function<HttpServletRequest, Object> use) {
		assertThat(answer(this.quick, request, use)).as(what).isEqualTo(answer(this.strict, request, use));
	}

	/**
	 * What is read of a request, or why that is refused.
	 */
	private static String answer(HttpFirewall firewall, MockHttpServletRequest request,
			Function<HttpServletRequest, Object> use) {
		try {
			Object read = use.apply(firewall.getFirewalledRequest(request));
			return (read instanceof Enumeration<?> values) ? "all " + values.hasMoreElements() : "read " + read;
		}
		catch (RequestRejectedException ex) {
			return "refused: " + ex.getMessage();
		}
	}

}
