package io.mcpsecurity.web;

import java.util.ArrayList;
import java.util.List;

import io.mcpsecurity.audit.RequestRecorder;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.ratelimit.RequestLimits;
import io.mcpsecurity.token.KnownTokens;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * One MCP endpoint, and the filters that stand before it.
 *
 * @param resource its identity
 * @param policy who may use what of it
 * @param authentication what verifies its tokens
 * @param challenge what its challenges tell
 * @param entryPoint what answers when there is no caller
 */
public record McpEndpoint(ProtectedResource resource, AccessPolicy policy,
		AuthenticationManagerResolver<HttpServletRequest> authentication, BearerChallenge challenge,
		McpAuthenticationEntryPoint entryPoint) {

	/**
	 * The chain before the endpoint, with nothing in it that an MCP endpoint does not
	 * need: no HTTP session, no request cache, no CSRF.
	 * @param common what all endpoints have in common
	 * @param origins what lets in requests of browsers
	 * @param sessions what keeps sessions apart, or {@code null} for an endpoint without
	 * sessions
	 * @param metadata what answers the well-known paths, for the chain that has them
	 */
	public SecurityFilterChain filterChain(Common common, CrossOriginFilter origins, @Nullable SessionFilter sessions,
			@Nullable ProtectedResourceMetadataFilter metadata) {
		PathPatternRequestMatcher.Builder path = PathPatternRequestMatcher.withDefaults();
		List<RequestMatcher> matchers = new ArrayList<>(List.of(path.matcher(this.resource.endpoint())));
		List<Filter> filters = new ArrayList<>();
		filters.add(new AnswerHeadersFilter());
		if (metadata != null) {
			matchers.add(path.matcher(ProtectedResource.WELL_KNOWN));
			matchers.add(path.matcher(ProtectedResource.WELL_KNOWN + "/**"));
			// Reading the metadata is no use of the endpoint, and not recorded.
			filters.add(metadata);
		}
		filters.add(new UnreadBodyFilter(common.bodies().readTimeout()));
		filters.add(new RequestRecordFilter(common.recorder(), this.resource.identifier().toString()));
		filters.add(origins);
		filters.add(new AddressLimitFilter(common.limits(), this::isKnown));
		BearerTokenAuthenticationFilter bearer = new BearerTokenAuthenticationFilter(this.authentication,
				new OneBearerToken());
		bearer.setAuthenticationEntryPoint(this.entryPoint);
		bearer.setAuthenticationFailureHandler(this.entryPoint);
		filters.add(bearer);
		filters.add(new ClientAccessFilter(common.clients()));
		if (common.limits().calls() != null || common.limits().streams() != null) {
			filters.add(new ConcurrencyLimitFilter(common.limits()));
		}
		filters.add(new McpGateFilter(this.entryPoint, this.challenge, common.reader(), this.policy, common.bodies(),
				common.limits().rules()));
		if (sessions != null) {
			filters.add(sessions);
		}
		return new DefaultSecurityFilterChain(new OrRequestMatcher(matchers),
				new SecurityContextHolderFilter(new RequestAttributeSecurityContextRepository()),
				new McpSecurityFilter(filters));
	}

	private boolean isKnown(HttpServletRequest request, String token) {
		return this.authentication.resolve(request) instanceof KnownTokens tokens && tokens.isKnown(token);
	}

	/**
	 * What all MCP endpoints of an application have in common.
	 *
	 * @param recorder keeps the records of requests
	 * @param clients which clients may come at all
	 * @param reader reads bodies
	 * @param bodies what a body may take
	 * @param limits how often somebody may come
	 */
	public record Common(RequestRecorder recorder, ClientAccess clients, McpMessageReader reader, BodyLimits bodies,
			RequestLimits limits) {
	}

}
