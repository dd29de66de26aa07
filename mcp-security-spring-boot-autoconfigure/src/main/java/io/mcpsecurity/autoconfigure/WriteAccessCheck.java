package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Objects;

import io.mcpsecurity.actuate.McpSecurityEndpoint;
import jakarta.servlet.ServletContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.ExposableEndpoint;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletPath;
import org.springframework.core.env.Environment;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.access.WebInvocationPrivilegeEvaluator;

/**
 * Stops the start if the operations of {@link McpSecurityEndpoint} that write are exposed
 * and a token without scopes, or no token, would be enough to use them. Spring Boot's
 * filter chain for a resource server accepts every token of the issuer, whatever its
 * audience.
 */
final class WriteAccessCheck implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(WriteAccessCheck.class);

	private static final EndpointId ENDPOINT = EndpointId.of("mcpsecurity");

	private static final String PROPERTY = "management.endpoint.mcpsecurity.access";

	private final ObjectProvider<PathMappedEndpoints> endpoints;

	private final ObjectProvider<WebInvocationPrivilegeEvaluator> evaluators;

	private final ObjectProvider<FilterChainProxy> filters;

	private final String prefix;

	private final ServletContext servletContext;

	private final Environment environment;

	WriteAccessCheck(ObjectProvider<PathMappedEndpoints> endpoints,
			ObjectProvider<WebInvocationPrivilegeEvaluator> evaluators, ObjectProvider<FilterChainProxy> filters,
			ObjectProvider<DispatcherServletPath> servletPath, ServletContext servletContext, Environment environment) {
		this.endpoints = endpoints;
		this.evaluators = evaluators;
		this.filters = filters;
		this.prefix = (ManagementPortType.get(environment) == ManagementPortType.DIFFERENT) ? ""
				: servletPath.stream().findFirst().map(DispatcherServletPath::getPrefix).orElse("");
		this.servletContext = servletContext;
		this.environment = environment;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.endpoints.ifAvailable((exposed) -> {
			if (exposed.getEndpoint(ENDPOINT) instanceof ExposableEndpoint<?> endpoint && endpoint.getOperations()
				.stream()
				.anyMatch((operation) -> operation.getType() == OperationType.WRITE)) {
				check(this.prefix + exposed.getPath(ENDPOINT));
			}
		});
	}

	private void check(String path) {
		Authentication bearer = UsernamePasswordAuthenticationToken.authenticated("anybody", null,
				AuthorityUtils.createAuthorityList(FactorGrantedAuthority.BEARER_AUTHORITY));
		boolean everybody = isUnfiltered(path) || isAllowed(path, null);
		if (everybody || (acceptsTokens(path) && isAllowed(path, bearer))) {
			throw CheckedProperties.invalid(this.environment
				.containsProperty(PROPERTY) ? PROPERTY : "management.endpoints.access.default", "unrestricted", "POST "
						+ path + " denies and admits clients, and "
						+ (everybody ? "no authentication"
								: "an access token of the issuer, for any audience and without scopes,")
						+ " would be enough to use it. Declare a SecurityFilterChain for EndpointRequest.toAnyEndpoint() "
						+ "that requires an authority of operators, or set " + PROPERTY + "=read-only.");
		}
	}

	/**
	 * Whether no filter chain takes the requests, which Spring Security's evaluator
	 * reports as denied.
	 */
	private boolean isUnfiltered(String path) {
		return this.filters.stream()
			.map((proxy) -> EndpointChainsCheck.filters(proxy, path))
			.anyMatch((filters) -> filters != null && filters.isEmpty());
	}

	private boolean isAllowed(String path, @Nullable Authentication authentication) {
		try {
			return this.evaluators.stream()
				.allMatch((evaluator) -> evaluator.isAllowed(this.servletContext.getContextPath(), path, "POST",
						authentication));
		}
		catch (RuntimeException ex) {
			logger.warn("It cannot be found out who may use POST " + path + ": " + ex);
			return false;
		}
	}

	private boolean acceptsTokens(String path) {
		return this.filters.stream()
			.map((proxy) -> EndpointChainsCheck.filters(proxy, path))
			.filter(Objects::nonNull)
			.flatMap(List::stream)
			.anyMatch(BearerTokenAuthenticationFilter.class::isInstance);
	}

}
