package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.ratelimit.LimitRule;
import io.mcpsecurity.ratelimit.RateLimits;
import io.mcpsecurity.token.Provider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;
import org.springframework.util.unit.DataSize;

/**
 * The properties below {@code mcp.security}. A name that is not among them stops the
 * start, because a misspelt security property would otherwise be no security.
 *
 * @param enabled Whether MCP endpoints are secured. When off, this starter does nothing.
 * @param resource The resource identifier of this server: the absolute URI, without
 * fragment, that clients use for its MCP endpoint and that access tokens must name as
 * their audience.
 * @param resourceName A name for people, shown in the metadata. Default: the name of the
 * MCP server.
 * @param authorizationServers The authorization servers whose access tokens are accepted.
 * Default: the one of spring.security.oauth2.resourceserver.jwt.
 * @param allowInsecureHttp Whether http is allowed for a resource or an issuer that is
 * not on this machine.
 * @param token What a token must be.
 * @param keys How the authorization servers' keys are fetched.
 * @param introspection How introspection endpoints are asked.
 * @param revocation How tokens that were revoked are found out.
 * @param clients Which clients may come at all.
 * @param challenge What a challenge tells.
 * @param metadata What the protected resource metadata tells.
 * @param request What a request may be.
 * @param allowedOrigins The web origins whose pages may use the MCP endpoints, for
 * example https://app.example.com. Default: the origin of the resource, and those of this
 * machine when the resource is on this machine.
 * @param allowedHosts The names and addresses, without ports, by which the server may be
 * called. Default: all.
 * @param session How long sessions last.
 * @param rules What tools, resources and prompts require, before what the code declares.
 * The first entry that matches holds.
 * @param undeclared What holds for tools, resources and prompts without any rule:
 * "authenticated" (a valid token is enough) or "deny".
 * @param unmatchedRules What to do at start about a rule that matches nothing, or that
 * never applies because an earlier one matches the same: "report" or "fail".
 * @param scopeTemplate The scope of every tool without a rule, with {name} for the tool's
 * name.
 * @param readOnlyScope The scope of tools without a rule that have readOnlyHint.
 * @param destructiveScope The scope of tools without a rule that have destructiveHint and
 * not readOnlyHint.
 * @param scopeHierarchy Which scopes contain which, one relation a line, in Spring
 * Security's notation: broader &gt; narrower.
 * @param scopes What is known about scopes, by name. (Names with other characters than
 * letters, digits and hyphens go in brackets: "[records:purge]".)
 * @param mode What becomes of a call whose scopes are missing: "enforce" or "report",
 * which lets it pass with a line in the log.
 * @param listings Whether listings show what the caller may use ("filtered") or
 * everything that somebody may use ("all").
 * @param unlisted How a call of something is answered that the caller may not use and
 * that listings therefore leave out: "challenge", so that clients can step up, or "hide",
 * as if there were no such thing.
 * @param discovery Whether initialize, ping and listings need a token ("authenticated")
 * or not ("public").
 * @param endpoints MCP endpoints besides the one that Spring AI configures, by a name of
 * your choice.
 * @param unguardedTransports Names of beans that are MCP transports which this starter
 * does not guard, and may exist all the same.
 * @param audit What is written about requests, and where.
 * @param rateLimit How often somebody may come.
 */
