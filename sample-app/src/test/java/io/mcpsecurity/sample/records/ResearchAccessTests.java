package io.mcpsecurity.sample.records;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.actuate.McpSecurityEndpoint;
import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.sample.SampleApplication;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who may do what with the research records, with tokens of the sample's authorization
 * server: the same by the annotations of {@link ResearchTools} and by the rules that the
 * documentation prints, for tools without an annotation.
 */
class ResearchAccessTests {

	private static final String BROWSE = "research:browse";

	private static final String EXPORT = "research:export";

	private static final String PURGE = "research:purge";

	private static final Map<String, String> DESCRIPTIONS = Map.of(BROWSE, "Look at research records", EXPORT,
			"Take copies of research records as CSV or JSON", PURGE, "Delete research records");

	private static final Map<Variant, Sample> samples = new EnumMap<>(Variant.class);

	/**
	 * Where the scopes are declared.
	 */
	enum Variant {

		ANNOTATIONS, CONFIGURATION

	}

	/**
	 * Who calls, and which scopes the token has.
	 */
	enum Caller {

		NOBODY(null), SIGNED_IN("admin-agent:admin-secret"), BROWSER("analyst-agent:analyst-secret", BROWSE),
		ANALYST("analyst-agent:analyst-secret", BROWSE, EXPORT), EXPORTER("admin-agent:admin-secret", EXPORT),
		PURGER("admin-agent:admin-secret", PURGE), ADMIN("admin-agent:admin-secret", BROWSE, EXPORT, PURGE);

		final String client;

		final Set<String> scopes;

		Caller(String client, String... scopes) {
			this.client = client;
			this.scopes = Set.of(scopes);
		}

		boolean holds(String scope) {
			return scope == null || this.scopes.contains(scope);
		}

	}

	/**
	 * What a caller does, which scope that needs, what is in the answer to those who have
	 * it, and the listing that shows them what they use.
	 */
	enum Use {

		TIME("tools/call", "{'name':'server_time','arguments':{}}", null, "'isError':false", "tools/list",
				"server_time"),
		WHO("tools/call", "{'name':'who_am_i','arguments':{}}", null, "-agent", "tools/list", "who_am_i"),
		BROWSE_TOOL("tools/call", "{'name':'browse_records','arguments':{'query':'lake'}}", BROWSE, "Water levels",
				"tools/list", "browse_records"),
		EXPORT_TOOL("tools/call", "{'name':'export_records','arguments':{'format':'csv'}}", EXPORT, "id,title,created",
				"tools/list", "export_records"),
		PURGE_TOOL("tools/call", "{'name':'purge_records','arguments':{'before':'1900-01-01'}}", PURGE,
				"Records deleted: 0", "tools/list", "purge_records"),
		RECORD("resources/read", "{'uri':'research://records/2'}", BROWSE, "Water levels", "resources/templates/list",
				"research://records/{id}"),
		RECORD_COMPLETION("completion/complete",
				"{'ref':{'type':'ref/resource','uri':'research://records/{id}'},'argument':{'name':'id','value':'1'}}",
				BROWSE, "CompletionSpecification not found", "resources/templates/list", "research://records/{id}"),
		PROMPT("prompts/get", "{'name':'summarize_records'}", BROWSE, "in three sentences", "prompts/list",
				"summarize_records"),
		PROMPT_COMPLETION("completion/complete",
				"{'ref':{'type':'ref/prompt','name':'summarize_records'},'argument':{'name':'a','value':'b'}}", BROWSE,
				"'values':[]", "prompts/list", "summarize_records"),
		UNKNOWN("tools/call", "{'name':'nothing','arguments':{}}", null, "Tool not found: nothing", "nowhere",
				"nothing");

		final String method;

		final Map<String, Object> params;

		final String scope;

		final String answer;

		final String listing;

		final String name;

