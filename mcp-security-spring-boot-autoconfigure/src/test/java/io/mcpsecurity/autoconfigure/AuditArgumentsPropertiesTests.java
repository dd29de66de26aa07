package io.mcpsecurity.autoconfigure;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;

import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.ArgumentSummaries.Mode;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.audit.SensitiveParts;
import io.mcpsecurity.handler.SensitiveArguments;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.ParsedJson;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The properties of summaries of arguments, and that the key among them stays secret.
 */
@ExtendWith(OutputCaptureExtension.class)
class AuditArgumentsPropertiesTests {

	private static final McpTarget TARGET = McpTarget.tool("a");

	private static final String SECRET = "0123456789012345678901234567890!";

	private static final String KEY = Base64.getEncoder().encodeToString(SECRET.getBytes(UTF_8));

	private static final String KEY_PROPERTY = "mcp.security.audit.digest-key=" + KEY;

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(RecordsApplication.class)
		.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS", "mcp.security.resource=https://mcp.example/mcp",
				"mcp.security.authorization-servers=https://login.example");

	@Test
	void byDefaultValuesAreMasked() {
		this.runner.run((context) -> assertThat(context.getBean(ArgumentSummaries.class)
			.of(TARGET, ParsedJson.of("{\"query\":\"cats\",\"token\":\"x\"}")))
			.hasToString("{query=string(4), token=***}"));
	}

	@ParameterizedTest
	@CsvSource({ "none,null", "masked,string(4)", "full,cats", "FULL,cats" })
	void theModeIsChosenByItsName(String mode, String expected) {
		this.runner.withPropertyValues("mcp.security.audit.arguments=" + mode)
			.run((context) -> assertThat(
					String.valueOf(context.getBean(ArgumentSummaries.class).of(TARGET, ParsedJson.of("\"cats\""))))
				.isEqualTo(expected));
	}

	@Test
	void digestsAreMadeWithTheKey() {
		this.runner.withPropertyValues("mcp.security.audit.arguments=digest", KEY_PROPERTY)
			.run((context) -> assertThat(context.getBean(ArgumentSummaries.class).of(TARGET, ParsedJson.of("\"cats\"")))
				.asString()
				.matches("hmac:[0-9a-f]{32}"));
	}

	@Test
	void sensitiveNamesAreAddedAndTakenOut() {
		this.runner
			.withPropertyValues("mcp.security.audit.arguments=full",
					"mcp.security.audit.sensitive-names=iban,!page-token")
			.run((context) -> assertThat(context.getBean(ArgumentSummaries.class)
				.of(TARGET, ParsedJson.of("{\"iban\":1,\"pageToken\":2,\"accessToken\":3}")))
				.hasToString("{iban=***, pageToken=2, accessToken=***}"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp.security.audit.digest-key=", "mcp.security.audit.digest-key=  ",
			"mcp.security.audit.arguments=digest" })
	void digestsWithoutAKeyStopTheStart(String property) {
		this.runner.withPropertyValues("mcp.security.audit.arguments=digest", property)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidMcpSecurityPropertyException.class)
				.hasMessageContaining("'mcp.security.audit.digest-key' is not set"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "digest", "masked", "none" })
	void aKeyThatIsNoKeyStopsTheStartAndIsNotRepeated(String mode, CapturedOutput output) {
		for (String key : List.of("c2hvcnQ=", "not!base64!" + SECRET,
				Base64.getEncoder().encodeToString(new byte[31]) + "*")) {
			this.runner
				.withPropertyValues("mcp.security.audit.arguments=" + mode, "mcp.security.audit.digest-key=" + key)
				.run((context) -> {
					assertThat(context).getFailure()
						.rootCause()
						.isInstanceOf(InvalidMcpSecurityPropertyException.class)
						.hasMessageContaining("'mcp.security.audit.digest-key'")
						.hasMessageNotContaining(key);
					assertThat(context).getFailure().hasStackTraceContaining("digest-key");
				});
			assertThat(output.toString()).doesNotContain(key);
		}
	}

	@Test
	void theReportOfAFailedStartSaysHowToMakeAKey(CapturedOutput output) {
		assertThatException().isThrownBy(() -> new SpringApplication(RecordsApplication.class).run("--server.port=0",
				"--mcp.security.resource=https://mcp.example/mcp",
				"--mcp.security.authorization-servers=https://login.example", "--mcp.security.audit.arguments=digest",
				"--mcp.security.audit.digest-key=c2hvcnQ="));
		assertThat(output.toString()).contains("APPLICATION FAILED TO START")
			.contains("'mcp.security.audit.digest-key' has 5 bytes, which is less than 32")
			.contains("openssl rand -base64 32")
			.doesNotContain("c2hvcnQ=");
	}

	@Test
	void aKeyOfThirtyTwoBytesIsLongEnough() {
		this.runner
			.withPropertyValues("mcp.security.audit.arguments=digest",
					"mcp.security.audit.digest-key=" + Base64.getEncoder().encodeToString(new byte[32]))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void anEmptySensitiveNameStopsTheStart() {
		this.runner.withPropertyValues("mcp.security.audit.sensitive-names=iban,!")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidMcpSecurityPropertyException.class)
				.hasMessageContaining("'mcp.security.audit.sensitive-names'")
				.hasMessageContaining("'!' is not a name or pattern"));
	}

	@Test
	void theKeyIsNotInThePropertiesAsText() {
		this.runner.withPropertyValues(KEY_PROPERTY).run((context) -> {
			assertThat(context.getBean(McpSecurityProperties.class).audit().digestKey()).isEqualTo(KEY);
			assertThat(context.getBean(McpSecurityProperties.class)).asString()
				.contains("sensitiveNames")
				.doesNotContain(KEY);
			assertThat(context.getBean(CheckedProperties.class).auditArguments()).asString()
				.doesNotContain(KEY, SECRET);
		});
	}

	@Test
	void actuatorDoesNotShowTheKeyToThoseWhoMaySeeValues() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(RecordsApplication.class, authorizationServer, KEY_PROPERTY,
						"mcp.security.audit.sensitive-names=iban", "spring.security.user.name=operator",
						"spring.security.user.password=operator",
						"management.endpoints.web.exposure.include=configprops,env",
						"management.endpoint.configprops.show-values=always",
						"management.endpoint.env.show-values=always")) {
			assertThat(actuator(server, "configprops/mcp.security")).contains("iban").doesNotContain(KEY);
			assertThat(actuator(server, "env")).contains("iban").contains("digest-key").doesNotContain(KEY);
			assertThat(actuator(server, "env/mcp.security.audit.digest-key")).contains("******").doesNotContain(KEY);
		}
	}

	private static String actuator(SecuredServer server, String path) {
		HttpResponse<String> response = server.send(HttpRequest.newBuilder(URI.create(server.url("/actuator/" + path)))
			.header(HttpHeaders.AUTHORIZATION,
					"Basic " + Base64.getEncoder().encodeToString("operator:operator".getBytes(UTF_8))));
		assertThat(response.statusCode()).isEqualTo(200);
		return response.body();
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp.security.audit.digest-key", "mcp.security.audit.digestKey",
			"mcp.security.audit.digest_key", "MCP_SECURITY_AUDIT_DIGESTKEY", "MCP_SECURITY_AUDIT_DIGEST_KEY" })
	void theKeyIsSecretHoweverItsNameIsWritten(String name) {
		this.runner.run((context) -> {
			SanitizingFunction function = context.getBean(SanitizingFunction.class);
			assertThat(function.apply(new SanitizableData(null, name, KEY)).getValue()).isEqualTo("******");
			assertThat(function.apply(new SanitizableData(null, "mcp.security.audit.arguments", "full")).getValue())
				.isEqualTo("full");
		});
	}

	@Test
	void anApplicationsOwnSummariesReplaceThese() {
		ArgumentSummaries own = new ArgumentSummaries(Mode.NONE, null, new SensitiveNames(List.of()),
				(target) -> SensitiveParts.NONE);
		this.runner.withBean(ArgumentSummaries.class, () -> own)
			.run((context) -> assertThat(context.getBean(ArgumentSummaries.class)).isSameAs(own));
		SensitiveArguments sensitive = new SensitiveArguments();
		this.runner.withBean(SensitiveArguments.class, () -> sensitive)
			.run((context) -> assertThat(context.getBean(SensitiveArguments.class)).isSameAs(sensitive));
	}

	@Test
	void anAnnotationWithoutEffectStopsTheStart(CapturedOutput output) {
		assertThatException().isThrownBy(() -> new SpringApplication(Useless.class).run("--server.port=0",
				"--mcp.security.resource=https://mcp.example/mcp",
				"--mcp.security.authorization-servers=https://login.example"));
		assertThat(output.toString()).contains("APPLICATION FAILED TO START")
			.contains("Worker.work protects nothing: the method is no tool or prompt")
			.contains("Put it on an argument of a tool or prompt, or remove it.");
	}

	/**
	 * A bean that is no tool.
	 */
	@Configuration(proxyBeanMethods = false)
	@Import(RecordsApplication.class)
	static class Useless {

		@Bean
		Worker worker() {
			return new Worker();
		}

	}

	/**
	 * Works.
	 */
	static class Worker {

		void work(@Sensitive String note) {
			throw new IllegalStateException(note);
		}

	}

}
