package io.mcpsecurity.authorizationserver;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.log.LogMessage;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2RefreshTokenAuthenticationToken;
import org.springframework.util.StringUtils;

/**
 * Redeems each refresh token only once. If a token is redeemed again, it may have been
 * stolen, and the server cannot identify the legitimate client. The authorization
 * therefore ends, including the refresh token that replaced it (OAuth 2.1 section 4.3.1,
 * RFC 9700 section 4.14.2).
 * <p>
 * Identical requests in parallel, which MCP clients send if an access token has expired
 * for several calls, are treated as one redemption with one response. The response is
 * delayed briefly, so that all of these requests arrive before it.
 * <p>
 * A refresh grants the requested scopes that were granted before.
 */
final class RotatingRefreshTokens implements AuthenticationProvider {

	private static final Log logger = LogFactory.getLog(RotatingRefreshTokens.class);

	/** The parameter in which Spring Security has the proof of a request. */
	private static final String PROOF = "dpop_proof";

	/** The delay in milliseconds. */
	private static final long DELAY = 500;

	private final Map<Redemption, CompletableFuture<@Nullable Authentication>> redemptions = new ConcurrentHashMap<>();

	private final AuthenticationProvider delegate;

	private final OAuth2AuthorizationService authorizations;

	RotatingRefreshTokens(AuthenticationProvider delegate, OAuth2AuthorizationService authorizations) {
		this.delegate = delegate;
		this.authorizations = authorizations;
	}

	@Override
	public @Nullable Authentication authenticate(Authentication authentication) {
		OAuth2RefreshTokenAuthenticationToken request = (OAuth2RefreshTokenAuthenticationToken) authentication;
		Redemption redemption = Redemption.of(request);
		CompletableFuture<@Nullable Authentication> own = new CompletableFuture<>();
		CompletableFuture<@Nullable Authentication> parallel = this.redemptions.putIfAbsent(redemption, own);
		if (parallel != null) {
			return join(parallel);
		}
		try {
			Authentication response = redeem(request);
			own.complete(response);
			Thread.sleep(DELAY);
			return response;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return join(own);
		}
		catch (RuntimeException ex) {
			own.completeExceptionally(ex);
			throw ex;
		}
		finally {
			this.redemptions.remove(redemption);
		}
	}

	private static @Nullable Authentication join(CompletableFuture<@Nullable Authentication> redemption) {
		try {
			return redemption.join();
		}
		catch (CompletionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : ex;
		}
	}

	/**
	 * Two requests that differ can both find the same token valid, at one instance or at
	 * two. Only one of them saves its new token; the other one is a second use.
	 */
	private @Nullable Authentication redeem(OAuth2RefreshTokenAuthenticationToken request) {
		OAuth2Authorization authorization = this.authorizations.findByToken(request.getRefreshToken(),
				OAuth2TokenType.REFRESH_TOKEN);
		if (authorization == null) {
			endAuthorizationOf(request.getRefreshToken());
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_GRANT);
		}
		requireProof(request, authorization);
		try {
			return this.delegate.authenticate(reduceScopes(request, authorization.getAuthorizedScopes()));
		}
		catch (CurrentAuthorizations.ConflictException ex) {
			endAuthorizationOf(request.getRefreshToken());
			throw ex;
		}
	}

	/**
	 * The refresh token of a public client is bound to the key of its access token (RFC
	 * 9449 section 5). Spring Security compares the keys if there is a proof, and accepts
	 * a request without one.
	 */
	private static void requireProof(OAuth2RefreshTokenAuthenticationToken request, OAuth2Authorization authorization) {
		OAuth2Authorization.Token<OAuth2AccessToken> token = authorization.getAccessToken();
		Map<String, Object> claims = (token != null) ? token.getClaims() : null;
		if (claims != null && claims.get("cnf") instanceof Map<?, ?> confirmation && confirmation.containsKey("jkt")
				&& request.getPrincipal() instanceof OAuth2ClientAuthenticationToken client
				&& ClientAuthenticationMethod.NONE.equals(client.getClientAuthenticationMethod())
				&& !(request.getAdditionalParameters().get(PROOF) instanceof String proof
						&& StringUtils.hasText(proof))) {
			throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_DPOP_PROOF);
		}
	}

	private void endAuthorizationOf(String replacedToken) {
		String id = RefreshTokenGenerator.authorizationId(replacedToken);
		OAuth2Authorization authorization = (id != null) ? this.authorizations.findById(id) : null;
		if (authorization != null) {
			this.authorizations.remove(authorization);
			logger.warn(LogMessage.format("A refresh token of client '%s' was used again: its authorization has ended",
					authorization.getRegisteredClientId()));
		}
	}

	private static OAuth2RefreshTokenAuthenticationToken reduceScopes(OAuth2RefreshTokenAuthenticationToken request,
			Set<String> granted) {
		Set<String> scopes = RequestedScopes.ofResource(request.getScopes());
		boolean any = !scopes.isEmpty();
		scopes.retainAll(granted);
		if (any && scopes.isEmpty()) {
			throw new OAuth2AuthenticationException(
					RequestedScopes.nothingLeft("none of the requested scopes was granted before"));
		}
		return new OAuth2RefreshTokenAuthenticationToken(request.getRefreshToken(),
				(Authentication) request.getPrincipal(), scopes, request.getAdditionalParameters());
	}

	@Override
	public boolean supports(Class<?> authentication) {
		return OAuth2RefreshTokenAuthenticationToken.class.isAssignableFrom(authentication);
	}

	/**
	 * The key by which identical requests are recognized.
	 *
	 * @param refreshToken the refresh token
	 * @param client the authenticated client
	 * @param scopes the requested scopes
	 * @param parameters all other parameters
	 */
	private record Redemption(String refreshToken, String client, Set<String> scopes, Map<String, Object> parameters) {

		static Redemption of(OAuth2RefreshTokenAuthenticationToken request) {
			return new Redemption(request.getRefreshToken(), ((Authentication) request.getPrincipal()).getName(),
					request.getScopes(),
					request.getAdditionalParameters()
						.entrySet()
						.stream()
						.collect(Collectors.toMap(Map.Entry::getKey, (entry) -> comparable(entry.getValue()))));
		}

		/** An array, of which a repeated parameter consists, equals only itself. */
		private static Object comparable(Object value) {
			return (value instanceof String[] values) ? List.of(values) : value;
		}

	}

}
