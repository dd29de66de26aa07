package io.mcpsecurity;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.mcpsecurity.test.RandomSpellings;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Behind handlers that read files and pages as handlers do: what a rule closes is not
 * read, however its URI is written.
 */
class ResourceSpellingTests {

	private static final String HIDDEN = "what is hidden";

	private static final List<String> CLOSED = List.of("secret.txt", "conf/key.txt", "key", "top secret.txt",
			"top/conf/key.txt", "\u00fcber/uns");

	@TempDir
	private static Path base;

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() throws IOException {
		for (String closed : CLOSED) {
			Files.createDirectories(base.resolve(closed).getParent());
			Files.writeString(base.resolve(closed), HIDDEN);
		}
		Files.writeString(base.resolve("open note+1.txt"), "what is open");
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(FilesApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp.security.rules[0].resources[0]=docs://files/secret*",
				"mcp.security.rules[0].resources[1]=docs://files/conf/*",
				"mcp.security.rules[0].resources[2]=docs://files/key",
				"mcp.security.rules[0].resources[3]=docs://files/top%20secret*",
				"mcp.security.rules[0].resources[4]=docs://files/*/uns",
				"mcp.security.rules[0].resources[7]=docs://files/top/*",
				"mcp.security.rules[0].resources[5]=tree://files/top/conf/key.txt",
				"mcp.security.rules[0].resources[6]=https://internal.example/*",
				"mcp.security.rules[0].scopes.all-of=hidden", "mcp.security.discovery=public");
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void aFileThatARuleClosesIsNeverRead() {
		List<String> uris = new ArrayList<>();
		for (long seed = 0; uris.size() < 400; seed++) {
			String uri = "docs://files/" + new RandomSpellings(seed).of(CLOSED.get((int) seed % CLOSED.size()));
			if (readFile(uri).equals(HIDDEN)) {
				uris.add(uri);
			}
		}
		assertThat(uris).allSatisfy((uri) -> assertDenied(uri));
	}

	@Test
	void norIsOneThatAHandlerFindsByTheUriAsAWhole() {
		for (String uri : List.of("tree://files/top/conf/key.txt", "tree://files/top/conf/%6bey.txt",
				"tree://files/top/conf/x/../%6bey.txt", "tree://files/top/conf/%2e%2e/../%6bey.txt",
				"tree://files/top/x/%2e%2e/../../conf/key.txt", "tree://files/top/conf/./key%2etxt",
				"tree://files/top/conf/key.txt?a", "tree://files/top/conf/key.txt#a", "tree://u@files/top/conf/key.txt",
				"tree://files:/top/conf/key.txt", "tree://files/top/conf/%6bey.txt?%2f..")) {
			assertThat(readTree(uri)).as(uri).isEqualTo(HIDDEN);
			assertDenied(uri);
		}
	}

	@Test
	void norIsAPageOfAHost() {
		for (String host : List.of("internal.example", "INTERNAL.example", "u@internal.example", "internal.example:443",
				"internal.example.", "a:b@Internal.Example.:0443", "internal.example:", "%69nternal.example",
				"example.org@internal.example", "internal%2eexample")) {
			assertDenied("https://" + host + "/x");
		}
	}

	@Test
	void everythingElseIsReadHoweverItIsWritten() {
		for (String path : List.of("open note+1.txt", "open%20note+1.txt", "open%20note%2b1.txt", "%6fpen+note%2b1.txt",
				".%2fopen+note%2b1.txt", "x%2f..%2f%2fopen+note%2b1.txt")) {
			String uri = "docs://files/" + path;
			HttpResponse<String> response = read(uri);
			assertThat(response.statusCode()).as(uri + response.body()).isEqualTo(200);
			if (!path.contains("note+")) {
				assertThat(response.body()).as(uri).contains("what is open");
			}
		}
	}

	@Test
	void whoHoldsTheScopeReadsWhatIsClosed() {
		String token = server.token("hidden").sign();
		for (String path : List.of("secret.txt", "%73ecret.txt", "top%20secret.txt", "top+secret.txt", "conf%2fkey.txt",
				"conf%2f%2f.%2fkey.txt", "x%2f..%2fsecret.txt", "key%2f")) {
			assertThat(server.call(token, "resources/read", params("docs://files/" + path)).body()).as(path)
				.contains(HIDDEN);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "docs://files/%25252573ecret.txt", "docs://files/..%2f..%2fetc%2fpasswd",
			"docs://files/x%2f..%2f..%2ffiles%2fsecret.txt" })
	void aUriOfWhichCannotBeToldWhatItMeansIsDeniedToEverybody(String uri) {
		HttpResponse<String> denied = server.call(server.token("hidden").sign(), "resources/read", params(uri));
		assertThat(denied.statusCode()).isEqualTo(403);
		assertThat(SecuredServer.json(denied).at("/error/code").asInt()).isEqualTo(-32013);
	}

	@Test
	@Timeout(30)
	void aUriBeyondTheLimitIsAnInvalidMessage() {
		String uri = "docs://files/" + "secret".repeat(14_000);
		HttpResponse<String> refused = read(uri);
		assertThat(refused.statusCode()).isEqualTo(400);
		assertThat(SecuredServer.json(refused).at("/error/code").asInt()).isEqualTo(-32602);
		assertThat(server
			.send(server.post(null,
					"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"resources/read\",\"params\":" + params(uri) + "}"))
			.statusCode()).isEqualTo(401);
	}

	private static void assertDenied(String uri) {
		HttpResponse<String> response = read(uri);
		assertThat(response.statusCode()).as(uri + response.body()).isEqualTo(403);
		assertThat(response.body()).doesNotContain(HIDDEN);
	}

	private static HttpResponse<String> read(String uri) {
		return server.call(server.token().sign(), "resources/read", params(uri));
	}

	private static String params(String uri) {
		return "{\"uri\":" + JsonMapper.shared().writeValueAsString(uri) + "}";
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

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class FilesApplication {

		@Bean
		List<SyncResourceTemplateSpecification> templates() {
			return Stream
				.of(Stream.of(template("docs://files/{path}", ResourceSpellingTests::readFile),
						template("https://{host}/{page}", (uri) -> HIDDEN)),
						IntStream.range(3, 9)
							.mapToObj((depth) -> IntStream.range(0, depth)
								.mapToObj("/{p%d}"::formatted)
								.collect(Collectors.joining("", "tree://{tree}", "")))
							.map((uri) -> template(uri, ResourceSpellingTests::readTree)))
				.flatMap((templates) -> templates)
				.toList();
		}

		private static SyncResourceTemplateSpecification template(String uri, Function<String, String> handler) {
			return new SyncResourceTemplateSpecification(ResourceTemplate.builder(uri, uri).build(),
					(context, request) -> ReadResourceResult
						.builder(List
							.of(TextResourceContents.builder(request.uri(), handler.apply(request.uri())).build()))
						.build());
		}

	}

}
