package io.mcpsecurity.authorizationserver;

import java.security.Principal;
import java.text.ParseException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import com.nimbusds.jwt.JWTParser;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.AbstractOAuth2Token;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.MappedJwtClaimSetConverter;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeActor;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenExchangeCompositeAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.OAuth2TokenFormat;
import org.springframework.util.Assert;

/**
 * An authorization as a database has it. Of the user who signed in, only the name and the
 * authorities are stored, so the application's own classes need no mapping, and what a
 * sign-in adds, such as an ID token, is not stored. The claims of an access token, which
 * is a JWT, are not stored a second time.
 *
 * @param id the id
 * @param client the internal id of the client
 * @param principalName the name of the user or client
 * @param grantType the grant type
 * @param scopes the authorized scopes
 * @param user the user, or the client of a token exchange
 * @param request the authorization request
 * @param state the state that the consent page returns
 * @param code the authorization code
 * @param accessToken the access token
 * @param refreshToken the refresh token
 */
record StoredAuthorization(String id, String client, String principalName, String grantType, Set<String> scopes,
		@Nullable User user, @Nullable Request request, @Nullable String state, @Nullable Token code,
		@Nullable Token accessToken, @Nullable Token refreshToken) {

	private static final String USER = Principal.class.getName();

	private static final String REQUEST = OAuth2AuthorizationRequest.class.getName();

	static StoredAuthorization of(OAuth2Authorization authorization) {
		Map<String, Object> others = CurrentAuthorizations.attributesOf(authorization);
		Authentication user = (Authentication) others.remove(USER);
		OAuth2AuthorizationRequest request = (OAuth2AuthorizationRequest) others.remove(REQUEST);
		String state = (String) others.remove(OAuth2ParameterNames.STATE);
		Assert.state(others.isEmpty(), () -> "Attributes of an authorization cannot be stored: " + others.keySet());
		return new StoredAuthorization(authorization.getId(), authorization.getRegisteredClientId(),
				authorization.getPrincipalName(), authorization.getAuthorizationGrantType().getValue(),
				authorization.getAuthorizedScopes(), (user != null) ? User.of(user) : null,
				(request != null) ? Request.of(request) : null, state,
				Token.of(authorization.getToken(OAuth2AuthorizationCode.class)),
				Token.of(authorization.getAccessToken()), Token.of(authorization.getRefreshToken()));
	}

	/**
	 * The authorization.
	 * @param client its client
	 * @param version its number of changes
	 */
	OAuth2Authorization toAuthorization(RegisteredClient client, int version) {
		OAuth2Authorization.Builder builder = OAuth2Authorization.withRegisteredClient(client)
			.id(this.id)
			.principalName(this.principalName)
			.authorizationGrantType(new AuthorizationGrantType(this.grantType))
			.authorizedScopes(this.scopes);
		CurrentAuthorizations.setVersion(builder, version);
		if (this.user != null) {
			builder.attribute(USER, this.user.toAuthentication());
		}
		if (this.request != null) {
			builder.attribute(REQUEST, this.request.toRequest());
		}
		if (this.state != null) {
			builder.attribute(OAuth2ParameterNames.STATE, this.state);
		}
		if (this.code != null) {
			add(builder, new OAuth2AuthorizationCode(this.code.value(), this.code.issuedAt(), this.code.expiresAt()),
					this.code, Map.of());
		}
		if (this.accessToken != null) {
			add(builder, this.accessToken.toAccessToken(), this.accessToken,
					Map.of(OAuth2TokenFormat.class.getName(), OAuth2TokenFormat.SELF_CONTAINED.getValue(),
							OAuth2Authorization.Token.CLAIMS_METADATA_NAME, this.accessToken.claims()));
		}
		if (this.refreshToken != null) {
			add(builder, new OAuth2RefreshToken(this.refreshToken.value(), this.refreshToken.issuedAt(),
					this.refreshToken.expiresAt()), this.refreshToken, Map.of());
		}
		return builder.build();
	}

	private static void add(OAuth2Authorization.Builder builder, AbstractOAuth2Token token, Token stored,
			Map<String, Object> others) {
		builder.token(token, (metadata) -> {
			metadata.put(OAuth2Authorization.Token.INVALIDATED_METADATA_NAME, stored.invalidated());
			metadata.putAll(others);
		});
	}

	/**
	 * A user.
	 *
	 * @param name the name
	 * @param authorities the authorities
	 * @param actors issuer and subject of those who act for the user
	 */
	record User(String name, Set<String> authorities, List<Map<String, String>> actors) {

		static User of(Authentication user) {
			List<OAuth2TokenExchangeActor> actors = (user instanceof OAuth2TokenExchangeCompositeAuthenticationToken composite)
					? composite.getActors() : List.of();
			return new User(user.getName(),
					user.getAuthorities()
						.stream()
						.map(GrantedAuthority::getAuthority)
						.map(String::valueOf)
						.collect(Collectors.toCollection(LinkedHashSet::new)),
					actors.stream()
						.map((actor) -> Map.of(JwtClaimNames.ISS, actor.getIssuer(), JwtClaimNames.SUB,
								actor.getSubject()))
						.toList());
		}

		Authentication toAuthentication() {
			Authentication user = UsernamePasswordAuthenticationToken.authenticated(this.name, null,
					AuthorityUtils.createAuthorityList(this.authorities));
			return this.actors.isEmpty() ? user
					: new OAuth2TokenExchangeCompositeAuthenticationToken(user,
							this.actors.stream()
								.map((claims) -> new OAuth2TokenExchangeActor(new LinkedHashMap<>(claims)))
								.toList());
		}

	}

	/**
	 * An authorization request.
	 *
	 * @param uri the authorization endpoint
	 * @param clientId the client id
	 * @param redirectUri the redirect URI
	 * @param scopes the requested scopes
	 * @param state the state of the client
	 * @param parameters all other parameters, each with all of its values
	 */
	record Request(String uri, String clientId, @Nullable String redirectUri, Set<String> scopes,
			@Nullable String state, Map<String, List<String>> parameters) {

		static Request of(OAuth2AuthorizationRequest request) {
			Map<String, List<String>> parameters = new LinkedHashMap<>();
			request.getAdditionalParameters()
				.forEach((name, value) -> parameters.put(name,
						(value instanceof String[] values) ? List.of(values) : List.of((String) value)));
			return new Request(request.getAuthorizationUri(), request.getClientId(), request.getRedirectUri(),
					request.getScopes(), request.getState(), parameters);
		}

		OAuth2AuthorizationRequest toRequest() {
			Map<String, Object> parameters = new LinkedHashMap<>();
			this.parameters.forEach((name, values) -> parameters.put(name,
					(values.size() == 1) ? values.get(0) : values.toArray(String[]::new)));
			return OAuth2AuthorizationRequest.authorizationCode()
				.authorizationUri(this.uri)
				.clientId(this.clientId)
				.redirectUri(this.redirectUri)
				.scopes(this.scopes)
				.state(this.state)
				.additionalParameters(parameters)
				.build();
		}

	}

	/**
	 * A code or token.
	 *
	 * @param value the value
	 * @param issuedAt when it was issued
	 * @param expiresAt when it expires
	 * @param invalidated whether it was invalidated
	 * @param type the type of an access token
	 * @param scopes the scopes of an access token
	 */
	record Token(String value, @Nullable Instant issuedAt, @Nullable Instant expiresAt, boolean invalidated,
			@Nullable String type, @Nullable Set<String> scopes) {

		static @Nullable Token of(OAuth2Authorization.@Nullable Token<? extends OAuth2Token> token) {
			if (token == null) {
				return null;
			}
			OAuth2Token value = token.getToken();
			OAuth2AccessToken accessToken = (value instanceof OAuth2AccessToken access) ? access : null;
			return new Token(value.getTokenValue(), value.getIssuedAt(), value.getExpiresAt(), token.isInvalidated(),
					(accessToken != null) ? accessToken.getTokenType().getValue() : null,
					(accessToken != null) ? accessToken.getScopes() : null);
		}

		OAuth2AccessToken toAccessToken() {
			return new OAuth2AccessToken(
					TokenType.DPOP.getValue().equals(this.type) ? TokenType.DPOP : TokenType.BEARER, this.value,
					this.issuedAt, this.expiresAt, this.scopes);
		}

		Map<String, Object> claims() {
			try {
				return MappedJwtClaimSetConverter.withDefaults(Map.of())
					.convert(JWTParser.parse(this.value).getJWTClaimsSet().getClaims());
			}
			catch (ParseException ex) {
				// Without the cause, whose message can contain a part of the token.
				throw new IllegalStateException("An access token is not a JWT");
			}
		}

	}

}
