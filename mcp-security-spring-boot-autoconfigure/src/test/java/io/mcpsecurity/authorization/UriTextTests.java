package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.LongStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What one reading makes of a URI. How readings work together is in
 * {@link ResourceUriTests}.
 */
class UriTextTests {

	private static final List<Function<String, @Nullable String>> OPERATIONS = List.of(UriText::withLowerCaseScheme,
			UriText::decoded, UriText::withSpacesForPluses, UriText::withSlashesForBackslashes,
			(uri) -> UriText.withoutDotSegments(uri, true, true), (uri) -> UriText.withoutDotSegments(uri, true, false),
			(uri) -> UriText.withoutDotSegments(uri, false, true),
			(uri) -> UriText.withoutDotSegments(uri, false, false), UriText::withoutEmptySegments,
			UriText::withoutTrailingSlash, UriText::withoutQuery, UriText::withPlainHost, UriText::withoutRootDot,
			UriText::withoutUserInfo);

	/**
	 * The short way for ordinary URIs leaves nothing out.
	 */
	@Test
	void aPlainUriIsNothingElseToAnyReading() {
		List<String> plain = LongStream.range(0, 20_000)
			.mapToObj(UriTextTests::random)
			.filter(UriText::isPlain)
			.toList();
		assertThat(plain).hasSizeGreaterThan(500);
		for (String uri : plain) {
			assertThat(OPERATIONS).as(uri).allSatisfy((operation) -> assertThat(operation.apply(uri)).isEqualTo(uri));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "docs://files/readme.txt", "docs://files/{path}", "https://example.org/a/B.C@d:e",
			"research://records/REC-1 2", "x://y", "x://" })
	void anOrdinaryUriIsPlain(String uri) {
		assertThat(UriText.isPlain(uri)).isTrue();
	}

	@ParameterizedTest
	@CsvSource(nullValues = "null",
			value = { "a://h/b/../c,true,true,a://h/c", "a://h/../c,true,true,null", "a://h/../c,false,true,a://c",
					"a://h?b/../c,true,true,a://h?b/../c", "a://h?b/../c,false,true,a://h?b/../c",
					"a://h?b/../c,true,false,a://h?b/../c", "a://h?b/../c,false,false,a://c",
					"a://h/b?c/../d,true,true,a://h/b?c/../d", "a://h/b?c/../d,true,false,a://h/d",
					"a://h/..b/.c/...,true,true,a://h/..b/.c/...", "a:b/../c,true,true,a:b/../c",
					"a:b/../c,false,true,a:c", "a:/b/../c,true,true,a:/c", "/b/../c,true,true,/c",
					"b/../c,false,true,c" })
	void dotSegmentsAreRemovedWhereThePathIs(String uri, boolean authority, boolean query, @Nullable String read) {
		assertThat(UriText.withoutDotSegments(uri, authority, query)).isEqualTo(read);
	}

	/**
	 * A URI put together at random from what means something in URIs.
	 */
	static String random(long seed) {
		// Seeds that are close together would all begin with much the same numbers.
		Random random = new Random(seed * 0x9E3779B97F4A7C15L);
		List<String> schemes = List.of("r://", "r://", "https://", "R:", "r:/", "r:///", "");
		List<String> parts = List.of("a", "b", "a", "bc", "/", "/", "/", ".", "..", "./", "../", "%2f", "%2e", "%25",
				"%", "+", "?", "#", "\\", "@", ":", ":80", "://", "B", "\u00e4", " ");
		StringBuilder uri = new StringBuilder(schemes.get(random.nextInt(schemes.size())));
		for (int i = random.nextInt(9); i >= 0; i--) {
			uri.append(parts.get(random.nextInt((random.nextInt(3) == 0) ? parts.size() : 6)));
		}
		return uri.toString();
	}

}
