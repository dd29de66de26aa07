package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

import io.modelcontextprotocol.util.DefaultMcpUriTemplateManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The matching of templates, against that of the MCP SDK.
 */
class UriTemplateTests {

	private static final DefaultMcpUriTemplateManagerFactory SDK = new DefaultMcpUriTemplateManagerFactory();

	@Test
	void templateMatchesLikeSdk() {
		List<String> texts = List.of("a", "b", "ab", "/", "/", "-", "{x}", "{x}", "{y}", "{", "}", "://", "", "{a/b}",
				"\\E", "\n");
		List<String> parts = List.of("a", "b", "a", "b", "/", "/", "-", "{x}", "://", "\n");
		Random random = new Random(11);
		int matching = 0;
		for (int i = 0; i < 50_000; i++) {
			String template = "r" + random(random, texts);
			String uri = "r" + random(random, parts);
			boolean matches = SDK.create(template).matches(uri);
			matching += matches ? 1 : 0;
			assertThat(new UriTemplate(template).matches(uri)).as(template + " for " + uri).isEqualTo(matches);
		}
		assertThat(matching).isGreaterThan(500);
	}

	@Test
	void variableDoesNotMatchQueryUnlessTemplateHasQuery() {
		assertThat(new UriTemplate("r://a/{x}").matches("r://a/b?c")).isFalse();
		assertThat(new UriTemplate("r://a?x={x}").matches("r://a?x=b")).isTrue();
		assertThat(new UriTemplate("r://a{?x}").matches("r://a?x=b")).isTrue();
	}

	private static String random(Random random, List<String> parts) {
		return random.ints(random.nextInt(7), 0, parts.size()).mapToObj(parts::get).collect(Collectors.joining());
	}

	/**
	 * The SDK takes minutes for it.
	 */
	@Test
	@Timeout(10)
	void longUrisAreMatchedQuickly() {
		UriTemplate template = new UriTemplate("r://{a}-{b}-{c}");
		for (String end : List.of("", "/")) {
			assertThat(template.matches("r://" + "-".repeat(8000) + end)).isEqualTo(end.isEmpty());
		}
	}

}
