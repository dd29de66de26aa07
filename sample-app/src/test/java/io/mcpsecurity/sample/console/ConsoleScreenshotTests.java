package io.mcpsecurity.sample.console;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import com.microsoft.playwright.Browser.NewPageOptions;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.ScreenshotOptions;
import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.SampleTestBase;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Takes the picture of the documentation, when it is asked to.
 */
@EnabledIfSystemProperty(named = "console.screenshot", matches = ".+",
		disabledReason = "-Dconsole.screenshot=<file> takes a picture")
class ConsoleScreenshotTests extends SampleTestBase {

	private static final String ANALYST = "analyst-agent:analyst-secret";

	private static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

	private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

	@Test
	void takeScreenshot() {
		work();
		try (Chromium chromium = Chromium.start()) {
			Page page = chromium.browser().newPage(new NewPageOptions().setViewportSize(1440, 1100));
			page.navigate(ISSUER + "/console");
			page.getByLabel("User name").fill("bob");
			page.getByLabel("Password").fill("bob");
			page.locator("#login button").click();
			page.waitForSelector("#state[data-state=live]");
			page.locator("#trail tbody[data-decision=denied] button").first().click();
			page.mouse().move(0, 0);
			page.screenshot(new ScreenshotOptions().setPath(Path.of(System.getProperty("console.screenshot"))));
		}
	}

	/**
	 * Something to look at.
	 */
	private void work() {
		String analyst = this.client.clientCredentials(ANALYST, "scope", BROWSE + " " + EXPORT, "resource", RESOURCE)
			.accessToken();
		AuthorizationRequest request = inspectorRequest(BROWSE, EXPORT);
		String alice;
		try (BrowserSession browser = browser()) {
			alice = this.client.redeem(request, browser.authorize(request, "alice", BROWSE, EXPORT).get("code"))
				.accessToken();
		}
		String agent = this.client
			.token(ANALYST, "grant_type", TOKEN_EXCHANGE, "subject_token", alice, "subject_token_type", ACCESS_TOKEN,
					"scope", BROWSE, "resource", RESOURCE, "actor_token", analyst, "actor_token_type", ACCESS_TOKEN)
			.accessToken();
		String admin = this.client
			.clientCredentials("admin-agent:admin-secret", "scope", BROWSE + " " + PURGE, "resource", RESOURCE)
			.accessToken();
		call(alice, "browse_records", "browse_records", "who_am_i", "export_records", "purge_records");
		call(analyst, "browse_records", "export_records", "export_records");
		call(admin, "purge_records", "browse_records", "server_time");
		this.client.get("/mcp");
		call(agent, "browse_records", "browse_records", "export_records", "drop_table", "browse_records");
	}

	private void call(String token, String... tools) {
		try (McpSyncClient mcp = mcpClient(() -> token)) {
			mcp.initialize();
			for (String tool : List.of(tools)) {
				catchThrowable(() -> mcp.callTool(CallToolRequest.builder(tool)
					.arguments(tool.equals("export_records") ? Map.of("format", "csv") : Map.of())
					.build()));
			}
		}
	}

}
