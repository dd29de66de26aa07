package io.mcpsecurity.authorizationserver;

import java.util.Set;

import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.security.web.savedrequest.HttpSessionRequestCache;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.AndRequestMatcher;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;

/**
 * The requests that wait for a login. Only requests for pages that a user opened are
 * saved; otherwise each other request would create a session. (The cache is not a bean of
 * its own, because filter chains of the application would use it.)
 */
final class PageRequests {

	private final HttpSessionRequestCache cache = new HttpSessionRequestCache();

	PageRequests() {
		MediaTypeRequestMatcher page = new MediaTypeRequestMatcher(MediaType.TEXT_HTML);
		page.setIgnoredMediaTypes(Set.of(MediaType.ALL));
		this.cache.setRequestMatcher(
				new AndRequestMatcher(PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.GET, "/**"), page));
	}

	RequestCache cache() {
		return this.cache;
	}

}