		Use(String method, String params, String scope, String answer, String listing, String name) {
			this.method = method;
			this.params = JsonMapper.shared().readValue(params.replace('\'', '"'), new TypeReference<>() {
			});
			this.scope = scope;
			this.answer = answer.replace('\'', '"');
			this.listing = listing;
			this.name = name;
		}

	}

	/**
	 * The listings, each with the key of an entry's name.
	 */
	enum Listing {

		TOOLS("tools/list", "name"), RESOURCES("resources/list", "uri"),
		TEMPLATES("resources/templates/list", "uriTemplate"), PROMPTS("prompts/list", "name");

		final String method;

		final String key;

		Listing(String method, String key) {
			this.method = method;
			this.key = key;
		}

	}

	@BeforeAll
	static void start(@TempDir Path directory) throws IOException {
		samples.put(Variant.ANNOTATIONS, new Sample(SampleApplication.class));
		Path rules = Files.writeString(directory.resolve("rules.yml"), documentedRules());
		samples.put(Variant.CONFIGURATION,
				new Sample(UnannotatedApplication.class, "--spring.config.additional-location=" + rules.toUri()));
	}

	private static String documentedRules() throws IOException {
		Matcher rules = Pattern
			.compile("## The sample's rules by configuration alone\n.*?```yaml\n(.*?)```", Pattern.DOTALL)
			.matcher(Files.readString(Path.of("../docs/policy.md")));
		assertThat(rules.find()).isTrue();
		return rules.group(1);
	}

	@AfterAll
	static void stop() {
		samples.values().forEach(Sample::close);
	}

	static Stream<Arguments> uses() {
		return Stream.of(Variant.values())
			.flatMap((variant) -> Stream.of(Caller.values())
				.flatMap((caller) -> Stream.of(Use.values()).map((use) -> Arguments.of(variant, caller, use))));
	}

	@ParameterizedTest
	@MethodSource("uses")
	void callIsGrantedOrChallengedByScopesOfCaller(Variant variant, Caller caller, Use use) {
		Sample sample = samples.get(variant);
		McpResponse response = sample.clients.get(caller).send(use.method, use.params);
		List<String> challenges = response.http().headers().allValues("WWW-Authenticate");
		if (caller == Caller.NOBODY) {
			assertThat(response).isUnauthorized();
			assertThat(challenges)
				.containsExactly("Bearer resource_metadata=\"" + sample.metadata() + "\", scope=\"research:browse\"");
		}
		else if (caller.holds(use.scope)) {
			assertThat(response.status()).as(response.toString()).isEqualTo(200);
			assertThat(response.http().body()).contains(use.answer);
			assertThat(challenges).isEmpty();
		}
		else {
			assertThat(response).isStepUpFor(use.scope);
			String scopes = Stream.concat(Stream.of(use.scope), caller.scopes.stream().sorted())
				.collect(Collectors.joining(" "));
			assertThat(challenges)
				.containsExactly("Bearer error=\"insufficient_scope\", scope=\"" + scopes + "\", resource_metadata=\""
						+ sample.metadata() + "\", error_description=\"Needs the scope " + use.scope + " as well\"");
			assertThat(response.json().get("error").toString())
				.isEqualTo("{\"code\":-32011,\"message\":\"Needs the scope " + use.scope + " as well\"}");
		}
	}

	@ParameterizedTest
	@MethodSource("listings")
	void listingsContainAllTargetsWithTheirScopes(Variant variant, Caller caller, Listing listing) {
		Map<String, String> expected = Stream.of(Use.values())
			.filter((use) -> use.listing.equals(listing.method))
			.collect(Collectors.toMap((use) -> use.name, (use) -> described(use.scope), (one, same) -> one));
		assertThat(
				entries(variant, caller, listing).stream()
					.collect(Collectors.toMap((entry) -> entry.get(listing.key).asString(),
							(entry) -> entry.path("_meta").path("io.mcpsecurity/scopes").toString())))
			.isEqualTo(expected);
	}

