package io.mcpsecurity.authorizationserver;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * The properties below {@code mcp-authorization-server}. {@link AuthorizationServerModel}
 * checks them.
 *
 * @param enabled Whether this application is an authorization server.
 * @param issuer Issuer identifier (RFC 8414 section 2): the URL of this server as its
 * clients see it. Required.
 * @param name Name of this server on its pages. Default: the name of the first resource.
 * @param administratorRole Role of the users who administer clients.
 * @param resources Protected resources, such as MCP servers, that access tokens are
 * issued for. Default: that of mcp-security.resource with the scopes of
 * mcp-security.scopes.
 * @param roles Scopes that the users with a role may grant, by the name of the role.
 * @param clients Registered clients, by client id.
 * @param registration Dynamic client registration (RFC 7591).
 * @param tokens Lifetimes of tokens.
 * @param keys Keys that sign access tokens. Ignored if there is a bean of type JWKSource.
 * @param storage Where clients, authorizations and keys are stored: in memory, or in the
 * database of the application's DataSource, which instances share.
 * @param encryptionKeys Keys that encrypt what is stored in the database: 32 random bytes
 * each, in Base64. The first one encrypts, all decrypt. Required with storage=jdbc.
 * @param users Users, by name. Default: those of the UserDetailsService bean.
 * @param federation Other providers at which users sign in, by the id of their client
 * registration (spring.security.oauth2.client.registration.*).
 */
