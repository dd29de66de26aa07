package io.mcpsecurity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import io.mcpsecurity.test.Documentation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.PropertiesPropertySource;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the documentation prints works as printed.
 */
class DocumentationTests {

	private static final String SPRING_SECURITY = "docs/spring-security.md";

	private static final List<String> PAGES = Stream
		.concat(Stream.of("README.md", "docs/configuration.md", "docs/policy.md", "docs/introspection.md",
				"docs/clients.md", "docs/sessions.md", "docs/requests.md", "docs/reliability.md", "docs/rate-limits.md",
				"docs/testing.md", "docs/downstream.md", "docs/sender-constrained.md", "docs/step-up-authentication.md",
				"docs/protocol-revisions.md", "docs/authorization-server.md", SPRING_SECURITY), providers())
		.toList();

	private static Stream<String> providers() {
		return Stream.of(Objects.requireNonNull(Path.of("../docs/providers").toFile().list()))
			.filter((name) -> name.endsWith(".md"))
			.sorted()
			.map((name) -> "docs/providers/" + name);
	}

	static Stream<Arguments> blocks(String language) {
		return PAGES.stream()
			.flatMap((page) -> Documentation.blocks(page, language).stream().map((block) -> Arguments.of(page, block)));
	}

	static Stream<Arguments> configurations() {
		return blocks("yaml");
	}

	@ParameterizedTest
	@MethodSource("configurations")
	void applicationStartsWithDocumentedConfiguration(String page, String yaml) {
		new WebApplicationContextRunner().withUserConfiguration(DocumentedApplication.class)
			.withPropertyValues("spring.ai.mcp.server.protocol=STREAMABLE",
					"mcp-security.resource=https://mcp.example.com/mcp",
					"mcp-security.authorization-servers=https://login.example.com")
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new PropertiesPropertySource(page, Documentation.properties(yaml))))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	static Stream<Arguments> beans() {
		return blocks("java")
			.filter((block) -> ((String) block.get()[1]).contains("@Bean") || block.get()[0].equals(SPRING_SECURITY));
	}

	@ParameterizedTest
	@MethodSource("beans")
	void documentedBeanAppearsInTests(String page, String java) throws IOException {
		try (Stream<Path> own = Files.walk(Path.of("src/test/java"));
				Stream<Path> ofTheAuthorizationServer = Files
					.walk(Path.of("../mcp-authorization-server-spring-boot-autoconfigure/src/test/java"));
				Stream<Path> ofTheSample = Files.walk(Path.of("../sample-app/src/test/java"))) {
			assertThat(Stream.of(own, ofTheAuthorizationServer, ofTheSample)
				.flatMap((paths) -> paths)
				.filter((file) -> file.toString().endsWith(".java"))
				.map(DocumentationTests::read)
				.map(DocumentationTests::withoutWhitespace)).anyMatch((test) -> test.contains(withoutWhitespace(java)));
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String withoutWhitespace(String text) {
		return text.replaceAll("\\s", "");
	}

	/**
	 * Offers what the documentation names.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Documented.class)
	static class DocumentedApplication {

		@Bean
		LettuceConnectionFactory redis() {
			return new LettuceConnectionFactory();
		}

		@Bean
		AdminTools adminTools() {
			return new AdminTools();
		}

	}

	static class AdminTools {

		@McpTool(name = "reset_index")
		String resetIndex() {
			return "reset";
		}

	}

	static class Documented {

		@McpTool(name = "server_time")
		String serverTime() {
			return "noon";
		}

		@McpTool(name = "browse_records")
		String browse() {
			return "browsed";
		}

		@McpTool(name = "export_records")
		String export() {
			return "exported";
		}

		@McpTool(name = "download_records")
		String download() {
			return "downloaded";
		}

		@McpTool(name = "purge_records")
		String purge() {
			return "purged";
		}

		@McpTool(name = "debug_server")
		String debug() {
			return "debugged";
		}

		@McpResource(uri = "research://records/{id}", name = "record")
		String record(String id) {
			return "record";
		}

		@McpResource(uri = "research://public/{name}", name = "public")
		String published(String name) {
			return "public";
		}

		@McpPrompt(name = "summarize_records")
		String summarize() {
			return "Summarize";
		}

	}

}
