package io.mcpsecurity.web;

import java.io.IOException;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * A filter inside {@link McpSecurityFilter}, which sees to it that a request passes once.
 */
abstract class EndpointFilter implements Filter {

	@Override
	public final void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		filter((HttpServletRequest) request, (HttpServletResponse) response, chain);
	}

	/**
	 * Filter a request.
	 * @param request the request
	 * @param response its response
	 * @param chain what is behind
	 */
	abstract void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException;

}
