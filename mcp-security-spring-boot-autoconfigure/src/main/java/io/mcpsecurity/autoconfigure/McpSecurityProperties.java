package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.ratelimit.LimitRule;
import io.mcpsecurity.ratelimit.RateLimits;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.transport.SenderConstraints;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.core.io.Resource;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * The properties below {@code mcp-security}, as {@link PropertyBinder} binds them. The
 * descriptions here become the configuration metadata and the table in
 * docs/configuration.md.
 *
 * @param enabled Whether MCP endpoints are secured. If false, this starter does nothing.
 * @param resource Resource identifier of this server: the absolute URI, without fragment,
 * that clients use for its MCP endpoint and that access tokens must name as their
 * audience. Required.
 * @param resourceAliases Further resource identifiers of the MCP endpoint that Spring AI
 * configures, with other hosts or ports. Metadata, challenge and audience are those of
 * the identifier whose host a request was sent to, and those of the resource for any
 * other host.
 * @param resourceName Human-readable name in the protected resource metadata. Default:
 * the name of the MCP server.
 * @param authorizationServers Authorization servers whose access tokens are accepted: an
 * issuer identifier, a list of them, or a list of objects. Default: the issuer of
 * spring.security.oauth2.resourceserver.jwt. Ignored if there is a bean of type
 * AuthorizationServerConnectionDetails.
 * @param startLocked Whether the application starts without any authorization server, and
 * then responds with 503 to every request for an MCP endpoint.
 * @param allowInsecureHttp Whether http is allowed for a resource or an issuer that is
 * not on this machine.
 * @param token Validation of access tokens.
 * @param dpop Access tokens that are bound to a key of the client (DPoP, RFC 9449).
 * @param mutualTls Access tokens that are bound to a client certificate (RFC 8705).
 * @param apiKeys API keys, for machines that cannot do OAuth.
 * @param clients Which OAuth clients are accepted.
 * @param policy Which scopes tools, resources and prompts require.
 * @param scopes Descriptions and other names of scopes.
 * @param metadata Protected resource metadata and challenges.
 * @param http Limits of HTTP requests.
 * @param sessions Limits of sessions.
 * @param rateLimit Rate limits.
 * @param protocolRevisions Revisions of MCP that the endpoints support: 2025-11-25, which
 * includes the earlier ones, and 2026-07-28. Default: both.
 * @param requestState The state that clients of MCP 2026-07-28 return with input.
 * @param endpoints Further MCP endpoints besides the one that Spring AI configures, by a
 * name of your choice.
 * @param unguardedTransports Names of beans or servlets that are MCP transports which
 * this starter does not guard, and which are allowed nevertheless.
 * @param downstream Services that this server calls, by a name of your choice.
 * @param refuseTokenPassthrough Whether the HTTP clients that Spring Boot builds refuse
 * to send an access token that a client has sent to this server.
 * @param audit Audit trail.
 */
