package io.mcpsecurity.sample.console;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.SampleTestBase;
import io.modelcontextprotocol.client.McpSyncClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The console without its script, and the news that the script would ask for: the whole
 * way from a call to a row, also on a machine without a browser. What the script makes of
 * it is for {@link ConsoleBrowserTests} alone.
 */
class ConsolePageTests extends SampleTestBase {

	@Test
	void callsAreShownAndEscapedWithoutScript() {
		String token = Calls.token(this.client, ISSUER, RESOURCE, BROWSE);
		try (McpSyncClient mcp = mcpClient(() -> token); BrowserSession bob = browser()) {
			mcp.initialize();
			Calls.granted(mcp);
			Calls.denied(mcp);
			Calls.hostile(mcp);
			bob.signInIfAsked(bob.open(ISSUER + "/console"), "bob");
			HtmlPage page = await().until(() -> console(bob, token), (console) -> rows(console).size() == 3);
			List<DomElement> rows = rows(page);
			assertThat(rows.get(0).asNormalizedText()).contains(Calls.HARMLESS, "undecided");
			assertThat(rows.get(1).asNormalizedText()).contains("call denied", "alice", Calls.clientOf(token),
					"purge_records", "insufficient_scope", "@RequiresScope on ResearchTools.purge");
			assertThat(rows.get(2).asNormalizedText()).contains("browse_records", "granted", "success");
			assertThat(page.getWebResponse().getContentAsString()).doesNotContain("<script>", "<img", "\u001b",
					"\u202e");
			assertThat(page.getElementById("target-rows").asNormalizedText()).contains("browse_records",
					"purge_records", Activity.NOT_OFFERED);

			HtmlForm filter = BrowserSession.form(page, "filter");
			filter.<HtmlInput>getInputByName("target").setValue("Purge");
			HtmlPage filtered = (HtmlPage) bob.submit(filter);
			assertThat(rows(filtered)).singleElement()
				.satisfies((row) -> assertThat(row.asNormalizedText()).contains("purge_records"));
			HtmlForm again = BrowserSession.form(filtered, "filter");
			again.getSelectByName("type").setSelectedAttribute("MCP_CALL", true);
			HtmlPage nothing = (HtmlPage) bob.submit(again);
			assertThat(rows(nothing)).isEmpty();
			assertThat(nothing.asNormalizedText()).contains("No event matches");
		}
	}

	@Test
	void newsContainEventsAfterGivenNumber() {
		String token = Calls.token(this.client, ISSUER, RESOURCE, BROWSE);
		try (McpSyncClient mcp = mcpClient(() -> token); BrowserSession bob = browser()) {
			mcp.initialize();
			bob.signInIfAsked(bob.open(ISSUER + "/console"), "bob");
			Calls.granted(mcp);
			JsonNode first = await().until(() -> news(bob, token, 0), (news) -> news.path("events").size() == 1);
			Calls.hostile(mcp);
			JsonNode second = await().until(() -> news(bob, token, first.path("latest").asLong()),
					(news) -> news.path("events").size() == 1);
			assertThat(second.at("/events/0/target").asString()).isEqualTo(Calls.HARMLESS);
			assertThat(second.path("latest").asLong()).isGreaterThan(first.path("latest").asLong());
			assertThat(news(bob, token, second.path("latest").asLong()).path("events")).isEmpty();
			JsonNode targets = second.at("/activity/targets");
			assertThat(targets.findValuesAsString("name")).contains("browse_records", Activity.NOT_OFFERED)
				.allSatisfy((name) -> assertThat(name).doesNotContain("<"));
			assertThat(second.path("health").findValuesAsString("name")).contains("Audit sink console",
					"Audit sink events", "Issuer " + ISSUER);
		}
	}

	@Test
	void pageShowsPolicyOfServer() {
		try (BrowserSession bob = browser()) {
			HtmlPage page = (HtmlPage) bob.signInIfAsked(bob.open(ISSUER + "/console"), "bob");
			assertThat(page.getElementById("policy").asNormalizedText())
				.containsSubsequence("purge_records", PURGE, "@RequiresScope on ResearchTools.purge")
				.containsSubsequence("server_time", "a valid token", "mcp-security.policy.default-access")
				.contains(RESOURCE, "research://records/{id}", "summarize_records");
		}
	}

	private static HtmlPage console(BrowserSession bob, String token) {
		return (HtmlPage) bob.open(ISSUER + "/console?client=" + Calls.clientOf(token));
	}

	private static JsonNode news(BrowserSession bob, String token, long after) {
		return JsonMapper.shared()
			.readTree(bob.open(ISSUER + "/console/news?after=" + after + "&client=" + Calls.clientOf(token))
				.getWebResponse()
				.getContentAsString(StandardCharsets.UTF_8));
	}

	private static List<DomElement> rows(HtmlPage page) {
		return page.getByXPath("//table[@id='trail']/tbody");
	}

}
