package io.mcpsecurity.authorization;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import io.mcpsecurity.authorization.ResourceUri.Spellings;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.RandomSpellings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * However a URI is written, it is found out what it may mean to a handler.
 */
class ResourceUriTests {

	private static final McpTarget TEMPLATE = McpTarget.resource("records://{path}");

	private static final McpTarget QUERIED = McpTarget.resource("records://{path}?q={q}");

	@ParameterizedTest
	@ValueSource(strings = { "records://h/secret/1", "RECORDS://h/secret/1", "rEcords://h/secret/1",
			"records://h/%73ecret/1", "records://h/%73%65%63%72%65%74/1", "records://h/%2573ecret/1",
			"records://h/%252573ecret/1", "records://h/secret%2F1", "records://h/secret%2f1", "records%3A//h/secret/1",
			"records:%2f%2fh/secret/1", "records://./h/secret/1", "records://h/./secret/1", "records://h/secret/./1",
			"records://h/secret/x/../1", "records://h/public/../secret/1", "records://h/public%2F..%2Fsecret%2F1",
			"records://h/public/%2e%2e/secret/1", "records://h/public/%252e%252e/secret/1", "records://h/%73ecret%2F1",
			"records://h/%3f%2f..%2fsecret/1", "records://h/?%2f..%2fsecret/1", "records://h/%23%2f..%2fsecret/1",
			"records://h/a?b#c/../secret/1", "records://h/%253f/%2e%2e/secret/1", "records://h/%2fsecret/1",
			"records://h//secret//1", "records://h/%2f%2fsecret%2f1", "records://h/a%2f%2f..%2fsecret%2f1",
			"records://h/a//../secret/1", "records://h/secret\\1", "records://h/x%5C..%5Csecret%5C1",
			"records:///h/secret/1", "records://%2fh%2fsecret/1" })
	void allWaysToWriteAUriAreFoundOut(String uri) {
		assertThat(equal(uri)).contains(uri, "records://h/secret/1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://internal.example/x", "HTTPS://internal.example/x", "https://INTERNAL.example/x",
			"https://u@internal.example/x", "https://u:p@internal.example/x", "https://u@v@internal.example/x",
			"https://u%40v@internal.example/x", "https://%69nternal.example/x", "https://internal.example:443/x",
			"https://internal.example:/x", "https://internal.example:00443/x", "https://internal.example./x",
			"https://internal.example.:443/x", "https://U@Internal.Example..:0443/x", "https://internal.example%2fx",
			"https://internal.example\\x", "https://internal.example%3a443/x" })
	void allWaysToWriteAHostAreFoundOut(String uri) {
		assertThat(equal(uri)).contains(uri, "https://internal.example/x");
	}

