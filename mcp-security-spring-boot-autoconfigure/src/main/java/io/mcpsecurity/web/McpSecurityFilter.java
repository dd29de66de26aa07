package io.mcpsecurity.web;

import java.io.IOException;
import java.util.List;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The filters before an MCP endpoint, one after another, as one filter to Spring
 * Security. A request passes once: neither when it is dispatched again, because its
 * answer goes on, nor on its way to an error page.
 * <p>
 * Where the application has metrics, Spring Security would observe each filter of a
 * chain, twice for each request: for those before an MCP endpoint that was more work than
 * they do themselves. {@link UnobservedMcpChains} knows such a chain by this filter.
 */
public final class McpSecurityFilter extends OncePerRequestFilter {

	private final List<Filter> filters;

	/**
	 * Create the filter.
	 * @param filters the filters, the outermost first
	 */
	McpSecurityFilter(List<Filter> filters) {
		this.filters = List.copyOf(filters);
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		new Rest(chain).doFilter(request, response);
	}

	/**
	 * The filters, for showing them.
	 */
	public List<Filter> filters() {
		return this.filters;
	}

	/**
	 * What is still before one request.
	 */
	private final class Rest implements FilterChain {

		private final FilterChain end;

		private int next;

		Rest(FilterChain end) {
			this.end = end;
		}

		@Override
		public void doFilter(ServletRequest request, ServletResponse response) throws IOException, ServletException {
			if (this.next == McpSecurityFilter.this.filters.size()) {
				this.end.doFilter(request, response);
			}
			else {
				McpSecurityFilter.this.filters.get(this.next++).doFilter(request, response, this);
			}
		}

	}

}
