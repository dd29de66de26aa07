package io.mcpsecurity.authorizationserver;

import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;

/**
 * The security headers of the pages. Browsers may load styles and submit forms, and
 * nothing else. Frames are not allowed, which prevents clickjacking (RFC 6749 section
 * 10.13), and no referrer is sent, because it contains the state of a request.
 */
final class PagePolicy {

	/** The header for pages with their own policy. */
	static final String HEADER = "Content-Security-Policy";

	private PagePolicy() {
	}

	static void apply(HeadersConfigurer<HttpSecurity> headers) {
		headers.contentSecurityPolicy((policy) -> policy.policyDirectives(contentSecurityPolicy("")))
			.referrerPolicy((referrer) -> referrer.policy(ReferrerPolicy.NO_REFERRER));
	}

	/**
	 * The policy of the consent page. Browsers apply {@code form-action} also to
	 * redirects after a form, so it must contain the redirect URI.
	 */
	static String contentSecurityPolicyFor(String redirectUri) {
		return contentSecurityPolicy(" " + RedirectUris.contentSecurityPolicySource(redirectUri));
	}

	private static String contentSecurityPolicy(String formTarget) {
		return "default-src 'none'; style-src 'self'; form-action 'self'" + formTarget
				+ "; frame-ancestors 'none'; base-uri 'none'";
	}

}
