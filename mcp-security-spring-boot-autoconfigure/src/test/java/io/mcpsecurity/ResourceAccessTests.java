package io.mcpsecurity;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RandomSpellings;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ResourcesUpdatedNotification;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.ai.mcp.customizer.McpSyncServerCustomizer;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a rule closes is not read, whatever URI a client sends, whichever template stands
 * for it, and however much a handler makes of it; and what is hidden cannot be told from
 * what does not exist.
 */
class ResourceAccessTests {

	private static final String HIDDEN = "what is hidden";

	private static final List<String> CLOSED = List.of("secret.txt", "conf/key.txt", "key", "top secret.txt", "a@b",
			"\u00fcber/uns", "\u00fcber");

	/** Each is read as one of the files above, or as one elsewhere, by some handler. */
	private static final List<String> ATTACKS = List.of("docs:%2f%2fsecret", "docs:%2F%2Fsecret", "docs:////x",
			"docs:/files/secret.txt", "docs://files/%73ecret.txt", "docs://files/%2573ecret.txt",
			"docs://files/conf%2fkey.txt", "docs://files/conf%2Fkey.txt", "docs://files/conf%5Ckey.txt",
			"docs://files/conf\\key.txt", "docs://files/..", "docs://files/%2e%2e", "docs://files/.%2e",
			"docs://files/..?x", "docs://files/?/../secret.txt", "docs://files/secret.txt%00", "docs://files/key%0A",
			"docs://files/%C0%AFsecret.txt", "docs://files/%c3%bcber", "docs://files/\u00fcber", "docs://files/key#x",
			"docs://files/key?", "docs://files/top+secret.txt", "docs://files/top secret.txt", "docs://u@files/key",
			"DOCS://files/key", "tree://files/top/../conf/key.txt", "tree://files//conf/key.txt",
			"tree://u@files/conf/key.txt/", "https://INTERNAL.example/x", "https://u@internal.example/x",
			"https://internal.example:443/x", "https://internal.example:/x", "https://internal.example./x",
			"https://%69nternal.example/x", "https://[::1]/x", "RESEARCH://records/1", "research://records/%31",
			"research%3A//records/1", "%72esearch://records/1", "re search://records/1");

	@TempDir
	private static Path base;

	private static final Map<Protocol, SecuredServer> challenging = new EnumMap<>(Protocol.class);

