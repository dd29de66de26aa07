package io.mcpsecurity.web;

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;

/**
 * Keeps answers out of caches (RFC 9111 section 5.2.2.5), and browsers from guessing what
 * they are. Set before there is an answer, which may say something else: wrappers that
 * wait for the last moment took longer than what is written.
 */
final class AnswerHeadersFilter extends EndpointFilter {

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		chain.doFilter(request, response);
	}

}
