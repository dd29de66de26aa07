package io.mcpsecurity.authorizationserver;

import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.util.List;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What storage in a database requires.
 */
class JdbcStorageTests {

	private final WebApplicationContextRunner contexts = new WebApplicationContextRunner()
		.withUserConfiguration(ServerInstance.Application.class)
		.withPropertyValues(ServerInstance.properties(Database.H2, Database.H2.newUrl()).toArray(String[]::new));

	@ParameterizedTest
	@CsvSource({ "spring.sql.init.mode=never, storage, mcp_",
			"mcp-authorization-server.encryption-keys=, encryption-keys, openssl",
			"mcp-authorization-server.encryption-keys=c2hvcnQ=, encryption-keys, openssl",
			"mcp-authorization-server.encryption-keys=!, encryption-keys, openssl",
			"mcp-authorization-server.keys.file=keys.json, keys.file, database",
			"mcp-authorization-server.keys.publish-ahead=119s, keys.publish-ahead, two minutes",
			"mcp-authorization-server.storage=memory, encryption-keys, storage=jdbc",
			"spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration, storage, spring.datasource.url",
			"'spring.sql.init.mode=never;spring.datasource.url=jdbc:postgresql://localhost:1/none', storage, cannot be reached" })
	void wrongConfigurationStopsTheStart(String properties, String name, String reason) {
		this.contexts.withPropertyValues(properties.split(";"))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("mcp-authorization-server." + name);
					assertThat(ex.getReason()).contains(reason, "Set ");
					assertThat(String.valueOf(ex.getValue())).doesNotContain("c2hvcnQ");
				}));
	}

	@Test
	void withoutSpringJdbcTheStartFails() {
		this.contexts.withClassLoader(new FilteredClassLoader(DataSourceScriptDatabaseInitializer.class))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("mcp-authorization-server.storage")
				.extracting((ex) -> ((InvalidConfigurationPropertyValueException) ex).getReason())
				.asString()
				.contains("spring-boot-starter-jdbc"));
	}

	@Test
	void encryptionKeyIsNotInTheTextOfTheProperties() {
		this.contexts.run((context) -> assertThat(context.getBean(AuthorizationServerProperties.class).toString())
			.contains("storage=JDBC")
			.doesNotContain(Database.KEY));
	}

	@Test
	void whileTheDatabaseIsDownNothingIsGrantedAndNothingDisclosed() throws Exception {
		EmbeddedPostgres database = Database.newServer();
		try (ServerInstance server = new ServerInstance(Database.POSTGRESQL, Database.url(database, "postgres"))) {
			Object refreshToken = server.tokens("app").get("refresh_token");
			String code = server.code("app", "records:read");
			HttpClient alice = server.signIn("alice");
			database.close();
			for (HttpResponse<String> response : List.of(server.redeem("app", code),
					server.refresh("app", refreshToken), server.authorize(alice, "app", "records:read"),
					server.token(ServerInstance.AGENT, "grant_type=client_credentials"))) {
				assertThat(response.statusCode()).as(response.body()).isGreaterThanOrEqualTo(500);
				assertThat(response.body()).doesNotContain("access_token", "Exception", "select", "mcp_", "localhost");
				assertThat(response.headers().map()).doesNotContainKey("location");
			}
			// Resource servers verify tokens that were issued before.
			assertThat(server.send(server.request("/oauth2/jwks", null)).body()).contains("\"kid\"");
		}
		finally {
			database.close();
		}
	}

}