@ConfigurationProperties(prefix = AuthorizationServerProperties.PREFIX, ignoreUnknownFields = false)
record AuthorizationServerProperties(@DefaultValue("true") boolean enabled, @Nullable String issuer,
		@Nullable String name, @DefaultValue("ADMIN") String administratorRole, @DefaultValue List<Resource> resources,
		@DefaultValue Map<String, List<String>> roles, @DefaultValue Map<String, Client> clients,
		@DefaultValue Registration registration, @DefaultValue Tokens tokens, @DefaultValue Keys keys,
		@DefaultValue("memory") Storage storage, @DefaultValue List<String> encryptionKeys,
		@DefaultValue Map<String, User> users, @DefaultValue Map<String, Provider> federation) {

	static final String PREFIX = "mcp-authorization-server";

	@Override
	public String toString() {
		return "AuthorizationServerProperties[issuer=" + this.issuer + ", storage=" + this.storage + "]";
	}

	/** A place for the state of the server. */
	enum Storage {

		/** In memory, until the application ends. */
		MEMORY,

		/** In the database of the application's DataSource. */
		JDBC

	}

	/**
	 * A protected resource.
	 *
	 * @param identifier Resource identifier (RFC 8707), which becomes the audience of
	 * access tokens. Default: mcp-security.resource.
	 * @param name Human-readable name. Default: mcp-security.resource-name for the
	 * resource of that server, otherwise the identifier.
	 * @param scopes Scopes of the resource, the narrowest first. Default:
	 * mcp-security.scopes for the resource of that server.
	 */
	record Resource(@Nullable String identifier, @Nullable String name, @DefaultValue List<Scope> scopes) {

		/**
		 * A scope of a resource.
		 *
		 * @param name Name of the scope. Required.
		 * @param description What the scope permits, for the person who consents.
		 * Default: that of mcp-security.scopes, otherwise the name.
		 * @param dangerous Whether the consent page marks the scope, and does not select
		 * it beforehand.
		 */
		record Scope(@Nullable String name, @Nullable String description, @DefaultValue("false") boolean dangerous) {
		}

	}

	/**
	 * A registered client.
	 *
	 * @param name Name on the consent page. Default: the client id.
	 * @param secret Client secret, encoded with the prefix of its encoder, such as
	 * {bcrypt}. Default: none, for a public client.
	 * @param grantTypes Grant types. Default: authorization_code and refresh_token for a
	 * client with redirect URIs, otherwise client_credentials and
	 * urn:ietf:params:oauth:grant-type:token-exchange.
	 * @param redirectUris Redirect URIs. Default: none.
	 * @param scopes Scopes that the client may request. Default: all.
	 */
	record Client(@Nullable String name, @Nullable String secret, @DefaultValue List<String> grantTypes,
			@DefaultValue List<String> redirectUris, @DefaultValue List<String> scopes) {

		@Override
		public String toString() {
			return "Client[name=" + this.name + ", scopes=" + this.scopes + "]";
		}

	}

	/**
	 * Dynamic client registration (RFC 7591).
	 *
	 * @param enabled Whether clients can register themselves.
	 * @param maxClients Maximum number of clients that registered themselves.
	 * @param scopes Scopes of a client that registered itself, until an administrator
	 * adds others. Default: the first scope of each resource, unless it is dangerous.
	 * @param unusedLifetime How long a client that registered itself is kept without
	 * having been issued a token, or after its last token has expired.
	 * @param redirectSchemes Private-use URI schemes (RFC 8252 section 7.1) that redirect
	 * URIs may have, besides https and http on a loopback address. Any application on a
	 * user's device can claim such a scheme.
	 * @param metadataDocuments Clients whose id is the URL of their metadata.
	 */
	record Registration(@DefaultValue("true") boolean enabled, @DefaultValue("1000") int maxClients,
			@DefaultValue List<String> scopes,
			@DefaultValue("1d") @DurationUnit(ChronoUnit.SECONDS) Duration unusedLifetime, @DefaultValue( {
					"cursor", "vscode", "vscode-insiders", "vscodium", "windsurf", "zed", "claude",
					"warp" }) List<String> redirectSchemes,
			@DefaultValue MetadataDocuments metadataDocuments){
	}

	/**
	 * Clients whose id is the URL of a document with their metadata (Client ID Metadata
	 * Documents).
	 *
	 * @param enabled Whether such clients are accepted. This server fetches their
	 * documents.
	 * @param hosts Hosts of which documents are accepted. Default: all with public
	 * addresses.
	 */
	record MetadataDocuments(@DefaultValue("true") boolean enabled, @DefaultValue List<String> hosts) {
	}

	/**
	 * Lifetimes of tokens.
	 *
	 * @param accessTokenLifetime How long an access token is valid.
	 * @param refreshTokenLifetime How long a refresh token is valid. Each refresh issues
	 * another one.
	 * @param authorizationLifetime How long refresh tokens are issued for one consent of
	 * a user. After that the user is asked again.
	 */
	record Tokens(@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration accessTokenLifetime,
			@DefaultValue("7d") @DurationUnit(ChronoUnit.SECONDS) Duration refreshTokenLifetime,
			@DefaultValue("30d") @DurationUnit(ChronoUnit.SECONDS) Duration authorizationLifetime) {
	}

	/**
	 * Keys that sign access tokens.
	 *
	 * @param file Path of a file with the private keys as a JWK set, which is created if
	 * it does not exist, and which only the owner may access. Default: none, so that the
	 * keys change with each start.
	 * @param rotation After which time a key is replaced.
	 * @param publishAhead How long a new key is published before it signs.
	 */
	record Keys(@Nullable String file, @DefaultValue("30d") @DurationUnit(ChronoUnit.SECONDS) Duration rotation,
			@DefaultValue("1h") @DurationUnit(ChronoUnit.SECONDS) Duration publishAhead) {
	}

	/**
	 * A user.
	 *
	 * @param password Password, encoded with the prefix of its encoder, such as {bcrypt}.
	 * Required.
	 * @param roles Roles of the user. Default: none.
	 */
	record User(@Nullable String password, @DefaultValue List<String> roles) {

		@Override
		public String toString() {
			return "User[roles=" + this.roles + "]";
		}

	}

	/**
	 * A provider of OpenID Connect or OAuth 2.0 at which users sign in.
	 *
	 * @param subjectClaim Claim that identifies a user and is never assigned to another
	 * one. Default: sub. Required for a provider without OpenID Connect.
	 * @param rolesClaim Claim of the ID token or the user info with the roles or groups
	 * of the user: a string, or a list of strings. Dots separate the parts of a path.
	 * @param roles Roles here, by a value of the claim. A key with other characters than
	 * letters, digits and '-' needs brackets. Other values have no meaning.
	 * @param defaultRoles Roles of every user of the provider. Default: none. A user
	 * without a role cannot sign in.
	 */
	record Provider(@Nullable String subjectClaim, @Nullable String rolesClaim,
			@DefaultValue Map<String, List<String>> roles, @DefaultValue List<String> defaultRoles) {
	}

}
