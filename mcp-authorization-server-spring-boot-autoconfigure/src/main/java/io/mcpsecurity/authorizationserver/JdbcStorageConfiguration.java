package io.mcpsecurity.authorizationserver;

import java.time.Clock;
import java.util.Map;

import javax.sql.DataSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Everything in the database of the application's {@link DataSource}. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = AuthorizationServerProperties.PREFIX + ".storage", havingValue = "jdbc")
class JdbcStorageConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(DataSourceScriptDatabaseInitializer.class)
	static class StoresConfiguration {

		/** The timeout of a request for a response of the database. */
		private static final int TIMEOUT_SECONDS = 5;

		private static final Map<String, String> TABLES = Map.of("mcp_registered_client",
				"id, client_id, remove_at, data", "mcp_authorization",
				"id, version, client_id, principal, pending, created_at, expires_at, state_hash, code_hash, "
						+ "access_token_hash, refresh_token_hash, data",
				"mcp_signing_key", "key_number, data");

		private final JdbcTemplate jdbc;

		private final Sealing sealing;

		StoresConfiguration(AuthorizationServerProperties properties, ObjectProvider<DataSource> dataSources) {
			this.sealing = sealing(properties);
			if (properties.keys().file() != null) {
				throw AuthorizationServerModel.invalid("keys.file", properties.keys().file(),
						"With storage=jdbc, the keys are in the database. Set one of the two.");
			}
			// The other instances publish a key before it signs.
			if (properties.keys().publishAhead().compareTo(SigningKeys.REFRESH_INTERVAL.multipliedBy(2)) < 0) {
				throw AuthorizationServerModel.invalid("keys.publish-ahead", properties.keys().publishAhead(),
						"Each instance reads the keys once a minute. Set at least two minutes.");
			}
			DataSource dataSource = dataSources.getIfUnique();
			if (dataSource == null) {
				throw AuthorizationServerModel.invalid("storage", "jdbc",
						"It needs a DataSource, and there is none, or several without a primary one. "
								+ "Set spring.datasource.url.");
			}
			this.jdbc = new JdbcTemplate(dataSource);
			this.jdbc.setQueryTimeout(TIMEOUT_SECONDS);
		}

		private static Sealing sealing(AuthorizationServerProperties properties) {
			try {
				return new Sealing(properties.encryptionKeys());
			}
			catch (IllegalArgumentException ex) {
				throw AuthorizationServerModel.invalid("encryption-keys", "(hidden)",
						"Tokens and keys in the database are encrypted with them. Set one or more keys, each "
								+ Sealing.KEY_LENGTH + " bytes in Base64, as \"openssl rand -base64 32\" prints them.");
			}
		}

		/** The first bean that uses the tables. */
		@Bean
		@DependsOnDatabaseInitialization
		ClientStore mcpAuthorizationServerClientStore(AuthorizationServerModel model) {
			TABLES.forEach(this::check);
			return new JdbcClientStore(this.jdbc, this.sealing, model.tokenSettings());
		}

		@Bean
		AuthorizationStore mcpAuthorizationServerAuthorizationStore(ClientRegistry clients) {
			return new JdbcAuthorizationStore(this.jdbc, this.sealing, clients, Clock.systemUTC());
		}

		@Bean
		@DependsOnDatabaseInitialization
		SigningKeyStore mcpAuthorizationServerSigningKeyStore(ClientStore checked) {
			return new JdbcSigningKeyStore(this.jdbc, this.sealing);
		}

		private void check(String table, String columns) {
			try {
				this.jdbc.queryForList("select " + columns + " from " + table + " where 1 = 0");
			}
			catch (BadSqlGrammarException ex) {
				throw AuthorizationServerModel.invalid("storage", "jdbc", "The table " + table
						+ " is missing, not as required, or not accessible. Set up the tables with the script of your "
						+ "database below io/mcpsecurity/authorizationserver/jdbc on the class path, "
						+ "as docs/authorization-server.md describes.");
			}
			catch (DataAccessException ex) {
				throw AuthorizationServerModel.invalid("storage", "jdbc",
						"The database cannot be reached. Set spring.datasource.url to one that can.");
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingClass("org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer")
	static class MissingLibraryConfiguration {

		MissingLibraryConfiguration() {
			throw AuthorizationServerModel.invalid("storage", "jdbc",
					"It needs Spring JDBC, which is missing. Add spring-boot-starter-jdbc and the driver of your "
							+ "database to the application, or remove the property.");
		}

	}

}
