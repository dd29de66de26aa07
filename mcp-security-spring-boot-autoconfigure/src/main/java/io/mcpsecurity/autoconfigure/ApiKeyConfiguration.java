package io.mcpsecurity.autoconfigure;

import java.time.Clock;

import javax.sql.DataSource;

import io.mcpsecurity.actuate.McpApiKeysEndpoint;
import io.mcpsecurity.apikey.ApiKeyAdministration;
import io.mcpsecurity.apikey.ApiKeyStore;
import io.mcpsecurity.apikey.ApiKeys;
import io.mcpsecurity.apikey.LocalApiKeyStore;
import io.mcpsecurity.apikey.jdbc.JdbcApiKeyStore;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.transport.ApiKeyHeader;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** API keys, if {@code mcp-security.api-keys.enabled} is set. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(ApiKeyConfiguration.CONDITION + "enabled")
class ApiKeyConfiguration {

	static final String CONDITION = PropertyBinder.CONDITION + "api-keys.";

	private static final String STORE = ApiKeySettings.API_KEYS + ".store";

	/** The timeout of a request for a response of the database. */
	private static final int TIMEOUT_SECONDS = 2;

	@Bean
	ApiKeys mcpApiKeys(CheckedProperties checked, ObjectProvider<ApiKeyStore> stores,
			McpSecurityProperties properties) {
		McpSecurityProperties.ApiKeys.Store configured = properties.apiKeys().store();
		ApiKeyStore store = stores.getIfAvailable();
		if (configured == McpSecurityProperties.ApiKeys.Store.JDBC && store == null) {
			throw CheckedProperties.invalid(STORE, "jdbc",
					"It needs spring-jdbc. Add spring-boot-starter-jdbc to the application. (If it is there, the property was not set "
							+ "when the application was compiled ahead of time. Set it there as well.)");
		}
		return new ApiKeys(checked.apiKeys().keys(), store, Clock.systemUTC());
	}

	@Bean
	ApiKeyHeader mcpApiKeyHeader(ApiKeys keys, McpSecurityProperties properties) {
		return new ApiKeyHeader(properties.apiKeys().header(), keys);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnAvailableEndpoint(McpApiKeysEndpoint.class)
	static class ActuatorEndpointConfiguration {

		@Bean
		McpApiKeysEndpoint mcpApiKeysEndpoint(CheckedProperties checked, ObjectProvider<ApiKeyStore> stores,
				McpSecurityProperties properties, Exchanges exchanges) {
			return new McpApiKeysEndpoint(new ApiKeyAdministration(checked.apiKeys().keys().values(),
					stores.getIfAvailable(), properties.apiKeys().maxValidity(), exchanges, Clock.systemUTC()));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = CONDITION + "store", havingValue = "memory")
	static class LocalConfiguration {

		@Bean
		ApiKeyStore mcpLocalApiKeyStore() {
			return new LocalApiKeyStore();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JdbcTemplate.class)
	@ConditionalOnProperty(name = CONDITION + "store", havingValue = "jdbc")
	static class JdbcConfiguration {

		@Bean
		ApiKeyStore mcpJdbcApiKeyStore(ObjectProvider<DataSource> dataSource) {
			DataSource unique = dataSource.getIfUnique();
			if (unique == null) {
				throw CheckedProperties.invalid(STORE, "jdbc",
						"It needs a DataSource, and there is none, or several without a primary one. "
								+ "Set spring.datasource.url.");
			}
			return new JdbcApiKeyStore(unique, TIMEOUT_SECONDS);
		}

		/** After the application has created the table. */
		@Bean
		SmartInitializingSingleton mcpApiKeyTableCheck(ApiKeyStore store) {
			return () -> {
				try {
					store.find("");
				}
				catch (RuntimeException ex) {
					throw CheckedProperties.invalid(STORE, "jdbc", "The table mcp_api_key cannot be read: "
							+ ex.getMessage() + ". Create it with the script in docs/api-keys.md.");
				}
			};
		}

	}

}
