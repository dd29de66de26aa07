package io.mcpsecurity.authorization;

import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * However a URI is written, it is found out what it may mean to a handler.
 */
class ResourceUriTests {

	@ParameterizedTest
	@ValueSource(strings = { "records://secret/1", "RECORDS://secret/1", "rEcords://secret/1", "records://%73ecret/1",
			"records://%73%65%63%72%65%74/1", "records://%2573ecret/1", "records://%252573ecret/1",
			"records://secret%2F1", "records://secret%2f1", "records%3A//secret/1", "records://./secret/1",
			"records://secret/./1", "records://secret/x/../1", "records://public/../secret/1",
			"records://public%2F..%2Fsecret%2F1", "records://public/%2e%2e/secret/1",
			"records://public/%252e%252e/secret/1", "records://../../secret/1", "records://%73ecret%2F1" })
	void allWaysToWriteAUriAreFoundOut(String uri) {
		assertThat(ResourceUri.spellings(McpTarget.resource(uri))).contains(McpTarget.resource(uri),
				McpTarget.resource("records://secret/1"));
	}

	@ParameterizedTest
	@CsvSource({ "records://%73ecret/%zz,records://secret/%zz", "records://%73ecret/%,records://secret/%",
			"records://%73ecret/%4,records://secret/%4", "%%%73,%%s", "records://a b/%63,records://a b/c",
			"records://a+b/%63,records://a+b/c", "records:%73ecret,records:secret",
			"records://host/a/../../b,records://host/b", "records://host/a/..,records://host/",
			"records://host/a/.,records://host/a/", "records://host/a/../b?c/../d,records://host/b?c/../d",
			"records://%c3%a4,records://ä" })
	void whatIsMalformedKeepsNothingElseFromBeingRead(String uri, String read) {
		assertThat(ResourceUri.spellings(McpTarget.resource(uri))).contains(McpTarget.resource(read));
	}

	@ParameterizedTest
	@ValueSource(strings = { "records://all", "records://{id}/details", "urn:x:y", "no uri at all", "" })
	void aPlainUriHasOneSpelling(String uri) {
		assertThat(ResourceUri.spellings(McpTarget.resource(uri))).containsExactly(McpTarget.resource(uri));
	}

	@Test
	void whatIsEncodedOverAndOverIsGivenUp() {
		assertThat(ResourceUri.spellings(McpTarget.resource("records://%25252573ecret"))).isEmpty();
	}

	@Test
	void toolsAndPromptsAreWrittenInOneWay() {
		McpTarget tool = McpTarget.tool("A%41/../b");
		assertThat(ResourceUri.spellings(tool)).containsExactly(tool);
	}

}
