package io.mcpsecurity.sample.authorizationserver;

import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;

/**
 * What browsers may do on the pages: show them with their style, send their forms, and
 * nothing else. No frames, so that nobody is made to click what he does not see (RFC 6749
 * section 10.13), and no referrer, which would carry the state of a request elsewhere.
 */
public final class PagePolicy {

	/** The header that a page sets which needs a policy of its own. */
	public static final String HEADER = "Content-Security-Policy";

	private PagePolicy() {
	}

	static void apply(HeadersConfigurer<HttpSecurity> headers) {
		headers.contentSecurityPolicy((policy) -> policy.policyDirectives(contentSecurityPolicy("", "")))
			.referrerPolicy((referrer) -> referrer.policy(ReferrerPolicy.NO_REFERRER));
	}

	/**
	 * The policy of the page on which a user answers a client. Browsers apply
	 * {@code form-action} to the redirects that follow a form as well, so that it must
	 * name where the answer goes.
	 */
	static String contentSecurityPolicyFor(String redirectUri) {
		return contentSecurityPolicy("", " " + RedirectUris.contentSecurityPolicySource(redirectUri));
	}

	/**
	 * The policy of a page with scripts: files of this server, which may ask this server,
	 * and nothing that stands in the page itself.
	 */
	public static String contentSecurityPolicyWithScripts() {
		return contentSecurityPolicy("; script-src 'self'; connect-src 'self'", "");
	}

	private static String contentSecurityPolicy(String sources, String formTarget) {
		return "default-src 'none'; style-src 'self'" + sources + "; form-action 'self'" + formTarget
				+ "; frame-ancestors 'none'; base-uri 'none'";
	}

}
