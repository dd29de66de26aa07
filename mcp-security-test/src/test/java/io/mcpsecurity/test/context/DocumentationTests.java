package io.mcpsecurity.test.context;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The Java code in docs/testing.md is that of tests in this module.
 */
class DocumentationTests {

	@Test
	void theCodeIsThatOfTests() throws IOException {
		List<String> tests = new ArrayList<>();
		try (Stream<Path> files = Files.walk(Path.of("src/test/java/com/example"))) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				tests.add(withoutWhitespace(Files.readString(file)));
			}
		}
		List<String> blocks = Pattern.compile("^```java\\R(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
			.matcher(Files.readString(Path.of("../docs/testing.md")))
			.results()
			.map((block) -> withoutWhitespace(block.group(1)))
			.toList();
		assertThat(blocks).isNotEmpty()
			.allSatisfy((block) -> assertThat(tests).anyMatch((test) -> test.contains(block)));
	}

	private static String withoutWhitespace(String text) {
		return text.replaceAll("\\s", "");
	}

}
