package io.mcpsecurity.actuate.jdbc;

import java.time.Duration;
import java.util.UUID;

import com.zaxxer.hikari.HikariDataSource;
import io.mcpsecurity.test.PostgresServer;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.DatabasePopulatorUtils;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * The databases that are supported, to make one of, with the table in it.
 */
enum AuditDatabase {

	POSTGRESQL {
		@Override
		String newUrl() {
			return PostgresServer.shared().newDatabase();
		}
	},

	H2 {
		@Override
		String newUrl() {
			return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
		}
	};

	/**
	 * Make an empty database.
	 */
	abstract String newUrl();

	/**
	 * Make a database with the table.
	 */
	HikariDataSource create() {
		HikariDataSource pool = PostgresServer.pool(newUrl());
		createTable(pool);
		return pool;
	}

	void createTable(HikariDataSource pool) {
		String platform = (this == H2) ? "h2" : "postgresql";
		DatabasePopulatorUtils.execute(
				new ResourceDatabasePopulator(
						new ClassPathResource("io/mcpsecurity/audit/jdbc/" + platform + "/R__mcp_audit_event.sql")),
				pool);
	}

	static JdbcAuditEventRepository repository(HikariDataSource pool) {
		return new JdbcAuditEventRepository(pool, Duration.ofMinutes(1), 1000);
	}

	static long count(HikariDataSource pool) {
		Long count = new JdbcTemplate(pool).queryForObject("select count(*) from mcp_audit_event", Long.class);
		return (count != null) ? count : 0;
	}

}
