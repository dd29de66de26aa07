package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.handler.DeclarationException;
import io.mcpsecurity.transport.ProtectedResource;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.FilterInvocation;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.PathPatternRequestTransformer;

/**
 * Stops the start if another filter chain matches the requests to an MCP endpoint first.
 */
final class EndpointChainsCheck implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(EndpointChainsCheck.class);

	private final List<String> paths;

	private final ObjectProvider<FilterChainProxy> proxies;

	private final ServletContext servletContext;

	private final ListableBeanFactory beans;

	EndpointChainsCheck(ProtectedResource main, FurtherEndpoints further, ObjectProvider<FilterChainProxy> proxies,
			ServletContext servletContext, ListableBeanFactory beans) {
		this.paths = Stream.concat(Stream.of(main), further.resources().stream())
			.map(ProtectedResource::endpoint)
			.distinct()
			.toList();
		this.proxies = proxies;
		this.servletContext = servletContext;
		this.beans = beans;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.proxies.forEach((proxy) -> this.paths.forEach((path) -> {
			List<Filter> filters = filters(proxy, post(path, this.servletContext));
			if (filters != null) {
				check(path, filters);
			}
		}));
	}

	/** A POST request as far as the choice of a filter chain depends on it. */
	static HttpServletRequest post(String path, ServletContext servletContext) {
		return request("POST", path, servletContext);
	}

	/** A request as far as the choice of a filter chain depends on it. */
	static HttpServletRequest request(String method, String path, ServletContext servletContext) {
		return new PathPatternRequestTransformer()
			.transform(new FilterInvocation(servletContext.getContextPath(), path, null, null, method, servletContext)
				.getHttpRequest());
	}

	/**
	 * The filters for a request, none if there is no chain for it, or {@code null} if
	 * that depends on more of the request than is known.
	 */
	static @Nullable List<Filter> filters(FilterChainProxy proxy, HttpServletRequest request) {
		try {
			return proxy.getFilterChains()
				.stream()
				.filter((chain) -> chain.matches(request))
				.findFirst()
				.map(SecurityFilterChain::getFilters)
				.orElse(List.of());
		}
		catch (RuntimeException ex) {
			logger
				.warn("The filter chain for requests to " + request.getServletPath() + " cannot be determined: " + ex);
			return null;
		}
	}

	private void check(String path, List<Filter> filters) {
		String name = this.beans.getBeansOfType(SecurityFilterChain.class)
			.entrySet()
			.stream()
			.filter((chain) -> chain.getValue().getFilters().equals(filters))
			.map(Map.Entry::getKey)
			.findFirst()
			.orElse("");
		if (!name.startsWith(EndpointConfiguration.CHAIN)) {
			throw new DeclarationException(
					(name.isEmpty() ? "Another SecurityFilterChain" : "The SecurityFilterChain '" + name + "'")
							+ " takes the requests to the MCP endpoint " + path,
					"give it a securityMatcher that does not match this path, or an @Order greater than "
							+ EndpointConfiguration.CHAIN_ORDER);
		}
	}

}
