package io.mcpsecurity.web;

import java.io.IOException;
import java.time.Duration;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Tells the container how long it may wait for the body of a request that is answered
 * without it.
 */
final class UnreadBodyFilter extends EndpointFilter {

	private final Duration patience;

	UnreadBodyFilter(Duration patience) {
		this.patience = patience;
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		UnreadBody.patience(request, this.patience);
		chain.doFilter(request, response);
	}

}
