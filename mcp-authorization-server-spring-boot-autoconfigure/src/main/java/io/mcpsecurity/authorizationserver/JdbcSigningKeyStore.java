package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import com.nimbusds.jose.jwk.JWK;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Stores keys in the table {@code mcp_signing_key}, encrypted. The keys have consecutive
 * numbers, so that of several instances one adds the next key.
 */
final class JdbcSigningKeyStore implements SigningKeyStore {

	private final JdbcTemplate jdbc;

	private final Sealing sealing;

	JdbcSigningKeyStore(JdbcTemplate jdbc, Sealing sealing) {
		this.jdbc = jdbc;
		this.sealing = sealing;
	}

	@Override
	public List<JWK> read(List<JWK> present) throws IOException {
		return List.copyOf(stored().values());
	}

	@Override
	public List<JWK> write(List<JWK> present, List<JWK> next) throws IOException {
		TreeMap<Integer, JWK> stored = stored();
		if (!Set.copyOf(stored.values()).equals(Set.copyOf(present))) {
			return List.copyOf(stored.values());
		}
		try {
			int number = stored.isEmpty() ? 0 : stored.lastKey();
			for (JWK key : next) {
				if (!present.contains(key)) {
					this.jdbc.update("insert into mcp_signing_key (key_number, data) values (?, ?)", ++number,
							this.sealing.seal(new Key(key.toJSONString())));
				}
			}
			for (Map.Entry<Integer, JWK> entry : stored.entrySet()) {
				if (!next.contains(entry.getValue())) {
					this.jdbc.update("delete from mcp_signing_key where key_number = ?", entry.getKey());
				}
			}
		}
		catch (DuplicateKeyException ex) {
			// Another instance was faster.
		}
		catch (DataAccessException ex) {
			throw new IOException(ex);
		}
		return List.copyOf(stored().values());
	}

	private TreeMap<Integer, JWK> stored() throws IOException {
		TreeMap<Integer, JWK> keys = new TreeMap<>();
		try {
			Map<Integer, String> rows = new TreeMap<>();
			this.jdbc.query("select key_number, data from mcp_signing_key",
					(RowCallbackHandler) (row) -> rows.put(row.getInt("key_number"), row.getString("data")));
			for (Map.Entry<Integer, String> row : rows.entrySet()) {
				Key key = this.sealing.open(row.getValue(), Key.class);
				if (key == null) {
					throw new IOException("there is a key that none of the encryption keys decrypts");
				}
				keys.put(row.getKey(), JWK.parse(key.jwk()));
			}
		}
		catch (DataAccessException | ParseException ex) {
			throw new IOException("the database fails", ex);
		}
		return keys;
	}

	@Override
	public String toString() {
		return "the table mcp_signing_key";
	}

	/**
	 * A key as the database has it.
	 *
	 * @param jwk the private key as a JWK
	 */
	record Key(String jwk) {

		@Override
		public String toString() {
			return "Key";
		}

	}

}
