package io.mcpsecurity.autoconfigure;

import javax.sql.DataSource;

import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.client.ClientDenials;
import io.mcpsecurity.client.LocalClientDenials;
import io.mcpsecurity.client.jdbc.JdbcClientDenials;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The accepted OAuth clients. Clients that are denied at run time are stored in a
 * {@link ClientDenials} bean of the application, or as {@code mcp-security.clients.store}
 * says.
 */
@Configuration(proxyBeanMethods = false)
class ClientConfiguration {

	private static final String STORE = PropertyBinder.PREFIX + ".clients.store";

	private static final String CONDITION = PropertyBinder.CONDITION + "clients.store";

	/** The timeout of a request for a response of the database. */
	private static final int TIMEOUT_SECONDS = 2;

	@Bean
	ClientAccess mcpClientAccess(CheckedProperties checked, ObjectProvider<ClientDenials> denials,
			McpSecurityProperties properties) {
		ClientDenials store = denials.getIfAvailable(() -> {
			throw CheckedProperties.invalid(STORE, properties.clients().store(),
					"It needs spring-jdbc. Add spring-boot-starter-jdbc to the application.");
		});
		if (properties.clients().store() == McpSecurityProperties.Clients.Store.JDBC
				&& store instanceof LocalClientDenials) {
			throw CheckedProperties.invalid(STORE, "jdbc",
					"It was not set when the application was compiled ahead of time. Set it there as well.");
		}
		return new ClientAccess(checked.allowedClients(), checked.deniedClients(), store,
				properties.clients().refreshInterval());
	}

	@Bean
	SmartInitializingSingleton mcpClientAccessRead(ClientAccess clients) {
		return clients::read;
	}

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
