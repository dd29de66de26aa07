package io.mcpsecurity.token;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestHttp;
import io.mcpsecurity.token.IssuerKeys.Settings;
import io.mcpsecurity.token.IssuerKeys.Status;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.MediaType;
import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Finding, fetching and keeping the keys of an issuer, over real HTTP.
 */
@ExtendWith(OutputCaptureExtension.class)
class IssuerKeysTests {

	private static final Settings SETTINGS = new Settings(Duration.ofMinutes(5), Duration.ofMinutes(1),
			Duration.ofHours(1));

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final AtomicLong nanos = new AtomicLong();

	private final List<AutoCloseable> resources = new ArrayList<>();

	@AfterEach
	void close() throws Exception {
		Collections.reverse(this.resources);
		for (AutoCloseable resource : this.resources) {
			resource.close();
		}
		this.authorizationServer.close();
	}

	@Test
	void keysAreNotFetchedBeforeFirstUse() {
		IssuerKeys keys = keys();
		assertThat(keys.status()).isEqualTo(Status.NOT_ASKED);
		assertThat(keys.issuer()).isEqualTo(this.authorizationServer.issuer());
		assertThat(this.authorizationServer.keyRequests()).isZero();
	}

	@Test
	void keysAreDiscoveredAndFetchedOnce() throws Exception {
		IssuerKeys keys = keys();
		for (int i = 0; i < 20; i++) {
			assertThat(get(keys, this.authorizationServer.keyId()))
				.containsExactly(this.authorizationServer.publicKey());
		}
		assertThat(keys.status()).isEqualTo(Status.AVAILABLE);
		assertThat(this.authorizationServer.keyRequests()).isEqualTo(1);
	}

	@Test
	void concurrentRequestsFetchKeysOnce() throws Exception {
		IssuerKeys keys = keys();
		assertThat(inParallel(16, () -> get(keys, this.authorizationServer.keyId()).size())).containsOnly(1);
		assertThat(this.authorizationServer.keyRequests()).isEqualTo(1);
	}

