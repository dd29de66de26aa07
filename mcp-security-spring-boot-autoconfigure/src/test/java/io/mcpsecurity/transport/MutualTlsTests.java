package io.mcpsecurity.transport;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.mcpsecurity.test.DpopKey;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestCertificate;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.web.util.UriUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tokens that are bound to a client certificate: one server gets it in the TLS handshake,
 * another one from a proxy, and accepts no other tokens.
 */
class MutualTlsTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final DpopKey key = DpopKey.generate();

	@TempDir
	static Path directory;

	private static TestCertificate own;

	private static TestCertificate alice;

	private static TestCertificate mallory;

	private static SecuredServer direct;

	private static SecuredServer behindProxy;

	private static String url;

	@BeforeAll
	static void start() throws Exception {
		own = TestCertificate.create(directory, "server");
		alice = TestCertificate.create(directory, "alice");
		mallory = TestCertificate.create(directory, "mallory");
		direct = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.mutual-tls.mode=allowed",
				"mcp-security.resource=https://localhost:${server.port}/mcp", "server.ssl.client-auth=want",
				"server.ssl.key-store=" + own.file(), "server.ssl.key-store-password=" + TestCertificate.PASSWORD,
				"server.ssl.trust-store=" + TestCertificate.trustStore(directory, alice, mallory),
				"server.ssl.trust-store-password=" + TestCertificate.PASSWORD);
		url = direct.url().replace("http:", "https:");
		behindProxy = SecuredServer.start(RecordsApplication.class, authorizationServer,
				"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.mutual-tls.mode=required",
				"mcp-security.mutual-tls.certificate-header=Client-Cert",
				"mcp-security.mutual-tls.trusted-proxies=127.0.0.1,192.0.2.0/24", "mcp-security.dpop.mode=allowed",
				"server.forward-headers-strategy=framework");
	}

	@AfterAll
	static void stop() {
		direct.close();
		behindProxy.close();
		authorizationServer.close();
	}

	@Test
	void boundTokenIsAcceptedOnlyWithItsCertificate() throws Exception {
		String token = bound(url, alice);
		HttpClient none = HttpClient.newBuilder().sslContext(own.client(own)).build();
		HttpClient another = HttpClient.newBuilder().sslContext(mallory.client(own)).build();
		HttpClient right = HttpClient.newBuilder().sslContext(alice.client(own)).build();
		for (int i = 0; i < 2; i++) {
			assertRefused(send(none, token), "certificate");
			assertRefused(send(another, token), "certificate");
			assertThat(send(right, token).statusCode()).isEqualTo(200);
		}
		assertThat(send(none, authorizationServer.token(url).sign()).statusCode()).isEqualTo(200);
		// A header from a client, and no proxy is configured.
		HttpResponse<String> response = another.send(direct.post(token, LIST)
			.uri(URI.create(url))
			.header("Client-Cert", byteSequence(alice.certificate()))
			.build(), BodyHandlers.ofString());
		assertRefused(response, "certificate");
	}

	@Test
	void certificateIsReadFromTheHeaderOfATrustedProxy() {
		String token = bound(behindProxy.url(), alice);
		assertThat(proxied(token, byteSequence(alice.certificate())).statusCode()).isEqualTo(200);
		assertRefused(proxied(token, byteSequence(mallory.certificate())), "certificate");
		assertRefused(proxied(token), "certificate");
		assertRefused(proxied(token, byteSequence(alice.certificate()), byteSequence(alice.certificate())),
				"certificate");
	}

	@Test
	void tokenThatIsNotBoundIsRefusedIfThatIsRequired() {
		String token = authorizationServer.token(behindProxy.url()).sign();
		assertRefused(proxied(token, byteSequence(alice.certificate())), "Only tokens that are bound");
	}

	@Test
	void tokenThatIsBoundToBothNeedsBoth() {
		String token = authorizationServer.token(behindProxy.url())
			.claim("cnf", Map.of("jkt", key.thumbprint(), "x5t#S256", alice.thumbprint()))
			.sign();
		assertThat(both(token, true, alice)).isEqualTo(200);
		assertThat(both(token, false, alice)).isEqualTo(401);
		assertThat(both(token, true, mallory)).isEqualTo(401);
	}

	private static int both(String token, boolean proof, TestCertificate certificate) {
		HttpRequest.Builder request = behindProxy.post(null, LIST)
			.header("Authorization", (proof ? "DPoP " : "Bearer ") + token)
			.header("Client-Cert", byteSequence(certificate.certificate()));
		return behindProxy
			.send(proof ? request.header("DPoP", key.proof("POST", behindProxy.url()).token(token).sign()) : request)
			.statusCode();
	}

	@Test
	void metadataSaysThatTokensAreBoundToCertificates() {
		assertThat(behindProxy.get(behindProxy.url("/.well-known/oauth-protected-resource/mcp")).body())
			.contains("\"tls_client_certificate_bound_access_tokens\":true");
	}

	static Stream<Arguments> headerFormats() {
		String pem = "-----BEGIN CERTIFICATE-----\n" + base64(alice.certificate()) + "\n-----END CERTIFICATE-----\n";
		String hash = HexFormat.of().formatHex(Base64.getUrlDecoder().decode(alice.thumbprint()));
		return Stream.of(arguments("Client-Cert", byteSequence(alice.certificate()), true),
				arguments("ssl-client-cert", UriUtils.encode(pem, StandardCharsets.US_ASCII), true),
				// AWS: a plus sign is not encoded.
				arguments("X-Amzn-Mtls-Clientcert", UriUtils.encode(pem, StandardCharsets.US_ASCII).replace("%2B", "+"),
						true),
				arguments("X-Forwarded-Client-Cert", "By=spiffe://a;Hash=" + hash + ";Subject=\"CN=a, O=\\\"b\\\"\"",
						true),
				arguments("X-Forwarded-Client-Cert", "Hash=" + hash, true),
				arguments("X-Forwarded-Client-Cert", "Hash=" + "0".repeat(64) + ",Hash=" + hash, false),
				arguments("X-Forwarded-Client-Cert", "Hash=" + "0".repeat(64) + ";URI=x;Hash=" + hash, false),
				arguments("X-Forwarded-Client-Cert", "Subject=\";Hash=" + hash + ";\"", false),
				arguments("X-Forwarded-Client-Cert", "Subject=\";Hash=" + hash, false),
				arguments("X-Forwarded-Client-Cert", byteSequence(alice.certificate()), false),
				arguments("Client-Cert", "Hash=" + hash, false), arguments("Client-Cert", "::", false),
				arguments("Client-Cert", ":AAAA:", false), arguments("Client-Cert", ":AAA:", false),
				arguments("Client-Cert", "%", false), arguments("Client-Cert", "", false));
	}

	@ParameterizedTest
	@MethodSource("headerFormats")
	void formatOfTheHeaderIsRead(String header, String value, boolean read) {
		ClientCertificates certificates = new ClientCertificates(header, List.of("10.0.0.0/8", "::1"));
		assertThat(certificates.thumbprint(request("10.1.2.3", header, value)))
			.isEqualTo(read ? alice.thumbprint() : null);
		assertThat(certificates.thumbprint(request("11.1.2.3", header, value))).isNull();
	}

	/** As {@code ForwardedHeaderFilter} does, which believes everybody. */
	@Test
	void addressOfTheConnectionCounts() {
		ClientCertificates certificates = new ClientCertificates("Client-Cert", List.of("10.0.0.1"));
		MockHttpServletRequest request = request("192.0.2.1", "Client-Cert", byteSequence(alice.certificate()));
		assertThat(certificates.thumbprint(new HttpServletRequestWrapper(request) {

			@Override
			public String getRemoteAddr() {
				return "10.0.0.1";
			}

		})).isNull();
		request.setRemoteAddr("10.0.0.1");
		assertThat(certificates.thumbprint(request)).isEqualTo(alice.thumbprint());
		// Tomcat's valve has replaced the address.
		request.setAttribute("org.apache.tomcat.request.forwarded", true);
		assertThat(certificates.thumbprint(request)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "10.0.0.1", "192.0.2.1" })
	void certificateOfTheProxyIsNotThatOfTheClient(String address) {
		ClientCertificates certificates = new ClientCertificates("Client-Cert", List.of("10.0.0.1"));
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr(address);
		request.setAttribute("jakarta.servlet.request.X509Certificate", new X509Certificate[] { alice.certificate() });
		assertThat(certificates.thumbprint(request)).isEqualTo(address.startsWith("10.") ? null : alice.thumbprint());
	}

	private static MockHttpServletRequest request(String address, String header, String value) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setRemoteAddr(address);
		request.addHeader(header, value);
		return request;
	}

	private static String bound(String resource, TestCertificate certificate) {
		return authorizationServer.token(resource).claim("cnf", Map.of("x5t#S256", certificate.thumbprint())).sign();
	}

	private static HttpResponse<String> send(HttpClient client, String token) throws IOException, InterruptedException {
		return client.send(direct.post(token, LIST).uri(URI.create(url)).build(), BodyHandlers.ofString());
	}

	private static HttpResponse<String> proxied(String token, String... headers) {
		HttpRequest.Builder request = behindProxy.post(token, LIST);
		Stream.of(headers).forEach((header) -> request.header("Client-Cert", header));
		return behindProxy.send(request);
	}

	private static void assertRefused(HttpResponse<String> response, String reason) {
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(McpResponse.of(response)).hasReason(reason);
		assertThat(McpResponse.of(response).challenge("error")).isEqualTo("invalid_token");
	}

	/** RFC 9440 section 2.1. */
	private static String byteSequence(X509Certificate certificate) {
		return ":" + base64(certificate) + ":";
	}

	private static String base64(X509Certificate certificate) {
		try {
			return Base64.getEncoder().encodeToString(certificate.getEncoded());
		}
		catch (CertificateEncodingException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
