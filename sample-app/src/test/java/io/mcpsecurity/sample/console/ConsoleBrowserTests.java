package io.mcpsecurity.sample.console;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.GetByRoleOptions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.mcpsecurity.sample.SampleTestBase;
import io.modelcontextprotocol.client.McpSyncClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.core.io.ClassPathResource;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The console in a real browser, before the eyes of bob.
 */
class ConsoleBrowserTests extends SampleTestBase {

	/**
	 * A page that nobody touches is two seconds behind; the rest is for slow machines.
	 */
	private static final double MILLIS_TO_WAIT = 20_000;

	private static Chromium chromium;

	private final List<String> complaints = new ArrayList<>();

	private Browser browser;

	private String token;

	private McpSyncClient mcp;

	private BrowserContext context;

	private Page page;

	@BeforeAll
	static void startBrowser() {
		chromium = Chromium.start();
		PlaywrightAssertions.setDefaultAssertionTimeout(MILLIS_TO_WAIT);
	}

	@AfterAll
	static void stopBrowser() {
		if (chromium != null) {
			chromium.close();
		}
	}

	@BeforeEach
	void connect() {
		this.browser = chromium.browser();
		this.token = Calls.token(this.client, ISSUER, RESOURCE, BROWSE);
		this.mcp = mcpClient(() -> this.token);
		this.mcp.initialize();
	}

	@AfterEach
	void close() {
		if (this.mcp != null) {
			this.mcp.close();
		}
		if (this.context != null) {
			this.context.close();
		}
	}

	@Test
	void callsAppearLiveAndAreEscaped() {
		openConsole();
		assertThat(this.page.getByText("No event matches.")).isVisible();
		Calls.granted(this.mcp);
		Calls.denied(this.mcp);
		Calls.hostile(this.mcp);
		assertThat(rows()).hasCount(3);
		assertThat(rows().nth(0)).containsText(Calls.HARMLESS);
		assertThat(rows().nth(0)).containsText("undecided");
		assertThat(rows().nth(1)).containsText("call denied");
		assertThat(rows().nth(1)).containsText("purge_records");
		assertThat(rows().nth(1)).containsText("insufficient_scope");
		assertThat(rows().nth(2)).containsText("browse_records");
		assertThat(rows().nth(2)).containsText("success");
		for (Locator row : rows().all()) {
			assertThat(row).containsText("alice");
			assertThat(row).containsText(Calls.clientOf(this.token));
			assertThat(row.textContent()).doesNotContainPattern("[\\p{Cc}\\p{Cf}&&[^\\n\\t]]");
		}
		rows().nth(0).getByRole(AriaRole.BUTTON).click();
		assertThat(fact(rows().nth(0), "targetName")).hasText(Calls.HARMLESS);
		assertThat(this.page.locator("#trail script, #trail img")).hasCount(0);
		this.page.reload();
		assertThat(rows()).hasCount(3);
		assertThat(this.page.evaluate("window.ran")).isNull();
		assertThat(this.complaints).isEmpty();
	}

	@Test
	void rowExpandsToAllDetails() {
		Calls.denied(this.mcp);
		openConsole();
		assertThat(rows()).hasCount(1);
		Locator button = rows().getByRole(AriaRole.BUTTON);
		assertThat(button).hasAttribute("aria-expanded", "false");
		assertThat(fact(rows(), "ruleSource")).isHidden();
		button.focus();
		this.page.keyboard().press("Enter");
		assertThat(button).hasAttribute("aria-expanded", "true");
		assertThat(fact(rows(), "ruleSource")).hasText("@RequiresScope on ResearchTools.purge");
		assertThat(fact(rows(), "type")).hasText("MCP_CALL_DENIED");
		assertThat(fact(rows(), "missingScopes")).hasText(PURGE);
		assertThat(fact(rows(), "issuer")).hasText(ISSUER);
		assertThat(this.complaints).isEmpty();
	}

	@Test
	void filterAppliesToExistingAndNewEvents() {
		Calls.granted(this.mcp);
		Calls.denied(this.mcp);
		openConsole();
		assertThat(rows()).hasCount(2);
		this.page.getByLabel("Target").fill("PURGE");
		assertThat(rows()).hasCount(1);
		assertThat(rows()).containsText("purge_records");
		Calls.granted(this.mcp);
		Calls.denied(this.mcp);
		assertThat(rows()).hasCount(2);
		assertThat(this.page).hasURL(Pattern.compile("[?&]target=PURGE"));
		this.page.reload();
		assertThat(rows()).hasCount(2);
		this.page.getByLabel("Type").selectOption("MCP_CALL");
		assertThat(rows()).hasCount(0);
		this.page.getByLabel("Target").fill("");
		assertThat(rows()).hasCount(2);
		this.page.getByLabel("Subject").fill("nobody");
		assertThat(rows()).hasCount(0);
		this.page.getByRole(AriaRole.LINK, new GetByRoleOptions().setName("Clear")).click();
		assertThat(this.page).hasURL(ISSUER + "/console");
		assertThat(rows().filter(new Locator.FilterOptions().setHasText(Calls.clientOf(this.token)))).hasCount(4);
		assertThat(this.complaints).isEmpty();
	}

