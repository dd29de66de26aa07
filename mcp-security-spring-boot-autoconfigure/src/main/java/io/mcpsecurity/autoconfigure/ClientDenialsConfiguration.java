package io.mcpsecurity.autoconfigure;

import javax.sql.DataSource;

import io.mcpsecurity.client.ClientDenials;
import io.mcpsecurity.client.LocalClientDenials;
import io.mcpsecurity.client.jdbc.JdbcClientDenials;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Where clients that are denied while the server runs are kept: in the application's own
 * {@link ClientDenials}, or in what {@code mcp-security.clients.store} names.
 */
@Configuration(proxyBeanMethods = false)
class ClientDenialsConfiguration {

	static final String STORE = PropertyBinder.PREFIX + ".clients.store";

	private static final String CONDITION = PropertyBinder.CONDITION + "clients.store";

	/** Longer than that no request waits for the database. */
	private static final int TIMEOUT_SECONDS = 2;

	/**
	 * In a database.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JdbcTemplate.class)
	@ConditionalOnProperty(name = CONDITION, havingValue = "jdbc")
	static class JdbcConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ClientDenials mcpSharedClientDenials(ObjectProvider<DataSource> dataSource) {
			DataSource unique = dataSource.getIfUnique();
			if (unique == null) {
				throw CheckedProperties.invalid(STORE, "jdbc",
						"It needs a DataSource, and there is none, or several without a primary one. "
								+ "Set spring.datasource.url, or declare a bean of type ClientDenials.");
			}
			return new JdbcClientDenials(unique, TIMEOUT_SECONDS);
		}

	}

	/**
	 * In memory.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = CONDITION, havingValue = "memory", matchIfMissing = true)
	static class LocalConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ClientDenials mcpClientDenials() {
			return new LocalClientDenials();
		}

	}

}
