package io.mcpsecurity.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.mcpsecurity.actuate.McpApiKeysEndpoint;
import io.mcpsecurity.actuate.McpSecurityEndpoint;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.ExposableEndpoint;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.endpoint.web.WebOperation;
import org.springframework.boot.actuate.endpoint.web.WebOperationRequestPredicate;
import org.springframework.core.env.Environment;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.authority.FactorGrantedAuthority;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.web.context.ServletContextAware;

/**
 * Stops the start if the operations of {@link McpSecurityEndpoint} or
 * {@link McpApiKeysEndpoint} that write are exposed and a token without scopes, or no
 * token, would be enough to use one of them. Spring Boot's filter chain for a resource
 * server accepts every token of the issuer, whatever its audience.
 */
final class WriteAccessCheck implements SmartInitializingSingleton, ServletContextAware {

	private static final Log logger = LogFactory.getLog(WriteAccessCheck.class);

	/** The endpoints, each with what its operations that write do. */
	private static final Map<EndpointId, String> ENDPOINTS = Map.of(EndpointId.of("mcpsecurity"),
			"denies and admits clients", EndpointId.of("mcpapikeys"), "creates and revokes API keys");

	private static final Authentication ANONYMOUS = new AnonymousAuthenticationToken("check", "anonymousUser",
			AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));

	private static final Authentication BEARER = UsernamePasswordAuthenticationToken.authenticated("bearer", null,
			AuthorityUtils.createAuthorityList(FactorGrantedAuthority.BEARER_AUTHORITY));

	private final ObjectProvider<PathMappedEndpoints> endpoints;

	private final ObjectProvider<FilterChainProxy> proxies;

	private final String prefix;

	private final Environment environment;

	private @Nullable ServletContext servletContext;

	/**
	 * Create a check.
	 * @param endpoints the endpoints that are exposed
	 * @param proxies the filter chains
	 * @param prefix the path of the servlet that serves the endpoints
	 * @param environment contains the property that enables write operations
	 */
	WriteAccessCheck(ObjectProvider<PathMappedEndpoints> endpoints, ObjectProvider<FilterChainProxy> proxies,
			String prefix, Environment environment) {
		this.endpoints = endpoints;
		this.proxies = proxies;
		this.prefix = prefix;
		this.environment = environment;
	}

	/**
	 * The bean {@code servletContext} is that of the application at the port of the
	 * actuator as well.
	 */
	@Override
	public void setServletContext(ServletContext servletContext) {
		this.servletContext = servletContext;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.endpoints.ifAvailable((exposed) -> ENDPOINTS.keySet().forEach((id) -> check(exposed, id)));
	}

	private void check(PathMappedEndpoints exposed, EndpointId id) {
		if (exposed.getEndpoint(id) instanceof ExposableEndpoint<?> endpoint) {
			endpoint.getOperations()
				.stream()
				.filter((operation) -> operation.getType() != OperationType.READ)
				.filter(WebOperation.class::isInstance)
				.map(WebOperation.class::cast)
				.map(WebOperation::getRequestPredicate)
				.forEach((predicate) -> this.proxies.forEach(
						(proxy) -> check(proxy, id, predicate.getHttpMethod().name(), path(exposed, id, predicate))));
		}
	}

	/** A path that an operation has, with a value for its selector. */
	private String path(PathMappedEndpoints exposed, EndpointId id, WebOperationRequestPredicate predicate) {
		String path = this.prefix + exposed.getPath(id);
		return predicate.getPath().contains("{") ? path + "/id" : path;
	}

	private void check(FilterChainProxy proxy, EndpointId id, String method, String path) {
		HttpServletRequest request = EndpointChainsCheck.request(method, path,
				Objects.requireNonNull(this.servletContext));
		List<Filter> filters = EndpointChainsCheck.filters(proxy, request);
		if (filters == null) {
			return;
		}
		boolean anonymous = allow(filters, request, ANONYMOUS);
		boolean tokens = filters.stream().anyMatch(BearerTokenAuthenticationFilter.class::isInstance);
		if (anonymous || (tokens && allow(filters, request, BEARER))) {
			String property = "management.endpoint." + id + ".access";
			throw CheckedProperties.invalid(this.environment
				.containsProperty(property) ? property : "management.endpoints.access.default", "unrestricted", method
						+ " " + path + " " + ENDPOINTS.get(id) + ", and "
						+ (anonymous ? "no authentication"
								: "an access token of the issuer, for any audience and without scopes,")
						+ " would be enough to use it. Declare a SecurityFilterChain for EndpointRequest.toAnyEndpoint() "
						+ "that requires an authority of operators, or set " + property + "=read-only.");
		}
	}

	private static boolean allow(List<Filter> filters, HttpServletRequest request, Authentication authentication) {
		try {
			return filters.stream()
				.filter(AuthorizationFilter.class::isInstance)
				.map((filter) -> ((AuthorizationFilter) filter).getAuthorizationManager()
					.authorize(() -> authentication, request))
				.allMatch((result) -> result == null || result.isGranted());
		}
		catch (RuntimeException ex) {
			logger.warn("Access to " + request.getServletPath() + " cannot be determined: " + ex);
			return false;
		}
	}

}