	@Test
	void configuredJwkSetUriIsUsedWithoutMetadata() throws Exception {
		String location = this.authorizationServer.issuer() + "/keys";
		IssuerKeys keys = keys("https://login.example.com", location);
		assertThat(get(keys, this.authorizationServer.keyId())).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "%s/", "%s/other", "", "https://login.example.com" })
	void metadataWithOtherIssuerIsRefused(String announced) {
		this.authorizationServer.announceIssuer(announced.formatted(this.authorizationServer.issuer()));
		IssuerKeys keys = keys();
		assertUnavailable(keys, "names another issuer");
		assertThat(this.authorizationServer.keyRequests()).isZero();
	}

	@ParameterizedTest
	@CsvSource({ "/realms/main, /realms/main/.well-known/openid-configuration",
			"/realms/main, /.well-known/oauth-authorization-server/realms/main",
			"/realms/main, /.well-known/openid-configuration/realms/main",
			"/realms/main/, /realms/main/.well-known/openid-configuration",
			"/realms/main/, /.well-known/oauth-authorization-server/realms/main",
			"'', /.well-known/openid-configuration", "'', /.well-known/oauth-authorization-server",
			"/, /.well-known/openid-configuration", "/, /.well-known/oauth-authorization-server" })
	void metadataIsFoundAtEveryStandardLocation(String path, String location) throws Exception {
		DocumentServer server = serve();
		String issuer = server.origin() + path;
		server.put(location, metadata(issuer, this.authorizationServer.issuer() + "/keys"));
		assertThat(get(keys(issuer, null), this.authorizationServer.keyId())).hasSize(1);
		assertThat(server.requests()).endsWith(location).doesNotHaveDuplicates();
	}

	@Test
	void whenMetadataHasOtherIssuerThenNextLocationIsTried() throws Exception {
		DocumentServer server = serve();
		String issuer = server.origin() + "/main";
		server.put("/main/.well-known/openid-configuration", metadata(issuer + "/", "http://localhost/keys"));
		server.put("/.well-known/oauth-authorization-server/main",
				metadata(issuer, this.authorizationServer.issuer() + "/keys"));
		assertThat(get(keys(issuer, null), this.authorizationServer.keyId())).hasSize(1);
	}

	static Stream<String> uselessMetadata() {
		return Stream.of("", "no JSON", "[]", "null", "{}", "{\"issuer\":\"%s\"}", "{\"issuer\":\"%s\",\"jwks_uri\":5}",
				"{\"issuer\":\"%s\",\"jwks_uri\":null}", "{\"issuer\":[\"%s\"],\"jwks_uri\":\"http://localhost/keys\"}",
				"{\"issuer\":\"%s\",\"jwks_uri\":\"no URL\"}", "{\"issuer\":\"%s\",\"jwks_uri\":\"/keys\"}",
				"{\"issuer\":\"%s\",\"jwks_uri\":\"keys:\"}");
	}

	@ParameterizedTest
	@MethodSource("uselessMetadata")
	void invalidMetadataMakesKeysUnavailable(String metadata) {
		DocumentServer server = serve();
		String issuer = server.origin();
		server.put("/.well-known/openid-configuration", metadata.formatted(issuer));
		assertUnavailable(keys(issuer, null), "");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "no JSON", "{}", "{\"keys\":5}", "[]" })
	void invalidKeySetMakesKeysUnavailable(String set) {
		DocumentServer server = serve();
		server.put("/keys", set);
		assertUnavailable(keys("https://login.example.com", server.origin() + "/keys"), "");
	}

	/**
	 * Members that nobody knows, and keys of kinds to come, are ignored (RFC 7517 section
	 * 5).
	 */
	@ParameterizedTest
	@ValueSource(strings = { "{\"kty\":\"EC\",\"crv\":\"P-999\",\"kid\":\"x\",\"x\":\"AQ\",\"y\":\"AQ\"}",
			"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"x\",\"x\":\"AQ\",\"y\":\"AQ\"}",
			"{\"kty\":\"RSA\",\"kid\":\"x\",\"e\":\"AQAB\"}",
			"{\"kty\":\"RSA\",\"kid\":\"x\",\"e\":\"AQAB\",\"n\":\"\"}",
			"{\"kty\":\"RSA\",\"kid\":7,\"e\":\"AQAB\",\"n\":\"AQ\"}",
			"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQ\",\"x5c\":[\"AA\"]}",
			"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQ\",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]}",
			"{\"kty\":\"OKP\",\"crv\":\"Ed999\",\"x\":\"AQ\"}", "{\"kty\":\"AKP\",\"kid\":\"x\",\"pub\":\"AQ\"}",
			"{\"kid\":\"x\"}", "{}", "null", "5", "\"key\"", "[]" })
	void unusableKeyIsIgnored(String key) throws Exception {
		DocumentServer server = serve();
		String good = this.authorizationServer.publicKey().toJSONString().replaceFirst("}$", ",\"more\":{\"a\":[1]}}");
		server.put("/keys", "{\"keys\":[" + key + "," + good + "," + key + "],\"more\":null}");
		IssuerKeys keys = keys("https://login.example.com", server.origin() + "/keys");
		assertThat(get(keys, this.authorizationServer.keyId())).hasSize(1);
		assertThat(keys.status()).isEqualTo(Status.AVAILABLE);
	}

	@Test
	void keySetWithOnlyUnusableKeysMakesKeysUnavailable() {
		DocumentServer server = serve();
		server.put("/keys", "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}");
		assertUnavailable(keys("https://login.example.com", server.origin() + "/keys"),
				"The modulus value must not be null");
	}

	@Test
	void ignoredKeyIsLoggedOnce(CapturedOutput output) throws Exception {
		DocumentServer server = serve();
		String good = this.authorizationServer.publicKey().toJSONString();
		server.put("/keys", "{\"keys\":[" + good + ",{\"kty\":\"EC\",\"crv\":\"P-9\\n9\",\"x\":\"AQ\",\"y\":\"AQ\"}]}");
		IssuerKeys keys = keys("https://login.example.com", server.origin() + "/keys");
		get(keys, this.authorizationServer.keyId());
		this.nanos.addAndGet(SETTINGS.cacheTtl().toNanos());
		get(keys, this.authorizationServer.keyId());
		Awaitility.await().until(() -> keys.fetches() == 2);
		assertThat(output.toString().split("Keys of issuer https://login.example.com are ignored", -1)).hasSize(2);
		assertThat(output.toString()).containsPattern("P-9[^\\p{Cntrl}]9");
	}

	@Test
	void jwkSetMediaTypeIsAcceptedAndUserAgentIsSent() throws Exception {
		DocumentServer server = serve();
		String issuer = server.origin();
		server.put("/.well-known/openid-configuration", metadata(issuer, issuer + "/strict"));
		List<String> agents = Collections.synchronizedList(new ArrayList<>());
		byte[] set = new JWKSet(this.authorizationServer.publicKey()).toString().getBytes(StandardCharsets.UTF_8);
		server.http.createContext("/strict", (exchange) -> {
			String accept = exchange.getRequestHeaders().getFirst("Accept");
			agents.add(exchange.getRequestHeaders().getFirst("User-Agent"));
			boolean accepted = MediaType.parseMediaTypes(accept)
				.stream()
				.anyMatch((range) -> range.equals(MediaType.parseMediaType("application/jwk-set+json")));
			exchange.getResponseHeaders().set("Content-Type", "application/jwk-set+json; charset=utf-8");
			exchange.sendResponseHeaders(accepted ? 200 : 406, set.length);
			exchange.getResponseBody().write(set);
			exchange.close();
		});
		assertThat(get(keys(issuer, null), this.authorizationServer.keyId())).hasSize(1);
		assertThat(agents).allMatch((agent) -> agent.matches("mcp-security/\\S+"));
	}

	@Test
	void metadataBeyondMaxSizeIsRefused() throws Exception {
		DocumentServer server = serve();
		String issuer = server.origin();
		String metadata = metadata(issuer, this.authorizationServer.issuer() + "/keys");
		String padding = " ".repeat(512 * 1024 - metadata.length());
		server.put("/.well-known/openid-configuration", padding + " " + metadata);
		assertUnavailable(keys(issuer, null), "");
		server.put("/.well-known/openid-configuration", padding.substring(1) + metadata);
		assertThat(get(keys(issuer, null), this.authorizationServer.keyId())).hasSize(1);
	}

	@Test
	void keySetBeyondMaxSizeIsRefused() {
		DocumentServer server = serve();
		server.put("/keys", " ".repeat(512 * 1024) + new JWKSet(this.authorizationServer.publicKey()));
		assertUnavailable(keys("https://login.example.com", server.origin() + "/keys"), "");
	}

	@Test
	void httpsIssuerWithHttpJwksUriIsRefused(@TempDir Path directory) throws Exception {
		SSLContext tls = selfSigned(directory);
		SSLContext before = SSLContext.getDefault();
		this.resources.add(() -> SSLContext.setDefault(before));
		SSLContext.setDefault(tls);
		DocumentServer server = serve(tls);
		String issuer = server.origin();
		server.put("/.well-known/openid-configuration", metadata(issuer, this.authorizationServer.issuer() + "/keys"));
		assertUnavailable(keys(issuer, null), "names a jwks_uri without TLS");
		assertThat(this.authorizationServer.keyRequests()).isZero();

		server.put("/.well-known/openid-configuration", metadata(issuer, issuer + "/keys"));
		server.redirect("/keys", this.authorizationServer.issuer() + "/keys");
		assertUnavailable(keys(issuer, null), "a redirect to a location without TLS");
		assertThat(this.authorizationServer.keyRequests()).isZero();

		server.redirect("/keys", "/moved");
		server.put("/moved", new JWKSet(this.authorizationServer.publicKey()).toString());
		assertThat(get(keys(issuer, null), this.authorizationServer.keyId())).hasSize(1);
		server.redirect("/moved", "/keys");
		assertUnavailable(keys(issuer, null), "status 302");
	}

	@Test
	void unreachableAuthorizationServerMakesKeysUnavailable() {
		this.authorizationServer.close();
		assertUnavailable(keys(), "No usable metadata of issuer");
	}

	@Test
	void unresponsiveAuthorizationServerMakesKeysUnavailableAfterTimeout() {
		DocumentServer server = serve();
		CountDownLatch answer = new CountDownLatch(1);
		this.resources.add(answer::countDown);
		server.http.createContext("/slow", (exchange) -> {
			try {
				answer.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			exchange.close();
		});
		assertUnavailable(keys("https://login.example.com", server.origin() + "/slow", Duration.ofMillis(200)),
				"no response within");
	}

	@Test
	void slowResponseMakesKeysUnavailableAfterTimeout() {
		DocumentServer server = serve();
		server.http.createContext("/trickle", (exchange) -> {
			exchange.sendResponseHeaders(200, 100_000);
			for (int i = 0; i < 100_000; i++) {
				exchange.getResponseBody().write(' ');
				exchange.getResponseBody().flush();
				pause();
			}
		});
		assertUnavailable(keys("https://login.example.com", server.origin() + "/trickle", Duration.ofMillis(400)),
				"no response within");
	}

	private static void pause() throws IOException {
		try {
			TimeUnit.MILLISECONDS.sleep(20);
		}
		catch (InterruptedException ex) {
			throw new IOException(ex);
		}
	}

	@Test
	void afterFailureMetadataIsRequestedAgainAfterRetryInterval() {
		DocumentServer server = serve();
		String issuer = server.origin();
		IssuerKeys keys = keys(issuer, null);
		for (int i = 0; i < 20; i++) {
			assertUnavailable(keys, "");
		}
		int once = server.requests().size();
		assertThat(once).isEqualTo(2);

		server.put("/.well-known/openid-configuration", metadata(issuer, this.authorizationServer.issuer() + "/keys"));
		advance(SETTINGS.retryInterval().minusMillis(1));
		assertUnavailable(keys, "");
		assertThat(server.requests()).hasSize(once);

		advance(Duration.ofMillis(1));
		Awaitility.await().until(() -> keys.probe() == Status.AVAILABLE);
		assertThat(server.requests()).hasSize(once + 1);
	}

	@Test
	void afterFailureKeysAreRequestedOncePerRetryInterval() {
		DocumentServer server = serve();
		IssuerKeys keys = keys("https://login.example.com", server.origin() + "/keys");
		for (int i = 0; i < 20; i++) {
			assertUnavailable(keys, "status 404");
		}
		assertThat(server.requests()).hasSize(1);
	}

	@Test
	void probeFetchesKeysAndReturnsStatus() {
		IssuerKeys keys = keys();
		assertThat(keys.probe()).isEqualTo(Status.AVAILABLE);
		this.authorizationServer.close();
		assertThat(keys.probe()).as("good keys serve on").isEqualTo(Status.AVAILABLE);
		assertThat(keys().probe()).isEqualTo(Status.UNAVAILABLE);
	}

	@Test
	void serversWithUnusedKeysCanBeClosed() {
		AuthorizationServers servers = new AuthorizationServers(List.of(keys(), keys()), Map.of(), Introspections.NONE,
				TokenExtensions.NONE);
		assertThat(servers.issuers()).containsExactly(this.authorizationServer.issuer(),
				this.authorizationServer.issuer());
		assertThatNoException().isThrownBy(servers::close);
	}

	private static void assertUnavailable(IssuerKeys keys, String message) {
		assertThatExceptionOfType(JWKSetUnavailableException.class).isThrownBy(() -> get(keys, "any"))
			.withMessageContaining(message);
		assertThat(keys.status()).isEqualTo(Status.UNAVAILABLE);
	}

	private void advance(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

	private IssuerKeys keys() {
		return keys(this.authorizationServer.issuer(), null);
	}

	private IssuerKeys keys(String issuer, @Nullable String jwkSetUri) {
		return keys(issuer, jwkSetUri, Duration.ofSeconds(4));
	}

	private IssuerKeys keys(String issuer, @Nullable String jwkSetUri, Duration timeout) {
		IssuerKeys keys = new IssuerKeys(issuer, jwkSetUri, TestHttp.within(timeout), SETTINGS, this.nanos::get);
		this.resources.add(keys);
		return keys;
	}

	private static List<JWK> get(IssuerKeys keys, String keyId) throws KeySourceException {
		return keys.get(new JWKSelector(new JWKMatcher.Builder().keyID(keyId).build()), null);
	}

	private static <T> List<T> inParallel(int times, Callable<T> task) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(times);
		try {
			List<T> results = new ArrayList<>();
			for (Future<T> result : threads.invokeAll(Collections.nCopies(times, task))) {
				results.add(result.get());
			}
			return results;
		}
		finally {
			threads.shutdownNow();
		}
	}

	private static String metadata(String issuer, String keys) {
		return JSONObjectUtils.toJSONString(Map.of("issuer", issuer, "jwks_uri", keys));
	}

	private DocumentServer serve() {
		try {
			return serve(HttpServer.create(), "http");
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private DocumentServer serve(SSLContext tls) throws IOException {
		HttpsServer http = HttpsServer.create();
		http.setHttpsConfigurator(new HttpsConfigurator(tls));
		return serve(http, "https");
	}

	private DocumentServer serve(HttpServer http, String scheme) throws IOException {
		int port = TestSocketUtils.findAvailableTcpPort();
		http.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
		DocumentServer server = new DocumentServer(http, scheme + "://localhost:" + port);
		this.resources.add(() -> http.stop(0));
		return server;
	}

	/**
	 * A context with a new key whose certificate it trusts.
	 */
	private static SSLContext selfSigned(Path directory)
			throws IOException, InterruptedException, GeneralSecurityException {
		Path file = directory.resolve("tls.p12");
		String password = UUID.randomUUID().toString();
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "tls", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost",
				"-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", password)
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(keytool.waitFor()).isZero();
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, password.toCharArray());
		}
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		trusted.setCertificateEntry("tls", store.getCertificate("tls"));
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, password.toCharArray());
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(trusted);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	/**
	 * Serves what is put into it, and records the requests.
	 */
	private static final class DocumentServer {

		private final HttpServer http;

		private final String origin;

		private final Map<String, String> documents = new ConcurrentHashMap<>();

		private final Map<String, String> redirects = new ConcurrentHashMap<>();

		private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

		DocumentServer(HttpServer http, String origin) {
			this.http = http;
			this.origin = origin;
			http.createContext("/", (exchange) -> {
				String path = exchange.getRequestURI().getRawPath();
				this.requests.add(path);
				String target = this.redirects.get(path);
				if (target != null) {
					exchange.getResponseHeaders().set("Location", target);
					exchange.sendResponseHeaders(302, -1);
					exchange.close();
					return;
				}
				String document = this.documents.get(path);
				byte[] body = ((document != null) ? document : "").getBytes(StandardCharsets.UTF_8);
				exchange.sendResponseHeaders((document != null) ? 200 : 404, (body.length > 0) ? body.length : -1);
				exchange.getResponseBody().write(body);
				exchange.close();
			});
			http.start();
		}

		void put(String path, String document) {
			this.documents.put(path, document);
		}

		void redirect(String path, String target) {
			this.redirects.put(path, target);
		}

		String origin() {
			return this.origin;
		}

		List<String> requests() {
			return List.copyOf(this.requests);
		}

	}

}