	private static final Map<Protocol, SecuredServer> hiding = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() throws IOException {
		for (String closed : CLOSED.subList(0, CLOSED.size() - 1)) {
			Files.createDirectories(base.resolve(closed).getParent());
			Files.writeString(base.resolve(closed), HIDDEN);
		}
		Files.writeString(base.resolve("open note+1.txt"), "what is open");
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			challenging.put(protocol, start(protocol, "step-up"));
			hiding.put(protocol, start(protocol, "need-to-know"));
		}
	}

	private static SecuredServer start(Protocol protocol, String visibility) {
		List<String> properties = new ArrayList<>(List.of("spring.ai.mcp.server.protocol=" + protocol,
				"mcp-security.policy.visibility=" + visibility, "mcp-security.policy.rules[0].scopes=hidden",
				"mcp-security.rate-limit.rules[0].name=taking", "mcp-security.rate-limit.rules[0].per=caller",
				"mcp-security.rate-limit.rules[0].capacity=1", "mcp-security.rate-limit.rules[0].period=31d",
				"mcp-security.rate-limit.rules[0].tools=take", "mcp-security.rate-limit.rules[1].name=each",
				"mcp-security.rate-limit.rules[1].per=caller,tool", "mcp-security.rate-limit.rules[1].capacity=3",
				"mcp-security.rate-limit.rules[1].period=31d"));
		List<String> closed = List.of("docs://files/secret*", "docs://files/conf/*", "docs://files/key",
				"docs://files/top secret*", "docs://files/a@b", "docs://files/%C3%BCber*", "tree://files/conf/*",
				"https://internal.example/*", "research://records/*", "secret://*");
		for (int i = 0; i < closed.size(); i++) {
			properties.add("mcp-security.policy.rules[0].resources[" + i + "]=" + closed.get(i));
		}
		return SecuredServer.start(Application.class, authorizationServer, properties.toArray(String[]::new));
	}

	@AfterAll
	static void stop() {
		challenging.values().forEach(SecuredServer::close);
		hiding.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	static Stream<Arguments> attacks() {
		return Stream.of(Protocol.values())
			.flatMap((protocol) -> ATTACKS.stream().map((uri) -> Arguments.of(protocol, uri)));
	}

	@ParameterizedTest
	@MethodSource("attacks")
	void nonCanonicalUrisAreRefusedForAllCallers(Protocol protocol, String uri) {
		for (SecuredServer server : List.of(challenging.get(protocol), hiding.get(protocol))) {
			for (String scope : List.of("other", "hidden")) {
				assertRefused(server, read(server, scope, uri));
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void nonCanonicalUrisAreRefusedForSubscriptionAndCompletion(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		String token = server.token("hidden").sign();
		for (String uri : List.of("docs:%2f%2fsecret", "docs://files/%73ecret.txt", "docs://other/{path}")) {
			assertRefused(server, server.call(token, "resources/subscribe", params(uri)));
			assertRefused(server, server.call(token, "resources/unsubscribe", params(uri)));
			assertRefused(server, server.call(token, "completion/complete", completion(uri)));
		}
		assertThat(server.call(token, "completion/complete", completion("research://records/{id}")).body())
			.contains("e!");
	}

	@ParameterizedTest
	@EnumSource
	void noSpellingOfProtectedFileUriBypassesRule(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		List<String> uris = new ArrayList<>();
		for (long seed = 0; uris.size() < 200; seed++) {
			String uri = "docs://files/" + new RandomSpellings(seed).of(CLOSED.get((int) seed % CLOSED.size()));
			if (readFile(uri).equals(HIDDEN)) {
				uris.add(uri);
			}
		}
		assertThat(uris).allSatisfy((uri) -> assertThat(read(server, "other", uri).statusCode()).isIn(400, 403));
	}

	@ParameterizedTest
	@EnumSource
	void ruleAppliesToUriWithUnnecessaryPercentEncoding(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		for (String path : List.of("secret.txt", "top%20secret.txt", "a@b", "a%40b", "%C3%BCber")) {
			assertThat(read(server, "other", "docs://files/" + path).statusCode()).as(path).isEqualTo(403);
			assertThat(read(server, "hidden", "docs://files/" + path).statusCode()).as(path).isEqualTo(200);
		}
		assertThat(read(server, "other", "docs://files/open%20note%2B1.txt").body()).contains("what is open");
	}

	@ParameterizedTest
	@EnumSource
	void templateVariableDoesNotMatchQuery(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		assertThat(read(server, "other", "search://all?q=x").body()).contains("found x");
		for (String uri : List.of("docs://files/key?x", "docs://files/open%20note%2B1.txt?x")) {
			assertNotFound(server, read(server, "hidden", uri));
		}
	}

	@ParameterizedTest
	@EnumSource
	void nonCanonicalUriIsReadIfListed(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		assertThat(read(server, "other", "Vault://Open Box").body()).contains("the open box");
		assertRefused(server, read(server, "other", "Vault://Open Bux"));
		assertThat(read(server, "other", "vault://box 1").statusCode()).isEqualTo(403);
		assertThat(read(server, "vault", "vault://box 1").body()).contains("box one");
	}

	/**
	 * The MCP SDK takes the first template of a hash table.
	 */
	@ParameterizedTest
	@EnumSource
	void whenTwoTemplatesMatchThenRulesOfBothApply(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		Map<String, String> table = new ConcurrentHashMap<>();
		table.putAll(Records.TEMPLATES);
		for (String uri : List.of("map://1/1", "map://2/2", "map://3/3", "map://4/4")) {
			assertThat(read(server, "first", uri).statusCode()).isEqualTo(403);
			assertThat(read(server, "second", uri).statusCode()).isEqualTo(403);
			HttpResponse<String> both = server.call(server.token("first", "second").sign(), "resources/read",
					params(uri));
			String number = uri.substring(uri.length() - 1);
			String taken = table.keySet()
				.stream()
				.filter((template) -> template.matches("map://(\\{\\w+}/%s|%s/\\{\\w+})".formatted(number, number)))
				.findFirst()
				.orElseThrow();
			assertThat(both.body()).contains("by " + taken);
		}
	}

	/**
	 * With what the MCP SDK does for it, it takes minutes.
	 */
	@ParameterizedTest
	@EnumSource
	@Timeout(30)
	void uriWithExcessiveTemplateMatchingTimeIsNotFound(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		assertNotFound(server, read(server, "other", "slow://" + "-".repeat(7000) + "/"));
	}

	@ParameterizedTest
	@EnumSource
	@Timeout(30)
	void uriBeyondLengthLimitIsRefused(Protocol protocol) {
		SecuredServer server = challenging.get(protocol);
		assertRefused(server, read(server, "hidden", "docs://files/" + "secret".repeat(14_000)));
	}

	/** What there is, and of the same length what there is not. */
	private static final List<Probe> PROBES = List.of(
			new Probe("resources/read", "research://records/1", "research://recordz/1"),
			new Probe("resources/read", "secret://x", "secret://y"),
			new Probe("resources/read", "vault://list", "vault://lost"),
			new Probe("resources/read", "vault://list?x", "vault://lost?x"),
			new Probe("resources/read", "vault://box 1", "vault://bux 1"),
			new Probe("resources/read", "docs://files/key", "docs://filez/key"),
			new Probe("resources/read", "docs://files/key?x", "docs://filez/key?x"),
			new Probe("resources/read", "docs://files/%6Bey", "docs://filez/%6Bey"),
			new Probe("resources/subscribe", "vault://list", "vault://lost"),
			new Probe("resources/subscribe", "research://records/1", "research://recordz/1"),
			new Probe("resources/unsubscribe", "vault://list", "vault://lost"),
			new Probe("completion/complete", "vault://list", "vault://lost"),
			new Probe("completion/complete", "locked://records/{id}", "lucked://records/{id}"));

	static Stream<Arguments> probes() {
		return Stream.of(Protocol.values())
			.flatMap((protocol) -> PROBES.stream().map((probe) -> Arguments.of(protocol, probe)));
	}

	@ParameterizedTest
	@MethodSource("probes")
	void responseForHiddenTargetEqualsResponseForMissingTarget(Protocol protocol, Probe probe) {
		SecuredServer server = hiding.get(protocol);
		List<String> ran = server.context().getBean(Records.class).ran;
		ran.clear();
		assertThat(Seen.of(server, probe.method(), probe.existing()))
			.isEqualTo(Seen.of(server, probe.method(), probe.missing()));
		assertThat(ran).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void hiddenResourceIsReadWithRequiredScope(Protocol protocol) {
		SecuredServer server = hiding.get(protocol);
		assertThat(read(server, "hidden", "research://records/1").body()).contains("\"text\":\"research 1\"");
		assertThat(read(server, "hidden", "secret://x").body()).contains("scheme secret");
		assertThat(read(server, "other", "open://records/1").body()).contains("open 1");
	}

	@ParameterizedTest
	@EnumSource
	void rateLimitsCountHiddenTargetsLikeUnknownTargets(Protocol protocol) {
		SecuredServer server = hiding.get(protocol);
		assertThat(statuses(server, "other", "take", "take", "take", "take"))
			.isEqualTo(statuses(server, "other", "tuke", "tuke", "tuke", "tuke"))
			.isEqualTo(statuses(server, "other", "take", "tuke", "toke", "take"))
			.containsExactly(200, 200, 200, 429);
		assertThat(statuses(server, "vault", "take", "take")).containsExactly(200, 429);
	}

	private static List<Integer> statuses(SecuredServer server, String scope, String... tools) {
		String token = server.token(scope).claim("sub", "caller-" + System.nanoTime()).sign();
		return Stream.of(tools).map((tool) -> server.callTool(token, tool, "{}").statusCode()).toList();
	}

	@Test
	@Timeout(30)
	void subscriberWithoutScopeGetsNoUpdatesOfHiddenResource() throws Exception {
		SecuredServer server = hiding.get(Protocol.STREAMABLE);
		String token = server.token("other").sign();
		String session = server.initialize(token);
		for (String uri : List.of("vault://list", "Vault://Open Box")) {
			assertThat(server
				.send(server.post(token, message("resources/subscribe", params(uri)))
					.setHeader("Mcp-Session-Id", session))
				.statusCode()).isEqualTo(200);
		}
		HttpRequest listening = HttpRequest.newBuilder(URI.create(server.url()))
			.setHeader("Authorization", "Bearer " + token)
			.setHeader("Accept", "text/event-stream")
			.setHeader("Mcp-Session-Id", session)
			.build();
		try (Stream<String> lines = HttpClient.newHttpClient().send(listening, BodyHandlers.ofLines()).body()) {
			McpSyncServer mcp = server.context().getBean(McpSyncServer.class);
			mcp.notifyResourcesUpdated(new ResourcesUpdatedNotification("vault://list"));
			mcp.notifyResourcesUpdated(new ResourcesUpdatedNotification("Vault://Open Box"));
			assertThat(lines.filter((line) -> line.startsWith("data:")).findFirst().orElseThrow())
				.contains("Vault://Open Box");
		}
	}

	private static void assertRefused(SecuredServer server, HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32602);
		assertThat(response.body()).doesNotContain(HIDDEN);
	}

	private static void assertNotFound(SecuredServer server, HttpResponse<String> response) {
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).as(response.body()).isEqualTo(-32002);
	}

	private static HttpResponse<String> read(SecuredServer server, String scope, String uri) {
		return server.call(server.token(scope).sign(), "resources/read", params(uri));
	}

	private static String params(String uri) {
		return "{\"uri\":" + JsonMapper.shared().writeValueAsString(uri) + "}";
	}

	private static String completion(String uri) {
		return "{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"%s\"},\"argument\":{\"name\":\"id\",\"value\":\"e\"}}"
			.formatted(uri);
	}

	private static String message(String method, String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}";
	}

	/**
	 * An ordinary handler, which is not even careful.
	 */
	private static String readFile(String uri) {
		try {
			String path = URLDecoder.decode(uri.substring("docs://files/".length()), StandardCharsets.UTF_8);
			return Files.readString(new File(base.toFile(), path).toPath().normalize());
		}
		catch (IOException | IllegalArgumentException ex) {
			return "no such file";
		}
	}

	private static String readTree(String uri) {
		URI whole = URI.create(uri);
		try {
			return ("files".equals(whole.getHost())) ? Files.readString(base.resolve("." + whole.normalize().getPath()))
					: "no such tree";
		}
		catch (IOException | InvalidPathException ex) {
			return "no such file";
		}
	}

	/**
	 * A request for something.
	 */
	private record Probe(String method, String existing, String missing) {
	}

	/**
	 * All that a client sees, but for the name that it asked for.
	 */
	private record Seen(int status, Map<String, List<String>> headers, String body) {

		static Seen of(SecuredServer server, String method, String uri) {
			HttpResponse<String> response = server.call(server.token("other").sign(), method,
					method.startsWith("completion") ? completion(uri) : params(uri));
			Map<String, List<String>> headers = new TreeMap<>(response.headers().map());
			headers.remove("date");
			return new Seen(response.statusCode(), headers, response.body().replace(uri, "URI"));
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Records.class)
	static class Application {

		@Bean
		@Primary
		McpSyncServerCustomizer subscriptions() {
			return (server) -> server.immediateExecution(true)
				.capabilities(ServerCapabilities.builder()
					.tools(true)
					.resources(true, true)
					.prompts(true)
					.completions()
					.build());
		}

	}

	/**
	 * Resources that could be taken for one another.
	 */
	static class Records {

		/** As a server holds them. */
		static final Map<String, String> TEMPLATES = templates();

		private final List<String> ran = new CopyOnWriteArrayList<>();

		private static Map<String, String> templates() {
			Map<String, String> templates = new TreeMap<>();
			for (var method : Records.class.getDeclaredMethods()) {
				McpResource resource = method.getAnnotation(McpResource.class);
				if (resource != null && resource.uri().contains("{")) {
					templates.put(resource.uri(), method.getName());
				}
			}
			return templates;
		}

		private String ran(String what) {
			this.ran.add(what);
			return what;
		}

		@McpTool
		@RequiresScope("vault")
		String take() {
			return ran("took");
		}

		@McpResource(uri = "docs://files/{path}", name = "files")
		String file(ReadResourceRequest request, String path) {
			return ran(readFile(request.uri()));
		}

		@McpResource(uri = "tree://{tree}/{directory}/{file}", name = "trees")
		String tree(ReadResourceRequest request, String tree, String directory, String file) {
			return ran(readTree(request.uri()));
		}

		@McpResource(uri = "https://{host}/{page}", name = "pages")
		String page(String host, String page) {
			return ran(HIDDEN);
		}

		@McpResource(uri = "{kind}://records/{id}", name = "records")
		String anyRecord(String kind, String id) {
			return ran(kind + " " + id);
		}

		@McpResource(uri = "research://records/{id}", name = "research")
		String record(String id) {
			return ran("research " + id);
		}

		@McpComplete(uri = "research://records/{id}")
		List<String> id(String start) {
			return List.of(ran(start + "!"));
		}

		@McpResource(uri = "locked://records/{id}", name = "locked")
		@RequiresScope("vault")
		String lockedRecord(String id) {
			return ran("locked " + id);
		}

		@McpComplete(uri = "locked://records/{id}")
		List<String> lockedId(String start) {
			return List.of(ran(start + "!"));
		}

		@McpResource(uri = "{a}{b}://x", name = "schemes")
		String scheme(String a, String b) {
			return ran("scheme " + a + b);
		}

		@McpResource(uri = "{a}////////////////////////////////", name = "nothing")
		String nothing(String a) {
			return ran("what is to be no resource");
		}

		@McpResource(uri = "search://all?q={q}", name = "search")
		String search(String q) {
			return ran("found " + q);
		}

		@McpResource(uri = "slow://{a}-{b}-{c}", name = "slow")
		String slow(String a, String b, String c) {
			return ran(a);
		}

		@McpResource(uri = "vault://list", name = "list")
		@RequiresScope("vault")
		String list() {
			return ran("list");
		}

		@McpResource(uri = "vault://box 1", name = "box")
		@RequiresScope("vault")
		String box() {
			return ran("box one");
		}

		@McpResource(uri = "Vault://Open Box", name = "open-box")
		String openBox() {
			return ran("the open box");
		}

		@McpResource(uri = "map://{a}/1", name = "map-1a")
		@RequiresScope("first")
		String map1a(String a) {
			return ran("by map://{a}/1");
		}

		@McpResource(uri = "map://1/{b}", name = "map-1b")
		@RequiresScope("second")
		String map1b(String b) {
			return ran("by map://1/{b}");
		}

		@McpResource(uri = "map://{c}/2", name = "map-2a")
		@RequiresScope("second")
		String map2a(String c) {
			return ran("by map://{c}/2");
		}

		@McpResource(uri = "map://2/{d}", name = "map-2b")
		@RequiresScope("first")
		String map2b(String d) {
			return ran("by map://2/{d}");
		}

		@McpResource(uri = "map://{e}/3", name = "map-3a")
		@RequiresScope("first")
		String map3a(String e) {
			return ran("by map://{e}/3");
		}

		@McpResource(uri = "map://3/{f}", name = "map-3b")
		@RequiresScope("second")
		String map3b(String f) {
			return ran("by map://3/{f}");
		}

		@McpResource(uri = "map://{g}/4", name = "map-4a")
		@RequiresScope("second")
		String map4a(String g) {
			return ran("by map://{g}/4");
		}

		@McpResource(uri = "map://4/{h}", name = "map-4b")
		@RequiresScope("first")
		String map4b(String h) {
			return ran("by map://4/{h}");
		}

	}

}