@ConfigurationProperties(prefix = "mcp.security", ignoreUnknownFields = false)
public record McpSecurityProperties(@DefaultValue("true") boolean enabled, @Nullable String resource,
		@Nullable String resourceName, @DefaultValue List<AuthorizationServer> authorizationServers,
		@DefaultValue("false") boolean allowInsecureHttp, @DefaultValue Token token, @DefaultValue Keys keys,
		@DefaultValue Introspection introspection, @DefaultValue Revocation revocation, @DefaultValue Clients clients,
		@DefaultValue Challenge challenge, @DefaultValue Metadata metadata, @DefaultValue Request request,
		@Nullable List<String> allowedOrigins, @DefaultValue List<String> allowedHosts, @DefaultValue Session session,
		@DefaultValue List<Rule> rules, @DefaultValue("authenticated") Undeclared undeclared,
		@DefaultValue("report") UnmatchedRules unmatchedRules, @Nullable String scopeTemplate,
		@Nullable String readOnlyScope, @Nullable String destructiveScope, @Nullable String scopeHierarchy,
		@DefaultValue Map<String, Scope> scopes, @DefaultValue("enforce") AccessPolicy.Mode mode,
		@DefaultValue("filtered") Listings listings, @DefaultValue("challenge") Unlisted unlisted,
		@DefaultValue("authenticated") Discovery discovery, @DefaultValue Map<String, Endpoint> endpoints,
		@DefaultValue List<String> unguardedTransports, @DefaultValue Audit audit, @DefaultValue RateLimit rateLimit) {

	/**
	 * A further MCP endpoint.
	 *
	 * @param path Its path within the application, with the servlet path.
	 * @param resource Its resource identifier.
	 * @param resourceName A name for people. Default: the name of the endpoint.
	 * @param protocol Whether its clients have sessions. Default: as at the endpoint that
	 * Spring AI configures.
	 * @param offers What it offers.
	 * @param rules What its tools, resources and prompts require, before the rules that
	 * all endpoints have in common.
	 * @param challenge What its challenges tell.
	 * @param metadata What its metadata tells.
	 */
	public record Endpoint(@Nullable String path, @Nullable String resource, @Nullable String resourceName,
			@Nullable Protocol protocol, @DefaultValue Offers offers, @DefaultValue List<Rule> rules,
			@DefaultValue Challenge challenge, @DefaultValue Metadata metadata) {

		/**
		 * Whether clients have sessions.
		 */
		public enum Protocol {

			/** They have. */
			STREAMABLE,

			/** Each request is served by itself. */
			STATELESS

		}

		/**
		 * What an endpoint offers. Default: all that the application offers.
		 *
		 * @param beans Names of beans: those with annotated methods, tool callbacks and
		 * their providers, lists of specifications.
		 * @param tools Names of tools; * stands for any characters.
		 * @param resources URIs and URI templates of resources; * stands for any
		 * characters.
		 * @param prompts Names of prompts; * stands for any characters.
		 * @param exclusive Whether the endpoint that Spring AI configures does not offer
		 * that.
		 */
		public record Offers(@DefaultValue List<String> beans, @DefaultValue List<String> tools,
				@DefaultValue List<String> resources, @DefaultValue List<String> prompts,
				@DefaultValue("true") boolean exclusive) {

			boolean isEmpty() {
				return this.beans.isEmpty() && this.tools.isEmpty() && this.resources.isEmpty()
						&& this.prompts.isEmpty();
			}

		}

	}

	/**
	 * A rule for tools, resources and prompts.
	 *
	 * @param tools Names of tools; * stands for any characters.
	 * @param resources URIs and URI templates of resources; * stands for any characters.
	 * @param prompts Names of prompts; * stands for any characters.
	 * @param scopes The scopes that are needed.
	 * @param access Instead of scopes: "authenticated", "public" or "deny".
	 */
	public record Rule(@DefaultValue List<String> tools, @DefaultValue List<String> resources,
			@DefaultValue List<String> prompts, @DefaultValue Scopes scopes, @Nullable Access access) {

		/**
		 * Scopes.
		 *
		 * @param allOf Scopes that are all needed.
		 * @param anyOf Scopes of which one is enough, the narrowest first.
		 */
		public record Scopes(@DefaultValue List<String> allOf, @DefaultValue List<String> anyOf) {
		}

		/**
		 * Access without scopes.
		 */
		public enum Access {

			/** Every caller with a valid token. */
			AUTHENTICATED,

			/** Everybody, also without a token. */
			PUBLIC,

			/** Nobody. */
			DENY

		}

	}

	/**
	 * What is known about a scope.
	 *
	 * @param description What it lets one do, in words for the person who consents.
	 * @param grantedAs The names that stand for it in a token. Default: its own name.
	 * @param requestedAs The name by which clients ask for it. Default: its own name.
	 */
	public record Scope(@Nullable String description, @DefaultValue List<String> grantedAs,
			@Nullable String requestedAs) {
	}

	/**
	 * What holds without a rule.
	 */
	public enum Undeclared {

		/** A valid token is enough. */
		AUTHENTICATED,

		/** Not callable. */
		DENY

	}

	/**
	 * What to do about a rule that is of no use.
	 */
	public enum UnmatchedRules {

		/** Write it into the log. */
		REPORT,

		/** Do not start. */
		FAIL

	}

	/**
	 * What listings show.
	 */
	public enum Listings {

		/** What the caller may use. */
		FILTERED,

		/** What somebody may use. */
		ALL

	}

	/**
	 * How a call is answered of something that the caller may not use.
	 */
	public enum Unlisted {

		/** It is denied, with the scopes that it needs. */
		CHALLENGE,

		/** As a call of something that does not exist. */
		HIDE

	}

	/**
	 * Who may find out what is offered.
	 */
	public enum Discovery {

		/** Callers with a valid token. */
		AUTHENTICATED,

		/** Everybody. */
		PUBLIC

	}

	/**
	 * An authorization server. In configuration a plain string is its issuer.
	 *
	 * @param issuer Its issuer identifier, to the letter: the iss claim of its tokens.
	 * @param jwkSetUri Where its keys are. Default: as its metadata tells.
	 * @param provider What kind it is, which decides about what is not set below.
	 * @param audiences What its tokens may name as what they are for, at the MCP endpoint
	 * that Spring AI configures. Default: as the provider has it, usually the resource.
	 * @param audienceClaim The claim that names what a token is for.
	 * @param tokenTypes The accepted values of the header's typ; "none" stands for a
	 * header without it.
	 * @param marks Claims that mark an access token, each with its accepted values, "*"
	 * for any; one of them must be there.
	 * @param refusedClaims Claims that only tokens of other kinds have.
	 * @param scopePrefix What the names of scopes begin with where clients ask for them,
	 * and perhaps in tokens, and not in rules.
	 * @param rolesAsScopes Whether the roles in a token count as scopes.
	 * @param claims Where the caller is read from.
	 * @param introspection Its introspection endpoint.
	 */
	public record AuthorizationServer(@Nullable String issuer, @Nullable String jwkSetUri,
			@DefaultValue("generic") Provider provider, @DefaultValue List<String> audiences,
			@Nullable String audienceClaim, @DefaultValue List<String> tokenTypes,
			@DefaultValue Map<String, List<String>> marks, @DefaultValue List<String> refusedClaims,
			@Nullable String scopePrefix, @DefaultValue("false") boolean rolesAsScopes, @DefaultValue Claims claims,
			@Nullable Endpoint introspection) {

		/**
		 * Allows {@code authorization-servers: https://issuer.example}.
		 */
		public static AuthorizationServer valueOf(String issuer) {
			return of(issuer, null, Provider.GENERIC);
		}

		static AuthorizationServer of(@Nullable String issuer, @Nullable String jwkSetUri, Provider provider) {
			return new AuthorizationServer(issuer, jwkSetUri, provider, List.of(), null, List.of(), Map.of(), List.of(),
					null, false, new Claims(List.of(), List.of(), null, List.of()), null);
		}

		/**
		 * An introspection endpoint, and how this server shows there who it is: by a
		 * secret (client_secret_basic) or a private key (private_key_jwt).
		 *
		 * @param uri Where it is.
		 * @param clientId The client id that this server has at the authorization server.
		 * @param clientSecret Its secret.
		 * @param privateKey Where its private key is, in PEM (PKCS #8): a location such
		 * as file:/run/secrets/key.pem.
		 * @param keyId The id of the private key.
		 * @param assertionAudience Who an assertion is for. Default: the issuer.
		 * @param opaqueTokens Whether tokens that are no JWTs are this authorization
		 * server's.
		 */
		public record Endpoint(@Nullable String uri, @Nullable String clientId, @Nullable String clientSecret,
				@Nullable Resource privateKey, @Nullable String keyId, @Nullable String assertionAudience,
				@DefaultValue("true") boolean opaqueTokens) {

			/**
			 * Without the secret, which nobody may read in a log.
			 */
			@Override
			public String toString() {
				return "Endpoint[uri=" + this.uri + ", clientId=" + this.clientId + "]";
			}

		}

		/**
		 * Where the caller is read from: names joined by dots, or JSON pointers. What is
		 * empty is as the provider has it.
		 *
		 * @param scopes Claims that hold scopes, together.
		 * @param client Claims that name the client; the first that is there counts.
		 * @param actor The claim that holds the actor chain.
		 * @param roles Claims that hold names of roles.
		 */
		public record Claims(@DefaultValue List<String> scopes, @DefaultValue List<String> client,
				@Nullable String actor, @DefaultValue List<String> roles) {
		}

	}

	/**
	 * What a token must be.
	 *
	 * @param clockSkew How far the clocks of this server and of an authorization server
	 * may differ when exp and nbf are checked.
	 * @param moreScopeClaims Claims whose values count as scopes besides scope and scp,
	 * as JSON pointers or names joined by dots: /realm_access/roles, permissions.
	 * @param cache How verified tokens are remembered.
	 */
	public record Token(@DefaultValue("60s") Duration clockSkew, @DefaultValue List<String> moreScopeClaims,
			@DefaultValue Cache cache) {

		/**
		 * How verified tokens are remembered.
		 *
		 * @param enabled Whether a token that was verified is remembered, so that its
		 * signature is not verified again for each request.
		 * @param maxSize How many tokens are remembered at most, for each MCP endpoint.
		 */
		public record Cache(@DefaultValue("true") boolean enabled, @DefaultValue("10000") int maxSize) {
		}

	}

	/**
	 * How keys are fetched.
	 *
	 * @param connectTimeout Time to connect to an authorization server.
	 * @param readTimeout Time to wait for its answer.
	 * @param cacheTtl How long fetched keys serve; they are refreshed when half of it is
	 * over. A withdrawn key stops working within this time.
	 * @param retryInterval The time in which unknown keys make at most one fetch, for all
	 * requests together, and that passes between two tries while an authorization server
	 * is down.
	 * @param outageTolerance How long keys serve on, beyond cacheTtl, while their
	 * authorization server is down.
	 */
	public record Keys(@DefaultValue("2s") Duration connectTimeout, @DefaultValue("2s") Duration readTimeout,
			@DefaultValue("5m") Duration cacheTtl, @DefaultValue("10s") Duration retryInterval,
			@DefaultValue("1h") Duration outageTolerance) {
	}

	/**
	 * How introspection endpoints are asked.
	 *
	 * @param cacheTtl How long an answer serves, at most as long as the token. A token
	 * that is revoked stops working within this time.
	 * @param cacheSize How many answers are remembered for each endpoint, of active and
	 * of other tokens each.
	 * @param connectTimeout Time to connect.
	 * @param readTimeout Time for the rest of a call, and to wait for one of those under
	 * way to end when there are too many.
	 * @param failureThreshold How many failures, with no good answer between them, keep
	 * calls away for a while.
	 * @param retryInterval For how long.
	 * @param maxConcurrent How many calls to each endpoint are under way at most.
	 */
	public record Introspection(@DefaultValue("30s") Duration cacheTtl, @DefaultValue("10000") int cacheSize,
			@DefaultValue("2s") Duration connectTimeout, @DefaultValue("2s") Duration readTimeout,
			@DefaultValue("5") int failureThreshold, @DefaultValue("10s") Duration retryInterval,
			@DefaultValue("16") int maxConcurrent) {
	}

	/**
	 * How tokens that were revoked are found out.
	 *
	 * @param check "none" (a JWT is good until it expires) or "introspect" (its
	 * authorization server is asked about each).
	 */
	public record Revocation(@DefaultValue("none") Check check) {

		/**
		 * How tokens that were revoked are found out.
		 */
		public enum Check {

			/** Not at all: a JWT is good until it expires. */
			NONE,

			/** The authorization server is asked. */
			INTROSPECT

		}

	}

	/**
	 * Which clients may come at all, whatever their tokens say: client ids, or patterns
	 * in which * stands for any characters; with an issuer and a space before it, one
	 * means only clients of that authorization server.
	 *
	 * @param allow The clients that may come. Default: all.
	 * @param deny The clients that may not.
	 * @param store Where clients that are denied while the server runs are kept: "memory"
	 * or "jdbc", a database that several instances have in common.
	 * @param refreshInterval How long it takes at most until a client that was denied at
	 * another instance is denied here.
	 */
	public record Clients(@DefaultValue List<String> allow, @DefaultValue List<String> deny,
			@DefaultValue("memory") Store store, @DefaultValue("2s") Duration refreshInterval) {

		/**
		 * Where clients that are denied while the server runs are kept.
		 */
		public enum Store {

			/** In the server's memory. */
			MEMORY,

			/** In a database. */
			JDBC

		}

	}

	/**
	 * What a challenge tells.
	 *
	 * @param initialScopes The scopes that a client without a token is advised to
	 * request: "minimal" for those of tools with readOnlyHint, resources and prompts,
	 * "declared" for all that rules name, "none", or a list of scopes.
	 */
	public record Challenge(@DefaultValue("minimal") List<String> initialScopes) {
	}

	/**
	 * What the protected resource metadata tells.
	 *
	 * @param url Where clients find the metadata, when a proxy serves it elsewhere than
	 * RFC 9728 derives from the resource.
	 * @param scopesSupported The scopes to advertise: "minimal" for those of tools with
	 * readOnlyHint, resources and prompts, "declared" for all that rules name, "none", or
	 * a list of scopes.
	 */
	public record Metadata(@Nullable String url, @DefaultValue("minimal") List<String> scopesSupported) {
	}

	/**
	 * What a request may be.
	 *
	 * @param maxSize The largest body.
	 * @param maxDepth How deep its JSON may nest.
	 * @param readTimeout The time in which the whole body must have come.
	 */
	public record Request(@DefaultValue("4MB") DataSize maxSize, @DefaultValue("64") int maxDepth,
			@DefaultValue("30s") Duration readTimeout) {
	}

	/**
	 * How often somebody may come.
	 *
	 * @param rules Limits, all of which hold.
	 * @param maxConcurrentCalls How many POST requests of a caller, or of an address
	 * without a token, an instance serves at once.
	 * @param maxConcurrentStreams How many GET requests of a caller, which stay open, an
	 * instance serves at once.
	 * @param authenticationFailures How many tokens of an address may be refused.
	 * @param store Where the buckets of the rules are: "local", in the memory of each
	 * instance, or "redis", in common.
	 * @param onStoreFailure What happens to requests while Redis cannot be reached:
	 * "deny" refuses them with 503, "allow" lets them pass unchecked.
	 * @param maxBuckets How many buckets of each limit are held in memory at most.
	 * @param redis How Redis is used.
	 */
	public record RateLimit(@DefaultValue List<Rule> rules, @DefaultValue("100") int maxConcurrentCalls,
			@DefaultValue("100") int maxConcurrentStreams, @DefaultValue Failures authenticationFailures,
			@DefaultValue("local") Store store, @DefaultValue("deny") RateLimits.OnStoreFailure onStoreFailure,
			@DefaultValue("100000") int maxBuckets, @DefaultValue Redis redis) {

		/**
		 * A limit.
		 *
		 * @param name The name by which it is counted. Default: what it is per.
		 * @param per What has a bucket of its own: "caller" (a subject of an issuer),
		 * "client", "tool", "address" (of requests without a token), or a combination.
		 * @param tools The tools whose calls it is for; * stands for any characters.
		 * Default: all requests.
		 * @param capacity How many requests are allowed at once.
		 * @param refill How many more are allowed in each period. Default: capacity.
		 * @param period The time in which the refill comes, evenly.
		 */
		public record Rule(@Nullable String name, @DefaultValue List<LimitRule.Per> per,
				@DefaultValue List<String> tools, @Nullable Long capacity, @Nullable Long refill,
				@DefaultValue("1m") Duration period) {
		}

		/**
		 * How many tokens of an address may be refused.
		 *
		 * @param enabled Whether there is such a limit.
		 * @param capacity How many at once.
		 * @param refill How many more in each period. Default: capacity.
		 * @param period The time in which the refill comes, evenly.
		 */
		public record Failures(@DefaultValue("true") boolean enabled, @DefaultValue("1000") long capacity,
				@Nullable Long refill, @DefaultValue("10s") Duration period) {
		}

		/**
		 * How Redis is used. Where it is, spring.data.redis tells.
		 *
		 * @param timeout How long a request waits for an answer of Redis.
		 * @param connectTimeout How long the first answer of a new connection may take.
		 * @param retryInterval The time between attempts to connect.
		 * @param keyPrefix What the names of all keys begin with. Applications that have
		 * Redis in common and not the limits need different ones.
		 */
		public record Redis(@DefaultValue("250ms") Duration timeout, @DefaultValue("2s") Duration connectTimeout,
				@DefaultValue("1s") Duration retryInterval,
				@DefaultValue("mcp-security:rate-limit:") String keyPrefix) {
		}

		/**
		 * Where buckets can be.
		 */
		public enum Store {

			/** In the memory of each instance. */
			LOCAL,

			/** In Redis, for all instances. */
			REDIS

		}

	}

	/**
	 * How long sessions last.
	 *
	 * @param max How many sessions there are at most.
	 * @param maxPerCaller How many of them one caller (issuer, subject and client) has at
	 * most: a further one ends the one that was not used for longest.
	 * @param idleTimeout How long a session lasts that is not used.
	 * @param checkInterval How often it is looked whether sessions, or the tokens of
	 * streams, are over.
	 */
	public record Session(@DefaultValue("10000") int max, @DefaultValue("100") int maxPerCaller,
			@DefaultValue("1h") Duration idleTimeout, @DefaultValue("5s") Duration checkInterval) {
	}

	/**
	 * What is written about requests, and where.
	 *
	 * @param enabled Whether there is an audit trail.
	 * @param arguments What events show of the arguments of a call: "none", "masked"
	 * (names, and types and sizes of values) or "full" (names and values).
	 * @param sensitiveNames Names of arguments, and of members in them, whose values no
	 * event shows, in addition to password, token and the like; * stands for any
	 * characters, and a name after ! is taken out.
	 * @param queueCapacity How many events wait for each sink at most, with those that
	 * are being written.
	 * @param batchSize How many events a sink is given at once at most.
	 * @param onOverflow What happens when the queue of a sink is full: "block" waits for
	 * room, at most block-timeout, "drop" does not.
	 * @param onFailure What happens when a sink fails: "allow" lets calls go on and loses
	 * what could not be written, "deny" refuses calls and tries again.
	 * @param blockTimeout How long a request waits for room; a sink that takes longer
	 * over one batch counts as unhealthy.
	 * @param drainTimeout How long a shutdown waits until everything is written.
	 * @param repositoryCapacity How many events of MCP servers are held in memory for the
	 * endpoint "auditevents" when the application has no AuditEventRepository.
	 * @param events Events as application events of Spring Boot.
	 * @param log Events as lines of the log.
	 * @param opentelemetry Events as log records of OpenTelemetry.
	 * @param jdbc Events as rows of a database.
	 */
	public record Audit(@DefaultValue("true") boolean enabled, @DefaultValue("masked") ArgumentSummaries.Mode arguments,
			@DefaultValue List<String> sensitiveNames, @DefaultValue("10000") int queueCapacity,
			@DefaultValue("500") int batchSize, @DefaultValue("block") AuditTrail.OnOverflow onOverflow,
			@DefaultValue("allow") AuditTrail.OnFailure onFailure, @DefaultValue("5s") Duration blockTimeout,
			@DefaultValue("10s") Duration drainTimeout, @DefaultValue("1000") int repositoryCapacity,
			@DefaultValue Events events, @DefaultValue Log log, @DefaultValue OpenTelemetry opentelemetry,
			@DefaultValue Jdbc jdbc) {

		/**
		 * Events as application events of Spring Boot.
		 *
		 * @param enabled Whether each event is published as an AuditApplicationEvent,
		 * which Spring Boot puts into the AuditEventRepository.
		 */
		public record Events(@DefaultValue("true") boolean enabled) {
		}

		/**
		 * Events as lines of the log.
		 *
		 * @param enabled Whether each event is a line of the logger io.mcpsecurity.audit,
		 * at level INFO.
		 */
		public record Log(@DefaultValue("false") boolean enabled) {
		}

		/**
		 * Events as log records of OpenTelemetry.
		 *
		 * @param enabled Whether each event is given to the OpenTelemetry bean.
		 */
		public record OpenTelemetry(@DefaultValue("false") boolean enabled) {
		}

		/**
		 * Audit events in a database.
		 *
		 * @param enabled Whether audit events are stored in a database, PostgreSQL or H2.
		 * @param dataSource The name of the DataSource bean to use. Default: the primary
		 * or only one.
		 * @param initializeSchema Whether to create the table at start: "never",
		 * "embedded" (in an embedded database) or "always".
		 * @param retention How long events are kept. Default: for ever.
		 * @param timeout How long to wait for an answer of the database.
		 * @param findLimit How many events the auditevents endpoint shows at most, the
		 * newest.
		 */
		public record Jdbc(@DefaultValue("false") boolean enabled, @Nullable String dataSource,
				@DefaultValue("embedded") InitializeSchema initializeSchema, @Nullable Duration retention,
				@DefaultValue("10s") Duration timeout, @DefaultValue("1000") int findLimit) {

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
