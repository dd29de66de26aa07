package io.mcpsecurity.sample;

/** The content security policies of the sample's pages. */
public final class PagePolicy {

	/** The header for pages with their own policy. */
	public static final String HEADER = "Content-Security-Policy";

	/** Browsers may load styles and submit forms, and nothing else. */
	static final String WITHOUT_SCRIPTS = policy("");

	/**
	 * Scripts are loaded from this server and may send requests to it; inline scripts are
	 * not allowed.
	 */
	public static final String WITH_SCRIPTS = policy("; script-src 'self'; connect-src 'self'");

	private PagePolicy() {
	}

	private static String policy(String sources) {
		return "default-src 'none'; style-src 'self'" + sources
				+ "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
	}

}
