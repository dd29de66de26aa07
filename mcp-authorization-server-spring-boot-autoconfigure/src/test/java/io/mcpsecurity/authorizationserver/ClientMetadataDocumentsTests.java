package io.mcpsecurity.authorizationserver;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Clients whose id is the URL of their metadata, served by a real server.
 */
class ClientMetadataDocumentsTests {

	private Instant now = Instant.parse("2026-12-01T00:00:00Z");

	private final AtomicInteger requests = new AtomicInteger();

	private final CompletableFuture<Void> released = new CompletableFuture<>();

	private volatile @Nullable String body;

	private volatile int status = 200;

	private HttpServer server;

	private String id;

	private ClientMetadataDocuments documents;

	@BeforeEach
	void start() throws Exception {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.setExecutor(Executors.newCachedThreadPool());
		this.id = "http://localhost:" + this.server.getAddress().getPort() + "/client.json";
		this.server.createContext("/client.json", (exchange) -> {
			this.requests.incrementAndGet();
			String text = this.body;
			if (text == null) {
				this.released.join();
			}
			byte[] bytes = String.valueOf(text).getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().set("Location", "/other.json");
			exchange.sendResponseHeaders(this.status, bytes.length);
			exchange.getResponseBody().write(bytes);
			exchange.close();
		});
		this.server.createContext("/other.json", (exchange) -> {
			this.requests.addAndGet(1000);
			exchange.close();
		});
		this.server.start();
		this.body = document("");
		this.documents = documents("http://localhost:8080");
	}

	@AfterEach
	void stop() {
		this.released.complete(null);
		this.server.stop(0);
	}

