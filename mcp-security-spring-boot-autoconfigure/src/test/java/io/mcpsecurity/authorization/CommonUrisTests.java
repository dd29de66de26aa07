package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.modelcontextprotocol.util.DefaultMcpUriTemplateManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which patterns are for some URI of a resource template.
 */
class CommonUrisTests {

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', textBlock = """
			r://secret/*,         r://{id}/details,  true
			r://secret/d*,        r://{id}/details,  true
			r://secret/details,   r://{id}/details,  true
			r://{id}/details,     r://{id}/details,  true
			*/details,            r://{id}/details,  true
			*,                    r://{id}/details,  true
			r://s*t/*s,           r://{id}/details,  true
			r://*/*/*,            r://{id}/details,  false
			r://secret/x*,        r://{id}/details,  false
			r://a/b/*,            r://{id}/details,  false
			r://*/details/more,   r://{id}/details,  false
			x://*,                r://{id}/details,  false
			r:///details,         r://{id}/details,  false
			r://,                 r://{id},          false
			r://*,                r://{id},          true
			r://a-*,              r://{x}-{y},       true
			r://a*,               r://{x}-{y},       true
			r://*-,               r://{x}-{y},       true
			r://a,                r://{x}-{y},       false
			r://a,                r://all,           false
			r://a*,               r://all,           true
			""")
	void patternAndTemplateHaveCommonUriAsExpected(String pattern, String template, boolean exist) {
		assertThat(new CommonUris(pattern, template).exist()).isEqualTo(exist);
	}

	/**
	 * All patterns and templates of up to three elements, with all URIs that can matter.
	 */
	@Test
	void commonUrisAgreeWithExhaustiveSearch() {
		List<String> uris = texts(6, "a", "b", "/");
		DefaultMcpUriTemplateManagerFactory server = new DefaultMcpUriTemplateManagerFactory();
		for (String template : texts(3, "a", "b", "/", "{x}")) {
			Set<String> ofTemplate = uris.stream().filter(server.create(template)::matches).collect(Collectors.toSet());
			for (String pattern : texts(3, "a", "b", "/", "*")) {
				Predicate<McpTarget> matches = new TargetPattern(Kind.RESOURCE, pattern).compile();
				assertThat(new CommonUris(pattern, template).exist()).as(pattern + " and " + template)
					.isEqualTo(ofTemplate.stream().map(McpTarget::resource).anyMatch(matches));
			}
		}
	}

	private static List<String> texts(int length, String... elements) {
		List<String> texts = new ArrayList<>();
		List<String> last = List.of("");
		for (int i = 0; i < length; i++) {
			last = last.stream().flatMap((text) -> Stream.of(elements).map(text::concat)).toList();
			texts.addAll(last);
		}
		return texts;
	}

}
