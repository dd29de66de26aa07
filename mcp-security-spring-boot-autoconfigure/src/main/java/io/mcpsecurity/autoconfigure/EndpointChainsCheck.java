package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.handler.DeclarationException;
import io.mcpsecurity.transport.ProtectedResource;
import jakarta.servlet.Filter;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.SecurityFilterChain;

/**
 * Stops the start if another filter chain takes the requests to an MCP endpoint.
 */
final class EndpointChainsCheck implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(EndpointChainsCheck.class);

	private final List<String> paths;

	private final ObjectProvider<FilterChainProxy> proxies;

	private final ListableBeanFactory beans;

	EndpointChainsCheck(ProtectedResource main, FurtherEndpoints further, ObjectProvider<FilterChainProxy> proxies,
			ListableBeanFactory beans) {
		this.paths = Stream.concat(Stream.of(main), further.all().values().stream().map(EndpointDefinition::resource))
			.map(ProtectedResource::endpoint)
			.toList();
		this.proxies = proxies;
		this.beans = beans;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.proxies.forEach((proxy) -> this.paths.forEach((path) -> {
			List<Filter> filters = filters(proxy, path);
			if (filters != null) {
				check(path, filters);
			}
		}));
	}

	/**
	 * The filters for requests to a path, or {@code null} if that depends on more of the
	 * request than its path.
	 */
	static @Nullable List<Filter> filters(FilterChainProxy proxy, String path) {
		try {
			List<Filter> filters = proxy.getFilters(path);
			return (filters != null) ? filters : List.of();
		}
		catch (RuntimeException ex) {
			logger.debug("It cannot be found out which filter chain takes requests to " + path, ex);
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
			.orElse("of another name");
		if (!name.startsWith(McpSecurityAutoConfiguration.ENDPOINT_CHAIN)) {
			throw new DeclarationException(
					"The SecurityFilterChain '" + name + "' takes the requests to the MCP endpoint " + path,
					"give it a securityMatcher that does not match this path, or an @Order greater than "
							+ McpSecurityAutoConfiguration.CHAIN_ORDER);
		}
	}

}
