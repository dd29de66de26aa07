package io.mcpsecurity.authorizationserver;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;

/**
 * Stores clients in the table {@code mcp_registered_client}, encrypted. Settings are not
 * stored: they are those of every client that registers itself. (Spring Security's
 * {@code JdbcRegisteredClientRepository} joins redirect URIs with commas, so that a
 * redirect URI with a comma becomes two, which nothing has checked.)
 */
final class JdbcClientStore implements ClientStore {

	/** PostgreSQL refuses texts with it. */
	private static final char NUL = '\0';

	private final JdbcTemplate jdbc;

	private final Sealing sealing;

	private final TokenSettings tokenSettings;

	JdbcClientStore(JdbcTemplate jdbc, Sealing sealing, TokenSettings tokenSettings) {
		this.jdbc = jdbc;
		this.sealing = sealing;
		this.tokenSettings = tokenSettings;
	}

	@Override
	public @Nullable StoredClient findById(String id) {
		return find("id", id);
	}

	@Override
	public @Nullable StoredClient findByClientId(String clientId) {
		return find("client_id", clientId);
	}

	private @Nullable StoredClient find(String column, String value) {
		return (value.indexOf(NUL) < 0) ? query("where " + column + " = ?", value).stream().findFirst().orElse(null)
				: null;
	}

	@Override
	public List<StoredClient> findAll() {
		return query("").stream()
			.sorted(Comparator.comparing((stored) -> stored.client().getClientIdIssuedAt(),
					Comparator.nullsFirst(Comparator.naturalOrder())))
			.toList();
	}

	private List<StoredClient> query(String condition, Object... arguments) {
		return this.jdbc
			.query("select id, client_id, remove_at, data from mcp_registered_client " + condition, (row, number) -> {
				Registration stored = this.sealing.open(row.getString("data"), Registration.class);
				// Nobody can make a client's entry that of another one.
				if (stored == null || !stored.id().equals(row.getString("id"))
						|| !stored.clientId().equals(row.getString("client_id"))) {
					return null;
				}
				OffsetDateTime removal = row.getObject("remove_at", OffsetDateTime.class);
				return new StoredClient(stored.toClient(this.tokenSettings), stored.revoked(),
						(removal != null) ? removal.toInstant() : null);
			}, arguments)
			.stream()
			.filter(Objects::nonNull)
			.toList();
	}

	@Override
	public int countSelfRegistered() {
		return Objects.requireNonNull(this.jdbc
			.queryForObject("select count(*) from mcp_registered_client where remove_at is not null", Integer.class));
	}

	@Override
	public void save(StoredClient client) {
		String id = client.client().getId();
		String data = this.sealing.seal(Registration.of(client));
		if (update(id, data)) {
			return;
		}
		Instant removal = client.removal();
		try {
			this.jdbc.update("insert into mcp_registered_client (id, client_id, remove_at, data) values (?, ?, ?, ?)",
					id, client.client().getClientId(), (removal != null) ? removal.atOffset(ZoneOffset.UTC) : null,
					data);
		}
		catch (DuplicateKeyException ex) {
			// Another instance was faster.
			update(id, data);
		}
	}

	private boolean update(String id, String data) {
		return this.jdbc.update("update mcp_registered_client set data = ? where id = ?", data, id) > 0;
	}

	@Override
	public void postponeRemoval(String id, Instant removal) {
		OffsetDateTime time = removal.atOffset(ZoneOffset.UTC);
		this.jdbc.update("update mcp_registered_client set remove_at = ? where id = ? and remove_at < ?", time, id,
				time);
	}

	@Override
	public void remove(String id) {
		this.jdbc.update("delete from mcp_registered_client where id = ?", id);
	}

	@Override
	public void removeUnused(Instant now) {
		this.jdbc.update("delete from mcp_registered_client where remove_at < ?", now.atOffset(ZoneOffset.UTC));
	}

	/**
	 * A client as the database has it.
	 *
	 * @param id the internal id
	 * @param clientId the client id
	 * @param issuedAt when it was registered
	 * @param secret the encoded secret
	 * @param secretExpiresAt when the secret expires
	 * @param name the name
	 * @param authenticationMethods the authentication methods
	 * @param grantTypes the grant types
	 * @param redirectUris the redirect URIs
	 * @param scopes the scopes that it may request
	 * @param revoked whether it is revoked
	 */
	record Registration(String id, String clientId, @Nullable Instant issuedAt, @Nullable String secret,
			@Nullable Instant secretExpiresAt, String name, Set<String> authenticationMethods, Set<String> grantTypes,
			Set<String> redirectUris, Set<String> scopes, boolean revoked) {

		static Registration of(StoredClient stored) {
			RegisteredClient client = stored.client();
			return new Registration(client.getId(), client.getClientId(), client.getClientIdIssuedAt(),
					client.getClientSecret(), client.getClientSecretExpiresAt(), client.getClientName(),
					client.getClientAuthenticationMethods()
						.stream()
						.map(ClientAuthenticationMethod::getValue)
						.collect(Collectors.toSet()),
					client.getAuthorizationGrantTypes()
						.stream()
						.map(AuthorizationGrantType::getValue)
						.collect(Collectors.toSet()),
					client.getRedirectUris(), client.getScopes(), stored.revoked());
		}

		RegisteredClient toClient(TokenSettings tokenSettings) {
			RegisteredClient.Builder client = RegisteredClient.withId(this.id)
				.clientId(this.clientId)
				.clientIdIssuedAt(this.issuedAt)
				.clientSecret(this.secret)
				.clientSecretExpiresAt(this.secretExpiresAt)
				.clientName(this.name)
				.redirectUris((uris) -> uris.addAll(this.redirectUris))
				.scopes((scopes) -> scopes.addAll(this.scopes))
				.clientSettings(SelfRegisteredClientConverter.settings())
				.tokenSettings(tokenSettings);
			this.authenticationMethods
				.forEach((method) -> client.clientAuthenticationMethod(new ClientAuthenticationMethod(method)));
			this.grantTypes.forEach((type) -> client.authorizationGrantType(new AuthorizationGrantType(type)));
			return client.build();
		}

	}

}