	@ParameterizedTest
	@CsvSource({ "http://h:80/x,http://h/x", "ws://h:80/x,ws://h/x", "wss://h:443/x,wss://h/x",
			"ftp://h:21/x,ftp://h/x", "https://[::1]:443/x,https://[::1]/x", "https://[FE80::1]/x,https://[fe80::1]/x",
			"https://H?x,https://h?x", "https://u@h#x@y,https://h#x@y" })
	void everySchemeOfHostsHasItsPort(String uri, String read) {
		assertThat(equal(uri)).contains(read);
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://internal.example:444/x", "https://internal.example:80/x",
			"https://internal.example@other.example/x", "https://internal.example.other/x", "https://[::1]:444/x" })
	void anotherHostIsAnother(String uri) {
		assertThat(possible(uri, TEMPLATE)).doesNotContain("https://internal.example/x", "https://[::1]/x");
	}

	@ParameterizedTest
	@CsvSource({ "records://h/a+b,records://h/a b", "records://h/a%2bb,records://h/a b",
			"records://h/a+%2bb,records://h/a +b", "records://h/a/,records://h/a", "records://h/a%2f,records://h/a",
			"records://h/a%2f.,records://h/a", "records://h/a%2fx%2f..,records://h/a", "records://h/a//,records://h/a",
			"records://u@h/a,records://h/a", "records://H/a,records://h/a", "records://h:/a,records://h/a",
			"records://h./a,records://h/a", "records://h/a?b,records://h/a", "records://h/a#b,records://h/a",
			"records://h/a%3fb,records://h/a", "records://h/a/?b,records://h/a" })
	void whatOnlySomeHandlersTakeForTheSameIsPossible(String uri, String read) {
		assertThat(possible(uri, TEMPLATE)).contains(uri, read).containsAll(equal(uri));
		assertThat(equal(uri)).doesNotContain(read);
	}

	@Test
	void aQueryIsPartOfTheUriWhereTheTemplateSpeaksOfOne() {
		assertThat(possible("records://h?q=a", TEMPLATE)).contains("records://h");
		assertThat(possible("records://h?q=a", QUERIED)).doesNotContain("records://h");
	}

	@ParameterizedTest
	@CsvSource({ "records://%73ecret/%zz,records://secret/%zz", "records://%73ecret/%,records://secret/%",
			"records://%73ecret/%4,records://secret/%4", "%%%73,%%s", "records://a b/%63,records://a b/c",
			"records://a+b/%63,records://a+b/c", "records:%73ecret,records:secret",
			"records://host/a/..,records://host/", "records://host/a/.,records://host/a/",
			"records://host/a/../b?c/../d,records://host/b?c/../d", "records://host/a/../b?c/../d,records://host/d",
			"records://%c3%a4,records://ä", "records://ä%c3%a4,records://ää", "records:a/../b,records:b",
			"records:/a/../b,records:/b", "records:/a/../b://,records:b:/",
			"records://h/a/b/x/%2e%2e/../../%73,records://h/a/b/s" })
	void whatIsMalformedKeepsNothingElseFromBeingRead(String uri, String read) {
		assertThat(equal(uri)).contains(read);
	}

	@ParameterizedTest
	@ValueSource(strings = { "records://all", "records://{id}/details", "urn:x:y", "no uri at all", "",
			"docs://files/read-me.v2.txt", "https://example.org/a@b:c", "docs://files/Read Me" })
	void anOrdinaryUriHasOneSpelling(String uri) {
		assertThat(equal(uri)).containsExactly(uri);
		assertThat(possible(uri, TEMPLATE)).containsExactly(uri);
	}

	@ParameterizedTest
	@ValueSource(strings = { "records://%25252573ecret", "records://h/%2525252e" })
	void whatIsEncodedOverAndOverIsGivenUp(String uri) {
		assertThat(ResourceUri.spellings(McpTarget.resource(uri), List.of())).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "records://h/../secret", "records://h/..", "records://h/a/../../b", "records://h/%2e%2e/b",
			"records://h/..%2fh%2fsecret", "records://h/?/../..%2fb", "records://../h", "records:../h", "records:/../h",
			"..", "records://h/a//../../../b" })
	void whatLeadsAboveItsTopIsGivenUp(String uri) {
		assertThat(ResourceUri.spellings(McpTarget.resource(uri), List.of())).isNull();
	}

	@Test
	void whatCanBeReadInTooManyWaysIsGivenUp() {
		String uri = "records://h/" + "%2e+%252b//?x/./".repeat(12);
		assertThat(ResourceUri.spellings(McpTarget.resource(uri), List.of())).isNull();
	}

	@Test
	void toolsAndPromptsAreWrittenInOneWay() {
		for (McpTarget target : List.of(McpTarget.tool("A%41/../b"), McpTarget.prompt("a://../b+?"))) {
			assertThat(ResourceUri.spellings(target, List.of()))
				.isEqualTo(new Spellings(Set.of(target), Set.of(target)));
		}
	}

	@Test
	void whatAFileSystemReadsIsAmongTheSpellings() {
		for (long seed = 0; seed < 2000; seed++) {
			String uri = "docs://files/" + new RandomSpellings(seed).of("conf/top secret.txt");
			Spellings spellings = ResourceUri.spellings(McpTarget.resource(uri), List.of());
			if (spellings != null) {
				assertThat(spellings.possible()).as(uri)
					.contains(McpTarget.resource("docs://files/conf/top secret.txt"));
			}
		}
	}

	/**
	 * Otherwise two readings of which each is harmless could do harm together.
	 */
	@Test
	void spellingsOfSpellingsAreSpellings() {
		for (long seed = 0; seed < 2000; seed++) {
			String uri = UriTextTests.random(seed);
			Spellings spellings = ResourceUri.spellings(McpTarget.resource(uri), List.of());
			if (spellings != null) {
				for (McpTarget spelling : spellings.equal()) {
					assertThat(ResourceUri.spellings(spelling, List.of())).as(uri + " as " + spelling)
						.isNotNull()
						.satisfies((more) -> assertThat(spellings.equal()).containsAll(more.equal()))
						.satisfies((more) -> assertThat(spellings.possible()).containsAll(more.possible()));
				}
				for (McpTarget spelling : spellings.possible()) {
					assertThat(ResourceUri.spellings(spelling, List.of())).as(uri + " as " + spelling)
						.isNotNull()
						.satisfies((more) -> assertThat(spellings.possible()).containsAll(more.possible()));
				}
			}
		}
	}

	private static Set<String> equal(String uri) {
		return names(ResourceUri.spellings(McpTarget.resource(uri), List.of()), true);
	}

	private static Set<String> possible(String uri, McpTarget handler) {
		return names(ResourceUri.spellings(McpTarget.resource(uri), List.of(handler)), false);
	}

	private static Set<String> names(@Nullable Spellings spellings, boolean equal) {
		assertThat(spellings).isNotNull();
		return (equal ? spellings.equal() : spellings.possible()).stream()
			.map(McpTarget::name)
			.collect(Collectors.toSet());
	}

}
