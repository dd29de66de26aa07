package io.mcpsecurity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page on threats names tests; they are there.
 */
class ThreatModelTests {

	private static final Pattern NAME = Pattern.compile("`(\\w+Tests)(?:\\.(\\w+))?`");

	@ParameterizedTest
	@MethodSource("names")
	void everyTestNamedInThreatModelExists(String type, String method) throws IOException {
		try (Stream<Path> own = Files.walk(Path.of("src/test/java"));
				Stream<Path> ofTheAuthorizationServer = Files
					.walk(Path.of("../mcp-authorization-server-spring-boot-autoconfigure/src/test/java"));
				Stream<Path> ofTheSample = Files.walk(Path.of("../sample-app/src/test/java"))) {
			List<Path> found = Stream.of(own, ofTheAuthorizationServer, ofTheSample)
				.flatMap((paths) -> paths)
				.filter((path) -> path.endsWith(type + ".java"))
				.toList();
			assertThat(found).hasSize(1);
			assertThat(Files.readString(found.get(0)))
				.contains(method.isEmpty() ? "class " + type : " " + method + "(");
		}
	}

	static Stream<String[]> names() throws IOException {
		return NAME.matcher(Files.readString(Path.of("../docs/threat-model.md")))
			.results()
			.filter((name) -> !name.group(1).equals(ThreatModelTests.class.getSimpleName()))
			.map(ThreatModelTests::parts)
			.distinct();
	}

	private static String[] parts(MatchResult name) {
		return new String[] { name.group(1), (name.group(2) != null) ? name.group(2) : "" };
	}

}
