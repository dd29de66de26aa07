package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.actuate.jdbc.AuditRetention;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.PostgresServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.actuate.audit.listener.AuditListener;
import org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When audit events are stored in a database, in which one, who makes the table, and what
 * stops the start; with the real auto-configurations of Spring Boot around it.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpAuditJdbcAutoConfigurationTests {

	private static final String ENABLED = "mcp-security.audit.jdbc.enabled=true";

	/** Tells every step otherwise, without asking how much is to be logged. */
	private static final Logger liquibase = Logger.getLogger("liquibase");

	private final WebApplicationContextRunner bare = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(McpAuditJdbcAutoConfiguration.class, AuditAutoConfiguration.class));

	private final WebApplicationContextRunner withDataSource = this.bare
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class));

	private final WebApplicationContextRunner h2 = this.withDataSource.withPropertyValues(ENABLED,
			"spring.datasource.url=jdbc:h2:mem:" + UUID.randomUUID());

	@BeforeAll
	static void beQuiet() {
		liquibase.setLevel(Level.WARNING);
	}

	@Test
	void whenNotEnabledThenNoAuditBeans() {
		this.withDataSource.withPropertyValues("spring.datasource.url=jdbc:h2:mem:" + UUID.randomUUID())
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(AuditEventRepository.class)
				.doesNotHaveBean(AuditSink.class)
				.doesNotHaveBean(DataSourceScriptDatabaseInitializer.class));
	}

	@Test
	void whenSecurityDisabledThenNoAuditSink() {
		this.h2.withPropertyValues("mcp-security.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(AuditSink.class));
	}

	@Test
	void tableIsCreatedInEmbeddedDatabase() {
		this.h2.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).hasSingleBean(AuditSink.class).hasSingleBean(AuditEventRepository.class);
			assertThat(context).doesNotHaveBean(AuditRetention.class);
			assertThat(context.getBean(AuditSink.class).name()).isEqualTo("jdbc");
			assertStores(context);
		});
	}

	@Test
	void auditEventsOfApplicationAreStored() {
		this.h2.run((context) -> {
			assertThat(context).hasSingleBean(AuditListener.class);
			context.publishEvent(new AuditApplicationEvent("bob", "RECORD_SIGNED", "record=R-17"));
			assertThat(context.getBean(AuditEventRepository.class).find("bob", null, "RECORD_SIGNED")).singleElement()
				.satisfies((event) -> assertThat(event.getData()).containsEntry("record", "R-17"));
		});
	}

	@Test
	void whenNotEmbeddedThenTableIsCreatedOnlyIfConfigured() {
		WebApplicationContextRunner postgres = postgres();
		assertRefuses(postgres, "mcp-security.audit.jdbc.initialize-schema", "EMBEDDED", "mcp_audit_event");
		assertRefuses(postgres.withPropertyValues("mcp-security.audit.jdbc.initialize-schema=never"),
				"mcp-security.audit.jdbc.initialize-schema", "NEVER");
		WebApplicationContextRunner always = postgres
			.withPropertyValues("mcp-security.audit.jdbc.initialize-schema=always");
		always.run(McpAuditJdbcAutoConfigurationTests::assertStores);
		always.run((context) -> assertThat(context).as("with the table there").hasNotFailed());
		postgres.run(McpAuditJdbcAutoConfigurationTests::assertStores);
	}

	@Test
	void whenNeverThenTableIsNotCreatedInEmbeddedDatabase() {
		assertRefuses(this.h2.withPropertyValues("mcp-security.audit.jdbc.initialize-schema=never"),
				"mcp-security.audit.jdbc.initialize-schema", "NEVER");
	}

	@Test
	void tableWithMissingColumnFailsStartup() {
		WebApplicationContextRunner postgres = postgres();
		postgres.withPropertyValues("mcp-security.audit.jdbc.initialize-schema=always")
			.run((context) -> new JdbcTemplate(context.getBean(DataSource.class))
				.execute("alter table mcp_audit_event drop column client"));
		assertRefuses(postgres, "mcp-security.audit.jdbc.initialize-schema", "client");
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgresql", "h2" })
	void flywayCreatesTableWithMigrationsOfApplication(String vendor) {
		WebApplicationContextRunner runner = vendor.equals("h2") ? this.h2 : postgres();
		runner = runner.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
			.withPropertyValues("mcp-security.audit.jdbc.initialize-schema=never",
					"spring.flyway.locations=classpath:db/flyway,classpath:io/mcpsecurity/audit/jdbc/{vendor}");
		runner.run((context) -> {
			assertStores(context);
			assertThat(new JdbcTemplate(context.getBean(DataSource.class)).queryForList(
					"select \"description\" from \"flyway_schema_history\" where \"type\" = 'SQL' and \"success\" order by 1",
					String.class))
				.containsExactly("application", "mcp audit event");
			assertThat(context.getSourceApplicationContext()
				.getBeanFactory()
				.getBeanDefinition("mcpJdbcAuditEventRepository")
				.getDependsOn()).contains("flywayInitializer", "mcpAuditSchemaInitializer");
		});
		if (!vendor.equals("h2")) {
			runner.run((context) -> assertThat(context).as("a second start").hasNotFailed());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgresql", "h2" })
	void liquibaseCreatesTableWithChangesOfApplication(String vendor) {
		WebApplicationContextRunner runner = vendor.equals("h2") ? this.h2 : postgres();
		runner = runner.withConfiguration(AutoConfigurations.of(LiquibaseAutoConfiguration.class))
			.withPropertyValues("mcp-security.audit.jdbc.initialize-schema=never",
					"spring.liquibase.change-log=classpath:db/liquibase/application.yaml");
		runner.run((context) -> {
			assertStores(context);
			assertThat(new JdbcTemplate(context.getBean(DataSource.class))
				.queryForList("select id from databasechangelog order by orderexecuted", String.class))
				.containsExactly("application", vendor.equals("h2") ? "mcp_audit_event_h2" : "mcp_audit_event");
		});
		if (!vendor.equals("h2")) {
			runner.run((context) -> assertThat(context).as("a second start").hasNotFailed());
		}
	}

	@Test
	void whenDatabaseIsUnavailableThenApplicationStartsAndLogsProblem(CapturedOutput output) {
		this.withDataSource
			.withPropertyValues(ENABLED, "spring.datasource.hikari.connection-timeout=500",
					"spring.datasource.url=" + PostgresServer.url(TestSocketUtils.findAvailableTcpPort(), "none"))
			.run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(AuditSink.class);
				assertThat(output).contains("Audit events cannot be stored at the moment");
			});
	}

	@Test
	void whenNoDataSourceThenStartupFails() {
		assertRefuses(this.bare.withPropertyValues(ENABLED), "mcp-security.audit.jdbc.enabled",
				"needs a DataSource, and there is none");
	}

	@Test
	void whenSpringJdbcIsMissingThenStartupFails() {
		assertRefuses(
				this.bare.withPropertyValues(ENABLED)
					.withClassLoader(new FilteredClassLoader("org.springframework.boot.jdbc",
							"org.springframework.jdbc", "org.springframework.boot.sql")),
				"mcp-security.audit.jdbc.enabled", "needs Spring JDBC");
	}

	@Test
	void whenSeveralDataSourcesThenOneMustBeConfigured() {
		WebApplicationContextRunner several = this.bare.withPropertyValues(ENABLED)
			.withUserConfiguration(SeveralDataSources.class);
		assertRefuses(several, "mcp-security.audit.jdbc.data-source", "ordersDataSource", "auditDataSource");
		assertRefuses(several.withPropertyValues("mcp-security.audit.jdbc.data-source=audit"),
				"mcp-security.audit.jdbc.data-source", "audit It is", "auditDataSource");
		several.withPropertyValues("mcp-security.audit.jdbc.data-source=auditDataSource").run((context) -> {
			assertStores(context);
			assertThat(rows(context, "auditDataSource")).isOne();
		});
	}

	@Test
	void primaryDataSourceIsUsed() {
		this.bare.withPropertyValues(ENABLED).withUserConfiguration(PrimaryDataSource.class).run((context) -> {
			assertStores(context);
			assertThat(rows(context, "ordersDataSource")).isOne();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "embedded", "always", "never" })
	void unsupportedDatabaseFailsStartup(String mode) {
		assertRefuses(
				this.withDataSource.withPropertyValues(ENABLED, "spring.datasource.url=jdbc:hsqldb:mem:other",
						"mcp-security.audit.jdbc.initialize-schema=" + mode),
				"mcp-security.audit.jdbc.enabled", "PostgreSQL and H2, but not in HSQL");
	}

	@Test
	void backsOffForRepositoryOfApplication(CapturedOutput output) {
		this.h2.withUserConfiguration(OwnRepository.class).run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(AuditSink.class);
			assertThat(context.getBean(AuditEventRepository.class)).isInstanceOf(InMemoryAuditEventRepository.class);
			assertThat(output).contains("mcp-security.audit.jdbc.enabled=true has no effect");
		});
	}

	@ParameterizedTest
	@CsvSource({ "retention, 86399", "retention, 23h", "retention, -1d", "retention, 40000d", "timeout, 500ms",
			"timeout, 2h" })
	void invalidValueFailsStartup(String name, String value) {
		assertRefuses(this.h2.withPropertyValues("mcp-security.audit.jdbc." + name + "=" + value),
				"mcp-security.audit.jdbc." + name, "is not");
	}

	@Test
	void whenRetentionConfiguredThenRetentionBeanExists() {
		this.h2.withPropertyValues("mcp-security.audit.jdbc.retention=30d")
			.run((context) -> assertThat(context).hasSingleBean(AuditRetention.class));
	}

	private WebApplicationContextRunner postgres() {
		return this.withDataSource.withPropertyValues(ENABLED,
				"spring.datasource.url=" + PostgresServer.shared().newDatabase());
	}

	private static void assertStores(AssertableWebApplicationContext context) throws Exception {
		assertThat(context).hasNotFailed();
		String id = UUID.randomUUID().toString();
		context.getBean(AuditSink.class)
			.write(List
				.of(new McpAuditEvent(id, Instant.now(), McpAuditEvent.Type.MCP_CALL, "alice", Map.of("eventId", id))));
		assertThat(context.getBean(AuditEventRepository.class)
			.find("alice", Instant.now().minus(Duration.ofMinutes(10)), null)).extracting(AuditEvent::getData)
			.contains(Map.of("eventId", id));
	}

	private static void assertRefuses(WebApplicationContextRunner runner, String property, String... words) {
		runner.run((context) -> {
			Refusal refusal = Refusal.of(context);
			assertThat(refusal.property()).isEqualTo(property);
			assertThat(refusal.value() + " " + refusal.reason()).contains(words);
		});
	}

	private static int rows(AssertableWebApplicationContext context, String dataSource) {
		Integer rows = new JdbcTemplate(context.getBean(dataSource, DataSource.class))
			.queryForObject("select count(*) from mcp_audit_event", Integer.class);
		return (rows != null) ? rows : 0;
	}

	private static HikariDataSource newDataSource() {
		return PostgresServer.pool("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
	}

	@Configuration(proxyBeanMethods = false)
	static class SeveralDataSources {

		@Bean
		DataSource ordersDataSource() {
			return newDataSource();
		}

		@Bean
		DataSource auditDataSource() {
			return newDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrimaryDataSource {

		@Bean
		@Primary
		DataSource ordersDataSource() {
			return newDataSource();
		}

		@Bean
		DataSource auditDataSource() {
			return newDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRepository {

		@Bean
		AuditEventRepository ownRepository() {
			return new InMemoryAuditEventRepository();
		}

	}

}