@ConfigurationProperties(PropertyBinder.PREFIX)
public record McpSecurityProperties(@DefaultValue("true") boolean enabled, @Nullable String resource,
		@DefaultValue List<String> resourceAliases, @Nullable String resourceName,
		@DefaultValue List<AuthorizationServer> authorizationServers, @DefaultValue("false") boolean startLocked,
		@DefaultValue("false") boolean allowInsecureHttp, @DefaultValue Token token, @DefaultValue Dpop dpop,
		@DefaultValue MutualTls mutualTls, @DefaultValue ApiKeys apiKeys, @DefaultValue Clients clients,
		@DefaultValue Policy policy, @DefaultValue List<Scope> scopes, @DefaultValue Metadata metadata,
		@DefaultValue Http http, @DefaultValue Sessions sessions, @DefaultValue RateLimit rateLimit,
		@DefaultValue List<String> protocolRevisions, @DefaultValue RequestState requestState,
		@DefaultValue Map<String, Endpoint> endpoints, @DefaultValue List<String> unguardedTransports,
		@DefaultValue Map<String, Downstream> downstream, @DefaultValue("true") boolean refuseTokenPassthrough,
		@DefaultValue Audit audit) {

	/** The configured name of the resource, or else another name. */
	String resourceNameOr(String other) {
		return StringUtils.hasText(this.resourceName) ? this.resourceName : other;
	}

	/**
	 * The state that clients of MCP 2026-07-28 return when they repeat a request with the
	 * input that a tool, resource or prompt has asked for.
	 *
	 * @param keys Keys that encrypt the state: 32 random bytes each, in Base64. The first
	 * one encrypts, all decrypt. Default: a random key, which other instances of the
	 * server do not have.
	 * @param lifetime How long a state can be returned.
	 */
	public record RequestState(@DefaultValue List<String> keys,
			@DefaultValue("10m") @DurationUnit(ChronoUnit.SECONDS) Duration lifetime) {

		@Override
		public String toString() {
			return "RequestState[lifetime=" + this.lifetime + "]";
		}

	}

	/**
	 * Which scopes tools, resources and prompts require.
	 *
	 * @param enforcement "report" lets calls with missing scopes pass and logs them.
	 * @param rules Rules for tools, resources and prompts. They take precedence over what
	 * the code declares; the first rule that matches applies.
	 * @param requiredScopes Scopes that every request to an MCP endpoint requires,
	 * listings included.
	 * @param unmatchedRules What to do at start about a rule that matches nothing, or
	 * that never applies because an earlier one matches the same: "report" logs it,
	 * "fail" stops the start.
	 * @param defaultAccess Access to tools, resources and prompts without any rule:
	 * "authenticated" (a valid token is enough) or "deny".
	 * @param anonymousDiscovery Whether initialize, ping and listings are allowed without
	 * a token.
	 * @param visibility What callers see of what they may not use: with "step-up",
	 * everything that a caller can be granted is listed with its scopes, and a call
	 * without them is challenged; with "need-to-know", only what the caller may use is
	 * listed, and nothing else exists.
	 * @param scopeTemplate Scope of every tool without a rule, with {name} for the tool's
	 * name. Default: none.
	 * @param readOnlyScope Scope of tools without a rule that have readOnlyHint. Default:
	 * none.
	 * @param destructiveScope Scope of tools without a rule that have destructiveHint and
	 * not readOnlyHint. Default: none.
	 * @param scopeHierarchy Scopes that contain other scopes, one relation per line:
	 * broader &gt; narrower. Default: none.
	 * @param wildcardScopes Whether a scope of a token that ends with :*, .* or /*, none
	 * of which OAuth knows, contains all scopes that begin with the same characters, so
	 * that records:* contains records:read.
	 */
	public record Policy(@DefaultValue("enforce") AccessPolicy.Mode enforcement, @DefaultValue List<Rule> rules,
			@DefaultValue List<String> requiredScopes, @DefaultValue("report") UnmatchedRules unmatchedRules,
			@DefaultValue("authenticated") DefaultAccess defaultAccess,
			@DefaultValue("false") boolean anonymousDiscovery,
			@DefaultValue("step-up") AccessPolicy.Visibility visibility, @Nullable String scopeTemplate,
			@Nullable String readOnlyScope, @Nullable String destructiveScope, @Nullable String scopeHierarchy,
			@DefaultValue("false") boolean wildcardScopes) {

		/** What to do about a rule that has no effect. */
		public enum UnmatchedRules {

			/** Log a warning. */
			REPORT,

			/** Stop the start. */
			FAIL

		}

		/** Access without a rule. */
		public enum DefaultAccess {

			/** A valid token is enough. */
			AUTHENTICATED,

			/** No caller. */
			DENY

		}

	}

	/**
	 * A rule for tools, resources and prompts.
	 *
	 * @param tools Names of tools; * matches any characters.
	 * @param resources URIs and URI templates of resources; * matches any characters.
	 * @param prompts Names of prompts; * matches any characters.
	 * @param scopes Scopes that are all required.
	 * @param anyOf Scopes of which one is required, the narrowest first.
	 * @param access Access without scopes: "authenticated", "public" or "deny". Default:
	 * none.
	 * @param acr Authentication context class references of which one is required, the
	 * preferred one first (RFC 9470). Default: any.
	 * @param maxAge Maximum time since the user has signed in (RFC 9470). Default: any.
	 */
	@ConfigurationPropertiesSource
	public record Rule(@DefaultValue List<String> tools, @DefaultValue List<String> resources,
			@DefaultValue List<String> prompts, @DefaultValue List<String> scopes, @DefaultValue List<String> anyOf,
			@Nullable Access access, @DefaultValue List<String> acr,
			@Nullable @DurationUnit(ChronoUnit.SECONDS) Duration maxAge) {

		/** Access without scopes. */
		public enum Access {

			/** Every caller with a valid token. */
			AUTHENTICATED,

			/** All callers, also without a token. */
			PUBLIC,

			/** No caller. */
			DENY

		}

	}

	/**
	 * A scope.
	 *
	 * @param name Name of the scope in rules. Required.
	 * @param description What the scope permits, for the person who consents. Default:
	 * none.
	 * @param grantedAs Names that stand for the scope in a token. Default: its own name.
	 * @param requestedAs Name by which clients request the scope. Default: its own name.
	 */
	@ConfigurationPropertiesSource
	public record Scope(@Nullable String name, @Nullable String description, @DefaultValue List<String> grantedAs,
			@Nullable String requestedAs) {
	}

	/**
	 * A further MCP endpoint.
	 *
	 * @param path Path within the application, including the servlet path. Required.
	 * @param resource Resource identifier. Required.
	 * @param resourceAliases Further resource identifiers of the endpoint, with other
	 * hosts or ports.
	 * @param resourceName Human-readable name in the protected resource metadata.
	 * Default: the name of the endpoint.
	 * @param protocol Whether clients have sessions. Default: as at the endpoint that
	 * Spring AI configures.
	 * @param offers What the endpoint offers.
	 * @param policy Which scopes tools, resources and prompts of the endpoint require.
	 * @param metadata Protected resource metadata and challenges of the endpoint.
	 */
	@ConfigurationPropertiesSource
	public record Endpoint(@Nullable String path, @Nullable String resource, @DefaultValue List<String> resourceAliases,
			@Nullable String resourceName, @Nullable Protocol protocol, @DefaultValue Offers offers,
			@DefaultValue Policy policy, @DefaultValue Metadata metadata) {

		/** Whether clients have sessions. */
		public enum Protocol {

			/** Clients have sessions. */
			STREAMABLE,

			/** Each request is served by itself. */
			STATELESS

		}

		/**
		 * What an endpoint offers. Default: all that the application offers.
		 *
		 * @param beans Names of beans: those with annotated methods, tool callbacks and
		 * their providers, lists of specifications.
		 * @param tools Names of tools; * matches any characters.
		 * @param resources URIs and URI templates of resources; * matches any characters.
		 * @param prompts Names of prompts; * matches any characters.
		 * @param exclusive Whether the selection is no longer offered at the endpoint
		 * that Spring AI configures.
		 */
		public record Offers(@DefaultValue List<String> beans, @DefaultValue List<String> tools,
				@DefaultValue List<String> resources, @DefaultValue List<String> prompts,
				@DefaultValue("true") boolean exclusive) {

			boolean isEmpty() {
				return this.beans.isEmpty() && this.tools.isEmpty() && this.resources.isEmpty()
						&& this.prompts.isEmpty();
			}

		}

		/**
		 * Which scopes tools, resources and prompts of an endpoint require.
		 *
		 * @param rules Rules that take precedence over the rules that all endpoints have
		 * in common.
		 * @param requiredScopes Scopes that every request to the endpoint requires, in
		 * addition to those that all endpoints require.
		 */
		public record Policy(@DefaultValue List<Rule> rules, @DefaultValue List<String> requiredScopes) {
		}

	}

	/**
	 * An authorization server. In configuration a plain string is its issuer.
	 *
	 * @param issuer Issuer identifier, exactly as in the iss claim of its tokens.
	 * Required.
	 * @param jwkSetUri URI of its keys. Default: the jwks_uri of its metadata.
	 * @param advertisedAs Issuer identifier in the protected resource metadata, for
	 * clients that use an authorization server in front of this one, or that find its
	 * metadata elsewhere than below the iss claim. Default: the issuer.
	 * @param provider Kind of authorization server, which has defaults for the other
	 * properties.
	 * @param audiences Accepted values of the audience claim, at the MCP endpoint that
	 * Spring AI configures. Default: those of the provider, usually the resource.
	 * @param audienceClaim Claim that contains the audience. Default: that of the
	 * provider, usually aud.
	 * @param tokenTypes Accepted values of the header parameter typ; "none" stands for a
	 * header without it. Default: those of the provider.
	 * @param marks Claims that mark an access token, each with its accepted values, * for
	 * any; one of them must be present. Default: those of the provider.
	 * @param refusedClaims Claims that only tokens of other kinds have. Default: those of
	 * the provider.
	 * @param scopePrefix Prefix of scope names where clients request them, and possibly
	 * in tokens, that rules leave out. Default: none; for Entra ID derived from the
	 * audience.
	 * @param claims Claims that describe the caller.
	 * @param introspection Introspection endpoint (RFC 7662).
	 */
	@ConfigurationPropertiesSource
	public record AuthorizationServer(@Nullable String issuer, @Nullable String jwkSetUri,
			@Nullable String advertisedAs, @DefaultValue("generic") Provider provider,
			@DefaultValue List<String> audiences, @Nullable String audienceClaim, @DefaultValue List<String> tokenTypes,
			@DefaultValue Map<String, List<String>> marks, @DefaultValue List<String> refusedClaims,
			@Nullable String scopePrefix, @DefaultValue Claims claims, @Nullable IntrospectionEndpoint introspection) {

		/** Allows {@code authorization-servers: https://issuer.example}. */
		public static AuthorizationServer valueOf(String issuer) {
			return of(issuer, null, Provider.GENERIC, List.of());
		}

		static AuthorizationServer of(@Nullable String issuer, @Nullable String jwkSetUri, Provider provider,
				List<String> audiences) {
			return new AuthorizationServer(issuer, jwkSetUri, null, provider, audiences, null, List.of(), Map.of(),
					List.of(), null, new Claims(List.of(), List.of(), null, List.of(), null, null), null);
		}

		/**
		 * An introspection endpoint, and how this server authenticates there: with a
		 * secret or a private key (private_key_jwt).
		 *
		 * @param uri URI of the introspection endpoint. Default: none.
		 * @param clientId Client id of this server at the authorization server. Required
		 * with an introspection endpoint.
		 * @param clientSecret Client secret of this server. Default: none.
		 * @param secretMethod How the secret is sent: "client-secret-basic", in the
		 * header Authorization, or "client-secret-post", in the form.
		 * @param privateKey Location of a private key in PEM (PKCS #8), such as
		 * file:/run/secrets/key.pem, to use instead of a secret. Default: none.
		 * @param keyId Id of the private key. Default: none.
		 * @param assertionAudience Audience of assertions. Default: the issuer.
		 * @param opaqueTokens Whether tokens that are not JWTs belong to this
		 * authorization server.
		 */
		public record IntrospectionEndpoint(@Nullable String uri, @Nullable String clientId,
				@Nullable String clientSecret, @DefaultValue("client-secret-basic") SecretMethod secretMethod,
				@Nullable Resource privateKey, @Nullable String keyId, @Nullable String assertionAudience,
				@DefaultValue("true") boolean opaqueTokens) {

			/** Without the secret, which must not appear in a log. */
			@Override
			public String toString() {
				return "IntrospectionEndpoint[uri=" + this.uri + ", clientId=" + this.clientId + "]";
			}

			/** How a secret is sent (RFC 6749 section 2.3.1). */
			public enum SecretMethod {

				/** In the header Authorization. */
				CLIENT_SECRET_BASIC,

				/** In the form. */
				CLIENT_SECRET_POST

			}

		}

		/**
		 * Claims that describe the caller: names joined by dots, or JSON pointers.
		 * Default: those of the provider.
		 *
		 * @param scopes Claims that contain scopes, all of them together; claims of roles
		 * are allowed. Strings in scope and scp are separated at spaces, in other claims
		 * a string is one name; of an object the keys are the names. Default: those of
		 * the provider.
		 * @param client Claims that contain the client id; the first that is present
		 * counts. Default: those of the provider.
		 * @param actor Claim that contains the actor chain. Default: act.
		 * @param acr Claims that contain authentication context class references, all of
		 * them together: strings or arrays of strings. Default: those of the provider,
		 * usually acr.
		 * @param authTime Claim that contains the time at which the user has signed in.
		 * Default: auth_time.
		 * @param clientAsSubject Whether the client is the subject of a token without
		 * sub, as some authorization servers issue them to machines. Default: as the
		 * provider issues them; false for most.
		 */
		public record Claims(@DefaultValue List<String> scopes, @DefaultValue List<String> client,
				@Nullable String actor, @DefaultValue List<String> acr, @Nullable String authTime,
				@Nullable Boolean clientAsSubject) {
		}

	}

	/**
	 * Validation of access tokens.
	 *
	 * @param clockSkew Accepted difference between the clocks of this server and of an
	 * authorization server when exp, nbf and auth_time are checked.
	 * @param cache Cache of verified tokens.
	 * @param keys Keys of the authorization servers.
	 * @param introspection Calls of introspection endpoints.
	 * @param revocationCheck How revoked JWTs are detected: "none" (a JWT is valid until
	 * it expires) or "introspect" (by introspection).
	 */
	public record Token(@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration clockSkew,
			@DefaultValue Cache cache, @DefaultValue Keys keys, @DefaultValue Introspection introspection,
			@DefaultValue("none") RevocationCheck revocationCheck) {

		/** How revoked JWTs are detected. */
		public enum RevocationCheck {

			/** Not at all: a JWT is valid until it expires. */
			NONE,

			/** By introspection. */
			INTROSPECT

		}

		/**
		 * Cache of verified tokens.
		 *
		 * @param maxSize Maximum number of cached tokens at each MCP endpoint. With 0 the
		 * signature of a token is verified for each request.
		 */
		public record Cache(@DefaultValue("10000") int maxSize) {
		}

		/**
		 * Keys of the authorization servers.
		 *
		 * @param connectTimeout Timeout to connect to an authorization server.
		 * @param readTimeout Timeout for its response; at most a third of cache-ttl.
		 * @param cacheTtl Time after which fetched keys are no longer used. They are
		 * refreshed after half of it. A withdrawn key stops working within this time.
		 * @param retryInterval Minimum time between fetches because of unknown key ids,
		 * and between attempts while an authorization server is down; also the
		 * Retry-After of a 503.
		 * @param outageTolerance Time beyond cache-ttl for which keys are still used
		 * while their authorization server is down.
		 */
		public record Keys(@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration connectTimeout,
				@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration readTimeout,
				@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration cacheTtl,
				@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration retryInterval,
				@DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration outageTolerance) {
		}

		/**
		 * Calls of introspection endpoints.
		 *
		 * @param cacheTtl Time for which a response is cached, at most as long as the
		 * token is valid. A revoked token stops working within this time.
		 * @param cacheSize Maximum number of cached responses for each endpoint, of
		 * active tokens and of other tokens each.
		 * @param connectTimeout Timeout to connect.
		 * @param readTimeout Timeout for the response, and to wait for another call to
		 * end when there are max-concurrent calls already.
		 * @param maxConcurrent Maximum number of concurrent calls to each endpoint.
		 */
		public record Introspection(@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration cacheTtl,
				@DefaultValue("10000") int cacheSize,
				@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration connectTimeout,
				@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration readTimeout,
				@DefaultValue("16") int maxConcurrent) {
		}

	}

	/**
	 * Access tokens that are bound to a key of the client (DPoP, RFC 9449).
	 *
	 * @param mode Whether such tokens are accepted: "off", "allowed", besides bearer
	 * tokens, or "required", and no bearer tokens.
	 * @param maxAge Maximum difference between the time at which a proof was created and
	 * the time of its arrival.
	 * @param maxProofs Maximum number of proofs in the memory of an instance that are
	 * kept to detect replays. While it is reached, requests with DPoP are rejected with
	 * 503. Not used with rate-limit.store=redis, where the proofs are in Redis.
	 * @param nonce Nonces of this server that proofs must contain.
	 */
	public record Dpop(@DefaultValue("off") SenderConstraints.Mode mode,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration maxAge,
			@DefaultValue("500000") int maxProofs, @DefaultValue Nonce nonce) {

		/**
		 * Nonces of this server that proofs must contain, so that none can be created in
		 * advance.
		 *
		 * @param required Whether proofs must contain a nonce.
		 * @param keys Keys that nonces are derived from: 32 random bytes each, in Base64.
		 * The first one creates nonces, those of all are accepted. Default: a random key,
		 * which other instances of the server do not have.
		 * @param period Time after which there is a new nonce. The previous one is
		 * accepted as well.
		 */
		public record Nonce(@DefaultValue("false") boolean required, @DefaultValue List<String> keys,
				@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration period) {

			@Override
			public String toString() {
				return "Nonce[required=" + this.required + ", period=" + this.period + "]";
			}

		}

	}

	/**
	 * A service that this server calls.
	 *
	 * @param baseUrl Base URL. Requests are sent below it only. Required.
	 * @param grant How requests are authenticated: "token-exchange" (RFC 8693),
	 * "jwt-bearer" (RFC 7523), both with a token for the caller, "client-credentials", or
	 * "api-key". Required.
	 * @param issuer Issuer identifier of the authorization server whose callers' tokens
	 * are exchanged, or any for "client-credentials". Default: the only authorization
	 * server.
	 * @param tokenUri URI of the token endpoint. Default: the token_endpoint of the
	 * issuer's metadata.
	 * @param clientId Client id of this server at the token endpoint. Required, except
	 * for "api-key".
	 * @param clientSecret Client secret of this server. Default: none.
	 * @param secretMethod How the secret is sent: "client-secret-basic", in the header
	 * Authorization, or "client-secret-post", in the form.
	 * @param privateKey Location of a private key in PEM (PKCS #8) to use instead of a
	 * secret (private_key_jwt). Default: none.
	 * @param keyId Id of the private key. Default: none.
	 * @param assertionAudience Audience of assertions. Default: the issuer, or the token
	 * endpoint if there is none.
	 * @param resource Resource identifier of the service (RFC 8707), which its tokens
	 * must contain in aud if they are JWTs. Default: none.
	 * @param audience Name of the service at the authorization server (RFC 8693), which
	 * its tokens must contain in aud if they are JWTs. Default: none.
	 * @param scopes Scopes to request. A token with others is refused. Default: none are
	 * requested, and those of a token are not checked.
	 * @param actor What names this server as the actor of an exchange: "none" (its
	 * authentication at the token endpoint) or "client-credentials" (a token of its own,
	 * as the actor_token).
	 * @param parameters Further parameters of the token request.
	 * @param maxLifetime Maximum lifetime of a token. One that is valid for longer is
	 * refused.
	 * @param cacheSize Maximum number of cached tokens.
	 * @param maxConcurrent Maximum number of concurrent token requests.
	 * @param apiKey Key for the grant "api-key". Default: none.
	 * @param apiKeyHeader Header that contains the key.
	 * @param stepUp Scope of this server that the challenge contains, by the scope that
	 * the service requires. Default: none, and a request that lacks scopes fails.
	 * @param connectTimeout Timeout to connect to the service or the token endpoint.
	 * @param readTimeout Timeout for the response of the service.
	 * @param tokenTimeout Timeout for the response of the token endpoint.
	 */
	@ConfigurationPropertiesSource
	public record Downstream(@Nullable String baseUrl, @Nullable Grant grant, @Nullable String issuer,
			@Nullable String tokenUri, @Nullable String clientId, @Nullable String clientSecret,
			@DefaultValue("client-secret-basic") AuthorizationServer.IntrospectionEndpoint.SecretMethod secretMethod,
			@Nullable Resource privateKey, @Nullable String keyId, @Nullable String assertionAudience,
			@Nullable String resource, @Nullable String audience, @DefaultValue List<String> scopes,
			@DefaultValue("none") Actor actor, @DefaultValue Map<String, String> parameters,
			@DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration maxLifetime,
			@DefaultValue("10000") int cacheSize, @DefaultValue("16") int maxConcurrent, @Nullable String apiKey,
			@DefaultValue("X-API-Key") String apiKeyHeader, @DefaultValue Map<String, String> stepUp,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration connectTimeout,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration readTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration tokenTimeout) {

		/** Without the secrets, which must not appear in a log. */
		@Override
		public String toString() {
			return "Downstream[baseUrl=" + this.baseUrl + ", grant=" + this.grant + "]";
		}

		/** How requests are authenticated. */
		public enum Grant {

			/** By a token for which the caller's token is exchanged. */
			TOKEN_EXCHANGE,

			/** By a token for which the caller's token is the assertion. */
			JWT_BEARER,

			/** By a token of this server. */
			CLIENT_CREDENTIALS,

			/** By a key. */
			API_KEY

		}

		/** What names this server as the actor of an exchange. */
		public enum Actor {

			/** Its authentication at the token endpoint. */
			NONE,

			/** A token of its own. */
			CLIENT_CREDENTIALS

		}

	}

	/**
	 * Access tokens that are bound to a client certificate (RFC 8705 section 3).
	 *
	 * @param mode Whether such tokens are accepted: "off", "allowed", besides tokens that
	 * are not bound to a certificate, or "required", and no others.
	 * @param certificateHeader Header in which a proxy passes the client certificate on:
	 * Client-Cert (RFC 9440), X-Forwarded-Client-Cert (Envoy), or any other one with the
	 * certificate in PEM and percent-encoding. Default: the certificate is that of the
	 * TLS connection.
	 * @param trustedProxies Addresses of the proxies that set the header, and networks in
	 * CIDR notation. In requests from other addresses the header is ignored. Required
	 * with certificate-header.
	 */
	public record MutualTls(@DefaultValue("off") SenderConstraints.Mode mode, @Nullable String certificateHeader,
			@DefaultValue List<String> trustedProxies) {
	}

	/**
	 * API keys, for machines that cannot do OAuth. They are accepted at all MCP
	 * endpoints.
	 *
	 * @param enabled Whether API keys are accepted, besides access tokens.
	 * @param header Header in which clients send their key.
	 * @param keys Keys, by an id of your choice: letters, digits and hyphens.
	 * @param store Where keys are stored that are created at run time, with the actuator
	 * endpoint "mcpapikeys": "none" (there are none), "memory", or "jdbc", a database
	 * that several instances share.
	 * @param maxValidity Maximum time for which a key that is created at run time is
	 * valid.
	 */
	public record ApiKeys(@DefaultValue("false") boolean enabled, @DefaultValue("X-API-Key") String header,
			@DefaultValue Map<String, Key> keys, @DefaultValue("none") Store store,
			@DefaultValue("90d") @DurationUnit(ChronoUnit.SECONDS) Duration maxValidity) {

		/**
		 * An API key.
		 *
		 * @param hash SHA-256 of the whole key, in hexadecimal or base64url. Required.
		 * @param subject Subject of requests with the key. Required.
		 * @param clientId Client id of requests with the key. Required.
		 * @param scopes Scopes of requests with the key.
		 * @param expiresAt Time from which the key is not accepted, such as
		 * 2027-01-31T00:00:00Z. Required.
		 * @param networks Addresses from which the key is accepted, and networks in CIDR
		 * notation. Default: all.
		 */
		@ConfigurationPropertiesSource
		public record Key(@Nullable String hash, @Nullable String subject, @Nullable String clientId,
				@DefaultValue List<String> scopes, @Nullable Instant expiresAt, @DefaultValue List<String> networks) {

			/** Without the hash. */
			@Override
			public String toString() {
				return "Key[subject=" + this.subject + ", clientId=" + this.clientId + "]";
			}

		}

		/** Where keys are stored that are created at run time. */
		public enum Store {

			/** No keys can be created. */
			NONE,

			/** In the server's memory. */
			MEMORY,

			/** In a database. */
			JDBC

		}

	}

	/**
	 * Which OAuth clients are accepted, whatever their tokens contain: client ids, or
	 * patterns in which * matches any characters; with an issuer and a space before it, a
	 * pattern matches only clients of that authorization server.
	 *
	 * @param allow Accepted clients: client ids, patterns with *, or either with an
	 * issuer and a space before it. Default: all.
	 * @param deny Denied clients, in the same form.
	 * @param store Where clients that are denied at run time are stored: "memory", or
	 * "jdbc", a database that several instances share.
	 * @param refreshInterval Time within which a client that was denied at another
	 * instance is denied at this one.
	 */
	public record Clients(@DefaultValue List<String> allow, @DefaultValue List<String> deny,
			@DefaultValue("memory") Store store,
			@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration refreshInterval) {

		/** Where clients that are denied at run time are stored. */
		public enum Store {

			/** In the server's memory. */
			MEMORY,

			/** In a database. */
			JDBC

		}

	}

	/**
	 * Protected resource metadata and challenges.
	 *
	 * @param url URL of the metadata, if a proxy serves it elsewhere. Default: derived
	 * from the resource (RFC 9728).
	 * @param scopesSupported Scopes that the metadata advertises: "minimal" for those of
	 * tools with readOnlyHint, resources and prompts, "declared" for all that rules name,
	 * "none", or a list of scopes.
	 * @param challengeScopes Scopes that the challenge advises a client without a token
	 * to request, with the values of scopes-supported.
	 */
	public record Metadata(@Nullable String url, @DefaultValue("minimal") List<String> scopesSupported,
			@DefaultValue("minimal") List<String> challengeScopes) {
	}

	/**
	 * Limits of HTTP requests.
	 *
	 * @param maxBodySize Maximum size of a body.
	 * @param bodyTimeout Timeout for the whole body to arrive.
	 * @param maxJsonDepth Maximum nesting of the JSON in a body.
	 * @param allowedOrigins Web origins whose pages may use the MCP endpoints, for
	 * example https://app.example.com, or chrome-extension://* for all extensions of a
	 * browser. Default: the origin of the resource, and all of this machine if the
	 * resource is on this machine.
	 * @param allowedHosts Accepted names and addresses in the Host header, without ports.
	 * Default: all.
	 */
	public record Http(@DefaultValue("4MB") DataSize maxBodySize,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration bodyTimeout,
			@DefaultValue("64") int maxJsonDepth, @Nullable List<String> allowedOrigins,
			@DefaultValue List<String> allowedHosts) {
	}

	/**
	 * Limits of sessions.
	 *
	 * @param max Maximum number of sessions. With policy.anonymous-discovery, a quarter
	 * of it is for sessions without a token.
	 * @param maxPerCaller Maximum number of sessions of a caller (issuer, subject and
	 * client). A further one closes the least recently used.
	 * @param idleTimeout Time after which an unused session is closed.
	 * @param checkInterval Interval of the checks for expired sessions and for streams
	 * whose token has expired.
	 * @param callsOutliveToken Whether a call whose response is a stream may continue
	 * after its token has expired, until its handler has ended. Otherwise the stream ends
	 * with an error.
	 */
	public record Sessions(@DefaultValue("10000") int max, @DefaultValue("100") int maxPerCaller,
			@DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration idleTimeout,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration checkInterval,
			@DefaultValue("false") boolean callsOutliveToken) {
	}

	/**
	 * Rate limits.
	 *
	 * @param rules Rate limits, all of which apply.
	 * @param maxConcurrentCalls Maximum number of concurrent POST requests of a caller at
	 * each instance, or of an address without a token.
	 * @param maxConcurrentStreams Maximum number of streams of a caller, opened by GET or
	 * subscriptions/listen, at each instance, or of an address without a token.
	 * @param authenticationFailures Limit of rejected tokens for each address.
	 * @param store Where the buckets of the rules are: "local", in the memory of each
	 * instance, or "redis", shared.
	 * @param onStoreFailure What happens to requests while Redis cannot be reached:
	 * "deny" rejects them with 503, "allow" accepts them unchecked.
	 * @param maxBuckets Maximum number of buckets of each limit in memory.
	 * @param redis Use of Redis.
	 */
	public record RateLimit(@DefaultValue List<Rule> rules, @DefaultValue("100") int maxConcurrentCalls,
			@DefaultValue("100") int maxConcurrentStreams, @DefaultValue Failures authenticationFailures,
			@DefaultValue("local") Store store, @DefaultValue("deny") RateLimits.OnStoreFailure onStoreFailure,
			@DefaultValue("100000") int maxBuckets, @DefaultValue Redis redis) {

		/**
		 * A rate limit.
		 *
		 * @param name Name in metrics. Default: derived from per.
		 * @param per What has a bucket of its own: "caller" (a subject of an issuer),
		 * "client", "tool", "address" (of requests without a token), or a combination.
		 * Required.
		 * @param tools Tools whose calls are limited; * matches any characters. Default:
		 * all requests.
		 * @param capacity Number of requests that are allowed at once. Required.
		 * @param refill Number of further requests that are allowed in each period.
		 * Default: capacity.
		 * @param period Time in which the refill is added, evenly.
		 */
		@ConfigurationPropertiesSource
		public record Rule(@Nullable String name, @DefaultValue List<LimitRule.Per> per,
				@DefaultValue List<String> tools, @Nullable Long capacity, @Nullable Long refill,
				@DefaultValue("1m") @DurationUnit(ChronoUnit.SECONDS) Duration period) {
		}

		/**
		 * Limit of rejected tokens for each address.
		 *
		 * @param enabled Whether rejected tokens are limited.
		 * @param capacity Number of rejected tokens that are allowed at once.
		 * @param refill Number of further ones that are allowed in each period. Default:
		 * capacity.
		 * @param period Time in which the refill is added, evenly.
		 */
		public record Failures(@DefaultValue("true") boolean enabled, @DefaultValue("1000") long capacity,
				@Nullable Long refill, @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration period) {
		}

		/**
		 * Use of Redis. Its address is in spring.data.redis.
		 *
		 * @param timeout Timeout of a request for a response of Redis.
		 * @param connectTimeout Timeout to connect, including the first response.
		 * @param keyPrefix Prefix of all keys. Applications that share a Redis and not
		 * the limits need different ones.
		 */
		public record Redis(@DefaultValue("250ms") @DurationUnit(ChronoUnit.SECONDS) Duration timeout,
				@DefaultValue("2s") @DurationUnit(ChronoUnit.SECONDS) Duration connectTimeout,
				@DefaultValue("mcp-security:rate-limit:") String keyPrefix) {
		}

		/** Where buckets are. */
		public enum Store {

			/** In the memory of each instance. */
			LOCAL,

			/** In Redis, for all instances. */
			REDIS

		}

	}

	/**
	 * Audit trail.
	 *
	 * @param enabled Whether there is an audit trail.
	 * @param arguments What events show of the arguments of a call: "none", "masked"
	 * (names, and types and sizes of values) or "full" (names and values).
	 * @param sensitiveNames Names of arguments, and of members in them, whose values no
	 * event shows, in addition to password, token and the like; * matches any characters,
	 * and a name after ! is removed.
	 * @param queueCapacity Maximum number of queued events for each sink, including those
	 * that are being written.
	 * @param onOverflow What a request does when the queue of a sink is full: "block"
	 * waits for capacity, at most block-timeout, "drop" drops the event.
	 * @param onFailure What happens to calls while a sink fails: "allow" accepts them and
	 * loses events that could not be written, "deny" rejects them, so that a response of
	 * 200 implies that the event is written.
	 * @param blockTimeout Timeout of a request for capacity in a queue; a sink that takes
	 * longer to write a batch is unhealthy.
	 * @param drainTimeout Timeout of a shutdown for queued events to be written.
	 * @param repositoryCapacity Maximum number of events of MCP servers that are kept in
	 * memory for the endpoint "auditevents" if the application has no
	 * AuditEventRepository.
	 * @param events Events as application events of Spring Boot.
	 * @param log Events as log messages.
	 * @param opentelemetry Events as log records of OpenTelemetry.
	 * @param jdbc Events in a database.
	 */
	public record Audit(@DefaultValue("true") boolean enabled, @DefaultValue("masked") ArgumentSummaries.Mode arguments,
			@DefaultValue List<String> sensitiveNames, @DefaultValue("10000") int queueCapacity,
			@DefaultValue("block") AuditTrail.OnOverflow onOverflow,
			@DefaultValue("allow") AuditTrail.OnFailure onFailure,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration blockTimeout,
			@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration drainTimeout,
			@DefaultValue("1000") int repositoryCapacity, @DefaultValue Events events, @DefaultValue Log log,
			@DefaultValue OpenTelemetry opentelemetry, @DefaultValue Jdbc jdbc) {

		/**
		 * Events as application events of Spring Boot.
		 *
		 * @param enabled Whether each event is published as an AuditApplicationEvent,
		 * which Spring Boot puts into the AuditEventRepository.
		 */
		public record Events(@DefaultValue("true") boolean enabled) {
		}

		/**
		 * Events as log messages.
		 *
		 * @param enabled Whether each event is logged by the logger io.mcpsecurity.audit,
		 * at level INFO.
		 */
		public record Log(@DefaultValue("false") boolean enabled) {
		}

		/**
		 * Events as log records of OpenTelemetry.
		 *
		 * @param enabled Whether each event is sent to the OpenTelemetry bean.
		 */
		public record OpenTelemetry(@DefaultValue("false") boolean enabled) {
		}

		/**
		 * Events in a database.
		 *
		 * @param enabled Whether audit events are stored in a database, PostgreSQL or H2.
		 * @param dataSource Name of the DataSource bean to use. Default: the primary or
		 * only one.
		 * @param initializeSchema Whether to create the table at start: "never",
		 * "embedded" (in an embedded database) or "always".
		 * @param retention Time after which events are deleted. Default: never.
		 * @param timeout Timeout for a response of the database.
		 */
		public record Jdbc(@DefaultValue("false") boolean enabled, @Nullable String dataSource,
				@DefaultValue("embedded") InitializeSchema initializeSchema,
				@Nullable @DurationUnit(ChronoUnit.SECONDS) Duration retention,
				@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration timeout) {

			/**
			 * When to create the table. (Spring Boot has such an enum, but not on every
			 * class path.)
			 */
			public enum InitializeSchema {

				/** Never. */
				NEVER,

				/** When the database is an embedded one. */
				EMBEDDED,

				/** At every start. */
				ALWAYS

			}

		}

	}

}
