package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import javax.sql.DataSource;

import io.mcpsecurity.actuate.jdbc.AuditRetention;
import io.mcpsecurity.actuate.jdbc.JdbcAuditEventRepository;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.Audit.Jdbc;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.Audit.Jdbc.InitializeSchema;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.jdbc.init.PlatformPlaceholderDatabaseDriverResolver;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.util.StringUtils;

/**
 * Auto-configuration that stores audit events in a database, if
 * {@code mcp-security.audit.jdbc.enabled} is set and the application has no
 * {@link AuditEventRepository} of its own.
 */
@AutoConfiguration(
		beforeName = { "io.mcpsecurity.autoconfigure.McpAuditAutoConfiguration",
				"org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration" },
		afterName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty(name = PropertyBinder.CONDITION + "enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty(PropertyBinder.CONDITION + "audit.jdbc.enabled")
@Import(PropertiesConfiguration.class)
public final class McpAuditJdbcAutoConfiguration {

	static final String ENABLED = "mcp-security.audit.jdbc.enabled";

	private static final String DATA_SOURCE = "mcp-security.audit.jdbc.data-source";

	private static final String INITIALIZE_SCHEMA = "mcp-security.audit.jdbc.initialize-schema";

	private static final String RETENTION = "mcp-security.audit.jdbc.retention";

	/** The maximum number of events in a response of the endpoint auditevents. */
	private static final int FIND_LIMIT = 1000;

	private static final Log logger = LogFactory.getLog(McpAuditJdbcAutoConfiguration.class);

	/** The table, its repository and the deletion of old events. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(DataSourceScriptDatabaseInitializer.class)
	@ConditionalOnMissingBean(AuditEventRepository.class)
	@Import(DatabaseInitializationDependencyConfigurer.class)
	static class RepositoryConfiguration {

		private static final String SCHEMA = "optional:classpath:io/mcpsecurity/audit/jdbc/@@platform@@/R__mcp_audit_event.sql";

		private final Jdbc properties;

		private final DataSource dataSource;

		RepositoryConfiguration(McpSecurityProperties properties, ListableBeanFactory beans) {
			this.properties = check(properties.audit().jdbc());
			this.dataSource = dataSource(this.properties.dataSource(), beans);
		}

		@Bean
		@DependsOnDatabaseInitialization
		JdbcAuditEventRepository mcpJdbcAuditEventRepository() {
			return new JdbcAuditEventRepository(this.dataSource, this.properties.timeout(), FIND_LIMIT);
		}

		@Bean
		@ConditionalOnMissingBean(name = "mcpAuditSchemaInitializer")
		DataSourceScriptDatabaseInitializer mcpAuditSchemaInitializer() {
			InitializeSchema mode = this.properties.initializeSchema();
			DatabaseInitializationSettings settings = new DatabaseInitializationSettings();
			settings.setMode(DatabaseInitializationMode.valueOf(mode.name()));
			settings.setSchemaLocations(schemaLocations(mode));
			return new DataSourceScriptDatabaseInitializer(this.dataSource, settings);
		}

		@Bean(initMethod = "start")
		@ConditionalOnProperty(PropertyBinder.CONDITION + "audit.jdbc.retention")
		AuditRetention mcpAuditRetention(JdbcAuditEventRepository repository) {
			return new AuditRetention(repository, Objects.requireNonNull(this.properties.retention()),
					Clock.systemUTC());
		}

		@Bean
		SmartInitializingSingleton mcpAuditTableCheck(JdbcAuditEventRepository repository) {
			return () -> checkTable(repository, this.properties.initializeSchema());
		}

		/**
		 * The location of the script for the database, if there is one. A database that
		 * cannot be reached is not embedded, and does not prevent the start.
		 */
		private List<String> schemaLocations(InitializeSchema mode) {
			if (mode == InitializeSchema.NEVER) {
				return List.of();
			}
			try {
				return new PlatformPlaceholderDatabaseDriverResolver().resolveAll(this.dataSource, SCHEMA);
			}
			catch (IllegalStateException ex) {
				if (mode == InitializeSchema.ALWAYS) {
					throw ex;
				}
				return List.of();
			}
		}

	}

	/** The application has its own repository. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(DataSourceScriptDatabaseInitializer.class)
	static class OwnRepositoryConfiguration {

		@Bean
		SmartInitializingSingleton mcpAuditRepositoryCheck(ObjectProvider<JdbcAuditEventRepository> repositories) {
			return () -> {
				if (repositories.stream().findAny().isEmpty()) {
					logger
						.warn(ENABLED + "=true has no effect: the application has an AuditEventRepository of its own");
				}
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingClass("org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer")
	static class MissingLibraryConfiguration {

		MissingLibraryConfiguration() {
			throw CheckedProperties.invalid(ENABLED, true,
					"It needs Spring JDBC, which is missing. Add spring-boot-starter-jdbc and the driver of your database "
							+ "to the application, or remove the property.");
		}

	}

	private static Jdbc check(Jdbc properties) {
		Duration retention = properties.retention();
		if (retention != null && isOutside(retention, Duration.ofDays(1), Duration.ofDays(36500))) {
			throw CheckedProperties.invalid(RETENTION, retention, "It is not between one day and a hundred years.");
		}
		if (isOutside(properties.timeout(), Duration.ofSeconds(1), Duration.ofHours(1))) {
			throw CheckedProperties.invalid("mcp-security.audit.jdbc.timeout", properties.timeout(),
					"It is not between one second and one hour.");
		}
		return properties;
	}

	private static boolean isOutside(Duration value, Duration min, Duration max) {
		return value.compareTo(min) < 0 || value.compareTo(max) > 0;
	}

	private static DataSource dataSource(@Nullable String name, ListableBeanFactory beans) {
		List<String> names = Arrays.asList(beans.getBeanNamesForType(DataSource.class));
		if (StringUtils.hasText(name)) {
			if (!names.contains(name)) {
				throw CheckedProperties.invalid(DATA_SOURCE, name,
						"It is not the name of a DataSource of the application, which are: " + names + ".");
			}
			return beans.getBean(name, DataSource.class);
		}
		if (names.isEmpty()) {
			throw CheckedProperties.invalid(ENABLED, true,
					"It needs a DataSource, and there is none. Set spring.datasource.url, define a DataSource bean, "
							+ "or remove the property.");
		}
		DataSource dataSource = beans.getBeanProvider(DataSource.class).getIfUnique();
		if (dataSource == null) {
			throw CheckedProperties.invalid(DATA_SOURCE, null,
					"It is not set, and none of several DataSources is the primary one: " + names
							+ ". Set it to the name of the bean to use.");
		}
		return dataSource;
	}

	/** A missing table would otherwise be reported with the first event only. */
	private static void checkTable(JdbcAuditEventRepository repository, InitializeSchema mode) {
		try {
			String problem = repository.problem();
			if (problem != null) {
				throw CheckedProperties.invalid(INITIALIZE_SCHEMA, mode,
						"The application does not create the table mcp_audit_event, and it is not as required: "
								+ problem
								+ ". Create it with the scripts below io/mcpsecurity/audit/jdbc, as docs/audit-jdbc.md "
								+ "describes, or set " + INITIALIZE_SCHEMA + "=always.");
			}
		}
		catch (IllegalStateException ex) {
			throw CheckedProperties.invalid(ENABLED, true, StringUtils.capitalize(ex.getMessage()));
		}
		catch (DataAccessException | TransactionException ex) {
			logger.warn("Audit events cannot be stored at the moment: the database cannot be reached");
			logger.debug("The database cannot be reached", ex);
		}
	}

}