	@Test
	void newEventsDoNotMoveExpandedRow() {
		for (int i = 0; i < 3; i++) {
			Calls.granted(this.mcp);
		}
		openConsole();
		assertThat(rows()).hasCount(3);
		rows().nth(1).getByRole(AriaRole.BUTTON).click();
		String number = rows().nth(1).getAttribute("data-number");
		Locator read = this.page.locator("tbody[data-number='" + number + "']");
		read.scrollIntoViewIfNeeded();
		double before = read.boundingBox().y;
		for (int i = 0; i < 5; i++) {
			Calls.denied(this.mcp);
		}
		assertThat(rows()).hasCount(8);
		assertThat(read.boundingBox().y).isCloseTo(before, within(1.0));
		assertThat(fact(read, "targetName")).isVisible();
		assertThat(this.page.getByText("5 new")).isVisible();
		this.page.getByText("5 new").click();
		assertThat(this.page.locator("#unseen-events")).isHidden();
		assertThat(rows().first()).isInViewport();
	}

	@Test
	void pausedPageIsNotUpdated() {
		openConsole();
		Locator pause = this.page.locator("#pause");
		pause.click();
		assertThat(pause).hasAttribute("aria-pressed", "true");
		assertThat(this.page.locator("#state")).hasText("Paused");
		Calls.granted(this.mcp);
		this.page.waitForTimeout(3_000);
		assertThat(rows()).hasCount(0);
		pause.click();
		assertThat(rows()).hasCount(1);
		assertThat(this.page.locator("#state")).hasText("Live");
	}

	@Test
	void chartsAndTablesShowCounts() {
		Calls.granted(this.mcp);
		Calls.denied(this.mcp);
		Calls.hostile(this.mcp);
		openConsole();
		assertThat(rows()).hasCount(3);
		assertThat(bar("by-target", "granted", "browse_records")).isPositive();
		assertThat(bar("by-target", "denied", "purge_records")).isPositive();
		assertThat(bar("by-target", "undecided", Activity.NOT_OFFERED)).isPositive();
		assertThat(bar("durations", "longest", "browse_records")).isPositive();
		assertThat(this.page.evaluate("Chart.getChart('by-minute').data.labels.length")).isEqualTo(60);
		assertThat(this.page.evaluate("""
				Math.max(...Chart.getChart('by-minute').data.datasets.find((set) => set.label === 'granted').data)"""))
			.isInstanceOfSatisfying(Integer.class, (highest) -> assertThat(highest).isPositive());
		for (String id : List.of("by-minute", "by-target", "durations")) {
			assertThat(this.page.evaluate("""
					(id) => {
						const plot = document.getElementById(id);
						const pixels = plot.getContext('2d').getImageData(0, 0, plot.width, plot.height).data;
						return pixels.some((value) => value !== 0);
					}""", id)).as(id + " is painted").isEqualTo(true);
		}
		this.page.getByText("The numbers", new Page.GetByTextOptions().setExact(true)).click();
		Locator row = this.page.getByRole(AriaRole.ROW, new GetByRoleOptions().setName("purge_records"))
			.and(this.page.locator("#target-rows tr"));
		assertThat(row.locator("td").nth(Activity.DECISIONS.indexOf("denied")))
			.hasText(String.valueOf((int) bar("by-target", "denied", "purge_records")));
		assertThat(this.complaints).isEmpty();
	}

	@Test
	void whenChartsAreUnavailableThenTablesAreShown() {
		open(new NewContextOptions());
		this.page.route("**/webjars/**", (route) -> route.abort());
		signIn();
		Calls.granted(this.mcp);
		assertThat(rows()).hasCount(1);
		assertThat(this.page.locator("#plots")).isHidden();
		assertThat(this.page.locator("#target-rows")).containsText("browse_records");
		assertThat(this.page.locator("#target-rows")).isVisible();
	}

	@Test
	void expiredSessionIsShown() {
		openConsole();
		this.context.clearCookies();
		assertThat(this.page.locator("#state")).containsText("You are signed out");
		this.page.getByRole(AriaRole.LINK, new GetByRoleOptions().setName("Sign in")).click();
		assertThat(this.page).hasURL(ISSUER + "/login");
	}

