package io.mcpsecurity.web;

import org.springframework.security.web.firewall.StrictHttpFirewall;

/**
 * Spring Security's strict firewall, to the letter, with a quick answer for headers of
 * plain ASCII. Each request asks it about the same names and values again and again, and
 * the regular expressions that decide there take longer than everything that is done
 * about a token which was verified before.
 */
public final class QuickHttpFirewall extends StrictHttpFirewall {

	/**
	 * Create a firewall with the strict one's settings.
	 */
	public QuickHttpFirewall() {
		setAllowedHeaderNames((name) -> isPlain(name) || ALLOWED_HEADER_NAMES.test(name));
		setAllowedHeaderValues((value) -> isPlain(value) || ALLOWED_HEADER_VALUES.test(value));
	}

	/**
	 * Whether there are only characters of ASCII that can be seen, and spaces: all are
	 * assigned, and none is a control character.
	 */
	private static boolean isPlain(String text) {
		for (int i = 0, length = text.length(); i < length; i++) {
			char c = text.charAt(i);
			if (c < ' ' || c > '~') {
				return false;
			}
		}
		return true;
	}

}