	static Stream<Arguments> listings() {
		return Stream.of(Variant.values())
			.flatMap((variant) -> Stream.of(Caller.values())
				.filter((caller) -> caller != Caller.NOBODY)
				.flatMap((caller) -> Stream.of(Listing.values())
					.map((listing) -> Arguments.of(variant, caller, listing))));
	}

	@ParameterizedTest
	@EnumSource
	void listingsOfVariantsAreEqual(Listing listing) {
		assertThat(entries(Variant.CONFIGURATION, Caller.ADMIN, listing))
			.containsExactlyInAnyOrderElementsOf(entries(Variant.ANNOTATIONS, Caller.ADMIN, listing));
	}

	@ParameterizedTest
	@EnumSource
	void tokenForOtherResourceIsRefused(Variant variant) {
		String token = new OAuthClient(samples.get(variant).issuer)
			.clientCredentials(Caller.ADMIN.client, "scope", BROWSE)
			.accessToken();
		McpResponse response = samples.get(variant).clients.get(Caller.NOBODY).withToken(token).tools();
		assertThat(response).isUnauthorized();
		assertThat(response.challenge("error")).isEqualTo("invalid_token");
	}

	@ParameterizedTest
	@EnumSource
	void metadataContainsMinimalScopes(Variant variant) {
		OAuthClient client = new OAuthClient(samples.get(variant).issuer);
		assertThat(client.get("/.well-known/oauth-protected-resource/mcp").body()).containsEntry("scopes_supported",
				List.of(BROWSE));
	}

	@ParameterizedTest
	@CsvSource({ "ANNOTATIONS, @RequiresScope on ResearchTools.purge", "CONFIGURATION, mcp-security.policy.rules[2]" })
	void sourceOfRuleIsThatOfVariant(Variant variant, String source) {
		assertThat(samples.get(variant).context.getBean(McpSecurityEndpoint.class)
			.describe()
			.tools()
			.get("purge_records")
			.source()).isEqualTo(source);
	}

	private static List<JsonNode> entries(Variant variant, Caller caller, Listing listing) {
		JsonNode result = samples.get(variant).clients.get(caller).send(listing.method, Map.of()).json().path("result");
		return result.valueStream().filter(JsonNode::isArray).findFirst().orElseThrow().valueStream().toList();
	}

	private static String described(String scope) {
		return (scope != null)
				? "{\"allOf\":[{\"scope\":\"%s\",\"description\":\"%s\"}]}".formatted(scope, DESCRIPTIONS.get(scope))
				: "";
	}

	/**
	 * A running sample.
	 */
	private static final class Sample implements AutoCloseable {

		private final Map<Caller, McpTestClient> clients = new EnumMap<>(Caller.class);

		private final ConfigurableApplicationContext context;

		private final String issuer;

		Sample(Class<?> application, String... properties) {
			int port = TestSocketUtils.findAvailableTcpPort();
			this.issuer = "http://localhost:" + port;
			List<String> all = new ArrayList<>(List.of(properties));
			all.add("--server.port=" + port);
			this.context = new SpringApplication(application).run(all.toArray(String[]::new));
			McpTestClient client = new McpTestClient(URI.create(this.issuer + "/mcp"), null);
			for (Caller caller : Caller.values()) {
				this.clients.put(caller,
						(caller.client != null)
								? client.withToken(new OAuthClient(this.issuer)
									.clientCredentials(caller.client, "scope", String.join(" ", caller.scopes),
											"resource", this.issuer + "/mcp")
									.accessToken())
								: client);
			}
		}

		String metadata() {
			return this.issuer + "/.well-known/oauth-protected-resource/mcp";
		}

		@Override
		public void close() {
			this.context.close();
		}

	}

	/**
	 * The sample with tools that have no annotation. (Not a {@code @Configuration}, which
	 * the sample itself would find.)
	 */
	@EnableAutoConfiguration
	@Import({ RecordStore.class, UnannotatedResearchTools.class })
	static class UnannotatedApplication {

	}

}