	@Test
	void connectionFailureIsShownUntilRecovery() {
		openConsole();
		this.page.route("**/console/news*", (route) -> route.abort());
		assertThat(this.page.locator("#state")).containsText("No answer since");
		Calls.granted(this.mcp);
		Calls.denied(this.mcp);
		this.page.unroute("**/console/news*");
		assertThat(rows()).hasCount(2);
		assertThat(this.page.locator("#state")).hasText("Live");
		this.page.route("**/console/news*", (route) -> route.abort());
		this.page.getByLabel("Target").fill("purge");
		assertThat(this.page.locator("#state")).containsText("No answer since");
		this.page.unroute("**/console/news*");
		assertThat(rows()).hasCount(1);
		assertThat(this.page.locator("#state")).hasText("Live");
	}

	@Test
	void policyAndHealthAreShown() {
		Calls.granted(this.mcp);
		openConsole();
		assertThat(this.page.locator(".rules tr", new Page.LocatorOptions().setHasText("purge_records")))
			.containsText(PURGE);
		assertThat(this.page.locator(".rules")).containsText("@RequiresScope on ResearchTools.purge");
		assertThat(this.page.locator(".rules")).containsText("research://records/{id}");
		assertThat(this.page.locator(".rules")).containsText("summarize_records");
		Locator health = this.page.locator("#health-rows");
		assertThat(health).containsText("Audit sink console works");
		assertThat(health).containsText("Audit sink events works");
		assertThat(health).containsText("Issuer " + ISSUER + " works");
	}

	@ParameterizedTest
	@CsvSource({ "LIGHT, 1280", "DARK, 1280", "LIGHT, 390", "DARK, 390" })
	void pageIsAccessibleInAllColorSchemesAndWidths(ColorScheme scheme, int width) throws Exception {
		Calls.granted(this.mcp);
		Calls.denied(this.mcp);
		Calls.hostile(this.mcp);
		open(new NewContextOptions().setColorScheme(scheme).setViewportSize(width, 844));
		signIn();
		assertThat(rows()).hasCount(3);
		rows().nth(0).getByRole(AriaRole.BUTTON).click();
		this.page.getByText("The numbers", new Page.GetByTextOptions().setExact(true)).click();
		assertThat(this.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")).isEqualTo(true);
		this.page.evaluate(new ClassPathResource("axe.min.js").getContentAsString(StandardCharsets.UTF_8));
		assertThat((List<?>) this.page.evaluate("""
				axe.run().then((results) => results.violations.map((violation) => violation.id + ' ' +
					violation.nodes.map((node) => node.html + ' ' + node.failureSummary).join('; ')))""")).isEmpty();
	}

	private void openConsole() {
		open(new NewContextOptions());
		signIn();
	}

	private void open(NewContextOptions options) {
		this.context = this.browser.newContext(options);
		this.context.addInitScript("""
				addEventListener('securitypolicyviolation', (event) =>
					console.error('Policy: ' + event.violatedDirective + ' ' + event.blockedURI));""");
		this.page = this.context.newPage();
		this.page.onConsoleMessage((message) -> {
			if (List.of("error", "warning").contains(message.type())) {
				this.complaints.add(message.text());
			}
		});
		this.page.onPageError(this.complaints::add);
		this.page.onDialog((dialog) -> {
			this.complaints.add(dialog.message());
			dialog.dismiss();
		});
	}

	/**
	 * Open the console, with the events of this test's client, by way of the login page.
	 */
	private void signIn() {
		this.page.navigate(ISSUER + "/console?client=" + Calls.clientOf(this.token));
		assertThat(this.page).hasURL(ISSUER + "/login");
		this.page.getByLabel("User name").fill("bob");
		this.page.getByLabel("Password").fill("bob");
		this.page.getByRole(AriaRole.BUTTON, new GetByRoleOptions().setName("Sign in")).click();
		assertThat(this.page).hasTitle("Console – Research records");
		assertThat(this.page.locator("#state")).hasText("Live");
	}

	private Locator rows() {
		return this.page.locator("#trail tbody.event");
	}

	private static Locator fact(Locator row, String name) {
		return row.locator("dl div")
			.filter(new Locator.FilterOptions().setHas(row.page().locator("dt").getByText(name, exactly())))
			.locator("dd");
	}

	private static Locator.GetByTextOptions exactly() {
		return new Locator.GetByTextOptions().setExact(true);
	}

	/**
	 * The length of a bar of a plot.
	 */
	private double bar(String plot, String set, String label) {
		Object length = this.page.evaluate("""
				({plot, set, label}) => {
					const data = Chart.getChart(plot).data;
					return data.datasets.find((one) => one.label === set).data[data.labels.indexOf(label)];
				}""", Map.of("plot", plot, "set", set, "label", label));
		return ((Number) length).doubleValue();
	}

}
