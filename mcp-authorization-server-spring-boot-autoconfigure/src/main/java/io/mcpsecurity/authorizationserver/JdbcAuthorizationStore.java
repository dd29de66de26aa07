package io.mcpsecurity.authorizationserver;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Stores authorizations in the table {@code mcp_authorization}: encrypted, and found by
 * the SHA-256 hashes of their id, state, code and tokens. (Spring Security's
 * {@code JdbcOAuth2AuthorizationService} stores all of these in the clear, and overwrites
 * what another instance has saved in the meantime.)
 */
final class JdbcAuthorizationStore implements AuthorizationStore {

	private static final Map<String, String> HASHES = Map.of(OAuth2ParameterNames.STATE, "state_hash",
			OAuth2ParameterNames.CODE, "code_hash", OAuth2ParameterNames.ACCESS_TOKEN, "access_token_hash",
			OAuth2ParameterNames.REFRESH_TOKEN, "refresh_token_hash");

	private final JdbcTemplate jdbc;

	private final Sealing sealing;

	private final ClientRegistry clients;

	private final Clock clock;

	JdbcAuthorizationStore(JdbcTemplate jdbc, Sealing sealing, ClientRegistry clients, Clock clock) {
		this.jdbc = jdbc;
		this.sealing = sealing;
		this.clients = clients;
		this.clock = clock;
	}

	@Override
	public boolean insert(OAuth2Authorization authorization, Instant expiry) {
		try {
			return this.jdbc.update("""
					insert into mcp_authorization (version, client_id, principal, pending, expires_at, state_hash, \
					code_hash, access_token_hash, refresh_token_hash, data, created_at, id) \
					values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""", values(authorization, expiry,
					this.clock.instant().atOffset(ZoneOffset.UTC), hash(authorization.getId()))) == 1;
		}
		catch (DuplicateKeyException ex) {
			return false;
		}
	}

	@Override
	public boolean replace(OAuth2Authorization authorization, Instant expiry) {
		return this.jdbc.update("""
				update mcp_authorization set version = ?, client_id = ?, principal = ?, pending = ?, expires_at = ?, \
				state_hash = ?, code_hash = ?, access_token_hash = ?, refresh_token_hash = ?, data = ? \
				where id = ? and version = ?""", values(authorization, expiry, hash(authorization.getId()),
				CurrentAuthorizations.versionOf(authorization) - 1)) == 1;
	}

	private @Nullable Object[] values(OAuth2Authorization authorization, Instant expiry, Object... others) {
		StoredAuthorization stored = StoredAuthorization.of(authorization);
		List<@Nullable Object> values = new ArrayList<>(Arrays.asList(CurrentAuthorizations.versionOf(authorization),
				stored.client(), stored.principalName(), stored.accessToken() == null, expiry.atOffset(ZoneOffset.UTC),
				(stored.state() != null) ? hash(stored.state()) : null, hash(stored.code()), hash(stored.accessToken()),
				hash(stored.refreshToken())));
		values.add(this.sealing.seal(stored));
		Collections.addAll(values, others);
		return values.toArray();
	}

	@Override
	public void remove(String id) {
		this.jdbc.update("delete from mcp_authorization where id = ?", hash(id));
	}

	@Override
	public void removeOf(RegisteredClient client) {
		this.jdbc.update("delete from mcp_authorization where client_id = ?", client.getId());
	}

	@Override
	public void removeExpired(Instant now) {
		this.jdbc.update("delete from mcp_authorization where expires_at < ?", now.atOffset(ZoneOffset.UTC));
	}

	@Override
	public void limitPending(String user, int max) {
		this.jdbc.update("""
				delete from mcp_authorization where id in (select id from mcp_authorization \
				where principal = ? and pending order by created_at desc offset ? rows)""", user, max);
	}

	@Override
	public @Nullable OAuth2Authorization findById(String id) {
		return find("id", id);
	}

	@Override
	public @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType type) {
		if (type != null) {
			String column = HASHES.get(type.getValue());
			return (column != null) ? find(column, token) : null;
		}
		return HASHES.values()
			.stream()
			.map((column) -> find(column, token))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	private @Nullable OAuth2Authorization find(String column, String text) {
		return this.jdbc
			.query("select version, data from mcp_authorization where " + column + " = ?",
					(row, number) -> toAuthorization(row.getInt("version"), row.getString("data")), hash(text))
			.stream()
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	/** An authorization, unless its client is unknown or revoked. */
	private @Nullable OAuth2Authorization toAuthorization(int version, String data) {
		StoredAuthorization stored = this.sealing.open(data, StoredAuthorization.class);
		RegisteredClient client = (stored != null) ? this.clients.findById(stored.client()) : null;
		return (stored != null && client != null) ? stored.toAuthorization(client, version) : null;
	}

	private static @Nullable String hash(StoredAuthorization.@Nullable Token token) {
		return (token != null) ? hash(token.value()) : null;
	}

	/**
	 * Codes and tokens are random, so their hash needs no salt and no work factor.
	 */
	private static String hash(String text) {
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