	@Test
	void documentDescribesPublicClientThatGetsScopesOfRegistration() {
		RegisteredClient client = this.documents.find(this.id);
		assertThat(client).isNotNull();
		assertThat(client.getId()).isEqualTo(this.id);
		assertThat(client.getClientId()).isEqualTo(this.id);
		assertThat(client.getClientName()).isEqualTo("Example");
		assertThat(client.getClientSecret()).isNull();
		assertThat(client.getClientAuthenticationMethods()).containsExactly(ClientAuthenticationMethod.NONE);
		assertThat(client.getScopes()).containsExactly("records:read");
		assertThat(client.getRedirectUris()).containsExactly("http://127.0.0.1/callback");
		assertThat(client.getClientSettings().isRequireProofKey()).isTrue();
		assertThat(client.getClientSettings().isRequireAuthorizationConsent()).isTrue();
		assertThat(ClientRegistry.isSelfRegistered(client)).isTrue();
		assertThat(ClientMetadataDocuments.host(client)).isEqualTo(this.id.split("/")[2]);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"client_secret\":\"secret\"", "\"token_endpoint_auth_method\":\"client_secret_basic\"",
			"\"token_endpoint_auth_method\":7", "\"client_id\":\"http://localhost/other\"", "\"redirect_uris\":[]",
			"\"redirect_uris\":\"http://127.0.0.1/callback\"", "\"redirect_uris\":[\"http://example.com/callback\"]",
			"\"redirect_uris\":[\"javascript:alert(1)\"]", "\"redirect_uris\":[null]",
			"\"client_name\":\"Exa\\u202emple\"" })
	void invalidMetadataIsRefused(String change) {
		this.body = document("," + change);
		assertThat(this.documents.find(this.id)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "null", "[]", "{", "<html></html>", "{\"client_id\":{}}" })
	void documentThatIsNoMetadataIsRefused(String text) {
		this.body = text;
		assertThat(this.documents.find(this.id)).isNull();
	}

	@ParameterizedTest
	@ValueSource(ints = { 301, 302, 307, 404, 500 })
	void onlyStatus200IsAcceptedAndNoRedirectFollowed(int status) {
		this.status = status;
		assertThat(this.documents.find(this.id)).isNull();
		assertThat(this.requests).hasValue(1);
	}

	@Test
	@Timeout(60)
	void documentThatIsTooLargeOrTooSlowIsRefused() {
		this.body = document("") + " ".repeat(5 * 1024);
		assertThat(this.documents.find(this.id)).isNull();
		advance(Duration.ofSeconds(30));
		this.body = null;
		assertThat(this.documents.find(this.id)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ftp://localhost/client.json", "http://localhost", "http://localhost/",
			"http://user@localhost/client.json", "http://localhost/client.json#a", "http://localhost/a/../client.json",
			"http://example.com/client.json", "https:client.json", "https:///client.json", "http://localhost/%", "http",
			"client", "https://", "http://localhost/ü" })
	void otherClientIdsAreNotFetched(String clientId) {
		assertThat(this.documents.find(clientId)).isNull();
		assertThat(this.requests).hasValue(0);
	}

	@Test
	void longClientIdIsNotFetched() {
		assertThat(this.documents.find(this.id + "?" + "x".repeat(512))).isNull();
		assertThat(this.requests).hasValue(0);
	}

	@Test
	void serverThatIsNotLocalConnectsToNothingOnItsOwnMachine() throws Exception {
		ClientMetadataDocuments remote = documents("https://auth.example.com");
		assertThat(remote.find(this.id)).isNull();
		assertThat(this.requests).hasValue(0);
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			socket.setSoTimeout(500);
			assertThat(remote.find("https://localhost:" + socket.getLocalPort() + "/client.json")).isNull();
			assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(socket::accept);
		}
	}

	@ParameterizedTest
	@CsvSource({ "93.184.215.14, true", "2606:2800:21f::1, true", "127.0.0.1, false", "0.0.0.0, false",
			"0.1.2.3, false", "10.1.2.3, false", "172.16.0.1, false", "192.168.1.1, false", "169.254.169.254, false",
			"100.64.0.1, false", "100.127.255.255, false", "100.128.0.1, true", "192.0.0.1, false", "198.18.0.1, false",
			"198.19.255.255, false", "198.20.0.1, true", "224.0.0.1, false", "240.0.0.1, false",
			"255.255.255.255, false", "::1, false", "::, false", "fe80::1, false", "fc00::1, false", "fd12::1, false",
			"fec0::1, false", "ff02::1, false", "64:ff9b::a00:1, false", "2001:0:1::1, false", "2001:db8::1, false",
			"2002:a00:1::1, false", "::ffff:10.0.0.1, false", "2001:4860:4860::8888, true" })
	void specialAddressesAreNotPublic(String address, boolean expected) throws Exception {
		assertThat(ClientMetadataDocuments.isPublic(InetAddress.getByName(address))).isEqualTo(expected);
	}

	@Test
	void onlyListedHostsAreFetched() {
		assertThat(documents("http://localhost:8080", "Localhost").find(this.id)).isNotNull();
		assertThat(documents("http://localhost:8080", "example.com").find(this.id)).isNull();
		assertThat(this.requests).hasValue(1);
	}

	@Test
	void documentIsCachedAndUsedDuringAnOutageForADay() {
		this.documents.find(this.id);
		this.documents.find(this.id);
		assertThat(this.requests).hasValue(1);
		this.status = 500;
		advance(Duration.ofMinutes(10));
		assertThat(this.documents.find(this.id)).isNotNull();
		assertThat(this.documents.find(this.id)).isNotNull();
		assertThat(this.requests).hasValue(2);
		advance(Duration.ofDays(1));
		assertThat(this.documents.find(this.id)).isNull();
		this.status = 200;
		advance(Duration.ofSeconds(30));
		assertThat(this.documents.find(this.id)).isNotNull();
		assertThat(this.requests).hasValue(4);
	}

	@Test
	void tenDocumentsAreFetchedAtATime() {
		this.body = null;
		List<CompletableFuture<@Nullable RegisteredClient>> waiting = IntStream.range(0, 10)
			.mapToObj((i) -> CompletableFuture.supplyAsync(() -> this.documents.find(this.id + "?" + i),
					(task) -> new Thread(task).start()))
			.toList();
		await().atMost(10, TimeUnit.SECONDS).until(() -> this.requests.get() == 10);
		assertThat(this.documents.find(this.id)).isNull();
		assertThat(this.requests).hasValue(10);
		this.released.complete(null);
		waiting.forEach(CompletableFuture::join);
		this.body = document("");
		assertThat(this.documents.find(this.id)).isNotNull();
	}

	@Test
	void userSignsInWithoutARegistration() throws Exception {
		this.body = document("").replace("127.0.0.1/", "127.0.0.1:49152/");
		try (ServerInstance instance = new ServerInstance(Database.H2, Database.H2.newUrl())) {
			HttpClient alice = instance.signIn("alice");
			String state = instance.pending(alice, this.id, "records:read");
			String page = instance.get(alice, "/consent?state=" + ServerInstance.encoded(state));
			assertThat(page).contains("Example").contains("id=\"client-host\">" + this.id.split("/")[2]);
			Map<String, Object> tokens = instance.tokens(this.id);
			assertThat(tokens).containsEntry("scope", "records:read").containsKey("refresh_token");
			assertThat(instance.refresh(this.id, tokens.get("refresh_token")).statusCode()).isEqualTo(200);
		}
	}

	private String document(String more) {
		return "{\"client_id\":\"" + this.id + "\",\"client_name\":\"Example\","
				+ "\"redirect_uris\":[\"http://127.0.0.1/callback\"]" + more + "}";
	}

	private ClientMetadataDocuments documents(String issuer, String... hosts) {
		MockEnvironment environment = new MockEnvironment().withProperty("mcp-authorization-server.issuer", issuer)
			.withProperty("mcp-authorization-server.resources[0].identifier", "https://api.example.com/mcp")
			.withProperty("mcp-authorization-server.resources[0].scopes[0].name", "records:read")
			.withProperty("mcp-authorization-server.resources[0].scopes[1].name", "records:delete");
		AuthorizationServerProperties properties = Binder.get(environment)
			.bindOrCreate(AuthorizationServerProperties.PREFIX, AuthorizationServerProperties.class);
		return new ClientMetadataDocuments(new AuthorizationServerModel(properties, environment), List.of(hosts),
				((InstantSource) () -> this.now).withZone(ZoneOffset.UTC));
	}

	private void advance(Duration duration) {
		this.now = this.now.plus(duration);
	}

}
