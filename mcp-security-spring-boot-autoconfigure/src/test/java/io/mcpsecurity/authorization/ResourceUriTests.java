package io.mcpsecurity.authorization;

import io.mcpsecurity.message.McpTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The canonical form of URIs.
 */
class ResourceUriTests {

	@ParameterizedTest
	@ValueSource(strings = { "records://h/secret/1", "research://records/1", "records://Berlin", "records://a/B",
			"records:a", "records:a/b", "urn:isbn:9780141036144", "git+ssh://h/a", "file:///etc/hosts", "records://h/",
			"records://h/.../a", "records://h/..a", "records://h/.a", "records://h/a.",
			"records://h/a:b;c=d,(e)'*!$&@f", "records://h/a%20b",
			"records://h/%40%3A%2B%3B%3F%23%5B%5D%7B%7D%22%3C%3E%5E%60%7C", "records://h/%C3%BC",
			"records://h/%F0%9F%98%80", "records://h/a?q=b", "records://h/?q=b&c=d/e", "records://h?q",
			"records://h:80/a", "records://a%20b/c", "https://example.org/a", "https://example.org", "http://h:443/a",
			"https://h:8443/a", "https://192.0.2.1/a", "ftp://h/a?b" })
	void uriIsCanonical(String uri) {
		assertThat(ResourceUri.flaw(McpTarget.resource(uri))).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			RECORDS://h/a                 | scheme
			Records:a                     | scheme
			records%3A//h/a               | scheme
			1records://h/a                | scheme
			//h/a                         | scheme
			no uri at all                 | scheme
			~~                            | scheme
			records:                      | scheme
			records://h/a b               | character
			records://h/a+b               | character
			records://h/a\\b              | character
			records://h/\u00fc            | character
			records://h/a#b               | character
			records://h/{id}              | character
			records://h/a^b               | character
			records://[::1]/a             | character
			records://h/%73ecret          | percent-encoding
			records://h/%7E               | percent-encoding
			records://h/%2d               | percent-encoding
			records://h/%2e%2e            | percent-encoding
			records://h/%2f               | percent-encoding
			records://h/%2F               | percent-encoding
			records:%2f%2fsecret          | percent-encoding
			records://h/%5C               | percent-encoding
			records://h/%2573             | percent-encoding
			records://h/%00               | percent-encoding
			records://h/%0A               | percent-encoding
			records://h/%7F               | percent-encoding
			records://h/%3a               | percent-encoding
			records://h/%c3%bc            | percent-encoding
			records://h/%                 | percent-encoding
			records://h/%4                | percent-encoding
			records://h/%zz               | percent-encoding
			records://h/%C0%AF            | UTF-8
			records://h/%C3               | UTF-8
			records://h/%ED%A0%80         | UTF-8
			records://h/%C2%85            | control character
			records://h/..                | dot segment
			records://h/.                 | dot segment
			records://h/a/../b            | dot segment
			records://h/./b               | dot segment
			records://../b                | dot segment
			records:..                    | dot segment
			records:../b                  | dot segment
			records://h/..?q              | dot segment
			records://h/a?/../b           | dot segment
			records://h/a?..              | dot segment
			records:////x                 | empty segment
			records://h//a                | empty segment
			records://h/a//               | empty segment
			records:///a//b               | empty segment
			records:a//b                  | empty segment
			records:/a                    | empty segment
			records://h/a?b//c            | empty segment
			records://u@h/a               | user information
			records://u:p@h               | user information
			records://@h/a                | user information
			records://h/a?                | query
			records://h/a?b?c             | query
			https://EXAMPLE.org/a         | host
			https://example.org./a        | host
			https://example.org:443/a     | host
			https://example.org:/a        | host
			https://example.org:0443/a    | host
			https://ex%C3%A4mple.org/a    | host
			https:///a                    | host
			https:a                       | host
			http://h:80                   | host
			ws://h:80/a                   | host
			wss://h:443/a                 | host
			ftp://h:21/a                  | host
			""")
	void uriIsNotCanonical(String uri, String reason) {
		assertThat(ResourceUri.flaw(McpTarget.resource(uri))).contains(reason);
	}

	@Test
	void toolAndPromptNamesAreAlwaysCanonical() {
		assertThat(ResourceUri.flaw(McpTarget.tool("A%41/../b"))).isNull();
		assertThat(ResourceUri.flaw(McpTarget.prompt("//"))).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "a%20b,a b", "a%40b,a@b", "a%C3%BC%c3%bc,a\u00fc\u00fc", "a%2Fb,a%2Fb",
			"a%20%2f%5C%25%3f%23,a %2f%5C%25%3f%23", "a%00%1f%7F,a%00%1f%7F", "a%zz%,a%zz%", "%2A,*" })
	void onlyUnambiguousPercentEncodingIsDecoded(String text, String decoded) {
		assertThat(ResourceUri.decoded(text)).isEqualTo(decoded);
	}

	@ParameterizedTest
	@CsvSource({ "records://h/*,true", "*,true", "*Secret,true", "rec*,true", "*/1,true", "*://h/a,true",
			"*//records/1,true", "records://*Secret*,true", "records://h/top secret*,true", "records://h/a+b,true",
			"records://h/%73ecret*,true", "records://h/{id},true", "https://*.example/*,true", "https://*Example,true",
			"h*://Internal.example/*,true", "https://Internal.example/*,false", "https://*/../a,false",
			"https://internal.example:443/*,false", "RECORDS://*,false", "records://h/a%2Fb,false",
			"records://h/a\\b*,false", "records://h//*,false", "records://u@h/*,false", "records://h/*#a,false" })
	void patternCanMatchCanonicalUri(String pattern, boolean possible) {
		assertThat(ResourceUri.canMatch(pattern)).isEqualTo(possible);
	}

	@Test
	@Timeout(10)
	void longUrisAreCheckedQuickly() {
		for (String part : new String[] { "a", "/", "//", "?", "@", ":", "%", "%20", "..", "../", "a.", "%C3%BC" }) {
			ResourceUri.flaw(McpTarget.resource("https://" + part.repeat(8000)));
			ResourceUri.flaw(McpTarget.resource(part.repeat(8000)));
			ResourceUri.canMatch("https://" + part.repeat(8000) + "*");
		}
	}

}
