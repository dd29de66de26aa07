package io.mcpsecurity.web;

import java.util.Enumeration;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.web.firewall.FirewalledRequest;
import org.springframework.security.web.firewall.StrictHttpFirewall;

/**
 * Spring Security's strict firewall, to the letter, with a quick answer for headers of
 * plain ASCII. The strict one looks at a name or value each time that it is read, and the
 * regular expressions that it does that with take longer than everything that is done
 * about a token which was verified before. Here the headers of a request are looked at
 * once, and those of a request in which all are plain not again.
 */
public final class QuickHttpFirewall extends StrictHttpFirewall {

	/**
	 * Create a firewall with the strict one's settings.
	 */
	public QuickHttpFirewall() {
		setAllowedHeaderNames((name) -> isPlain(name) || ALLOWED_HEADER_NAMES.test(name));
		setAllowedHeaderValues((value) -> isPlain(value) || ALLOWED_HEADER_VALUES.test(value));
	}

	@Override
	public FirewalledRequest getFirewalledRequest(HttpServletRequest request) {
		FirewalledRequest strict = super.getFirewalledRequest(request);
		return hasPlainHeaders(request) ? new PlainRequest(strict, request) : strict;
	}

	private static boolean hasPlainHeaders(HttpServletRequest request) {
		Enumeration<String> names = request.getHeaderNames();
		while (names.hasMoreElements()) {
			String name = names.nextElement();
			if (!isPlain(name)) {
				return false;
			}
			Enumeration<String> values = request.getHeaders(name);
			while (values.hasMoreElements()) {
				if (!isPlain(values.nextElement())) {
					return false;
				}
			}
		}
		return true;
	}

	/**
	 * Whether there are only characters of ASCII that can be seen, and spaces: all are
	 * assigned, and none is a control character.
	 */
	private static boolean isPlain(String text) {
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c < ' ' || c > '~') {
				return false;
			}
		}
		return true;
	}

	/**
	 * A request whose headers need not be looked at when they are read. What it is asked
	 * for can be anything nevertheless.
	 */
	private static final class PlainRequest extends FirewalledRequest {

		private final FirewalledRequest strict;

		private final HttpServletRequest plain;

		PlainRequest(FirewalledRequest strict, HttpServletRequest plain) {
			super(strict);
			this.strict = strict;
			this.plain = plain;
		}

		@Override
		public @Nullable String getHeader(@Nullable String name) {
			return of(name).getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(@Nullable String name) {
			return of(name).getHeaders(name);
		}

		private HttpServletRequest of(@Nullable String name) {
			return (name != null && isPlain(name)) ? this.plain : this.strict;
		}

		@Override
		public Enumeration<String> getHeaderNames() {
			return this.plain.getHeaderNames();
		}

		@Override
		public void reset() {
			this.strict.reset();
		}

	}

}
