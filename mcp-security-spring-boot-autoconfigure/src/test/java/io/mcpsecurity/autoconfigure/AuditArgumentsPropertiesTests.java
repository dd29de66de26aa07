package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.ParsedJson;
import io.mcpsecurity.test.RecordsApplication;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The properties of summaries of arguments.
 */
@ExtendWith(OutputCaptureExtension.class)
class AuditArgumentsPropertiesTests {

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(RecordsApplication.class)
		.withPropertyValues("spring.ai.mcp.server.protocol=STATELESS", "mcp-security.resource=https://mcp.example/mcp",
				"mcp-security.authorization-servers=https://login.example");

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			                                                           | {iban=string(1), pageToken=***, token=***}
			mcp-security.audit.arguments=none                          | null
			mcp-security.audit.arguments=masked                        | {iban=string(1), pageToken=***, token=***}
			mcp-security.audit.arguments=FULL                          | {iban=x, pageToken=***, token=***}
			mcp-security.audit.sensitive-names=iban,!page-token        | {iban=***, pageToken=string(1), token=***}
			""")
	void argumentSummaryFollowsProperties(String property, String expected) {
		this.runner.withPropertyValues((property != null) ? property : "any=thing")
			.run((context) -> assertThat(String.valueOf(context.getBean(ArgumentSummaries.class)
				.of(McpTarget.tool("a"), ParsedJson.of("{\"iban\":\"x\",\"pageToken\":\"x\",\"token\":\"x\"}"))))
				.isEqualTo(expected));
	}

	@Test
	void misplacedSensitiveAnnotationFailsStartup(CapturedOutput output) {
		assertThatException().isThrownBy(() -> new SpringApplication(Useless.class).run("--server.port=0",
				"--mcp-security.resource=https://mcp.example/mcp",
				"--mcp-security.authorization-servers=https://login.example"));
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
