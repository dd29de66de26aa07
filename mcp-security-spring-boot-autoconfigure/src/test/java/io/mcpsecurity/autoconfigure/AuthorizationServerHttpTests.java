package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.http.client.JdkClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.autoconfigure.ClientHttpRequestFactoryBuilderCustomizer;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Keys are fetched with the HTTP client that an application configures.
 */
class AuthorizationServerHttpTests {

	private static final String PASSWORD = "changeit";

	private final List<Headers> requests = new CopyOnWriteArrayList<>();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(AuthorizationServerConnectionTests.Application.class)
		.withPropertyValues("mcp-security.resource=https://mcp.example.com/mcp",
				"spring.ai.mcp.server.protocol=STREAMABLE", "spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"mcp-security.authorization-servers[0].issuer=https://login.example.com");

	@AfterEach
	void close() {
		this.authorizationServer.close();
	}

	@Test
	void theSslBundleOfAllClientsIsUsed(@TempDir Path directory) throws Exception {
		Path store = selfSigned(directory);
		HttpsServer server = HttpsServer.create();
		server.setHttpsConfigurator(new HttpsConfigurator(tls(store)));
		WebApplicationContextRunner runner = this.runner
			.withPropertyValues("mcp-security.authorization-servers[0].jwk-set-uri=" + start(server, "https"));
		try {
			assertKeys(runner, Status.UNAVAILABLE);
			assertKeys(runner.withPropertyValues("spring.http.clients.ssl.bundle=login",
					"spring.ssl.bundle.jks.login.truststore.location=" + store.toUri(),
					"spring.ssl.bundle.jks.login.truststore.password=" + PASSWORD), Status.AVAILABLE);
		}
		finally {
			server.stop(0);
		}
	}

	@Test
	void aProxyWithAUserAndACustomizerAreUsed() throws Exception {
		HttpServer proxy = HttpServer.create();
		start(proxy, "http");
		try {
			// Nothing listens there.
			assertKeys(this.runner
				.withPropertyValues("mcp-security.authorization-servers[0].jwk-set-uri=http://localhost:1/keys")
				.withBean("proxy", InetSocketAddress.class, proxy::getAddress)
				.withUserConfiguration(Clients.class), Status.AVAILABLE);
		}
		finally {
			proxy.stop(0);
		}
		assertThat(this.requests).hasSize(2).allSatisfy((request) -> {
			assertThat(request.getFirst("User-Agent")).startsWith("mcp-security/");
			assertThat(request.getFirst("X-Corporate")).isEqualTo("yes");
			assertThat(request.getFirst("X-Other")).isNull();
		});
	}

	private static void assertKeys(WebApplicationContextRunner runner, Status status) {
		runner.run((context) -> assertThat(context.getBean(AuthorizationServers.class).keys().get(0).probe())
			.isEqualTo(status));
	}

	/**
	 * Start a server of keys, which is a proxy with a user if it is not addressed itself.
	 */
	private String start(HttpServer server, String scheme) throws IOException {
		server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		byte[] keys = new JWKSet(this.authorizationServer.publicKey()).toString().getBytes(StandardCharsets.UTF_8);
		server.createContext("/", (exchange) -> {
			this.requests.add(exchange.getRequestHeaders());
			boolean proxied = exchange.getRequestURI().isAbsolute();
			boolean refused = proxied && !exchange.getRequestHeaders().containsKey("Proxy-Authorization");
			exchange.getResponseHeaders().set("Proxy-Authenticate", "Basic realm=\"proxy\"");
			exchange.sendResponseHeaders(refused ? 407 : 200, keys.length);
			exchange.getResponseBody().write(keys);
			exchange.close();
		});
		server.start();
		return scheme + "://localhost:" + server.getAddress().getPort() + "/keys";
	}

	private static Path selfSigned(Path directory) throws IOException, InterruptedException {
		Path file = directory.resolve("tls.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "tls", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost",
				"-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", PASSWORD)
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(keytool.waitFor()).isZero();
		return file;
	}

	private static SSLContext tls(Path file) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, PASSWORD.toCharArray());
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, PASSWORD.toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), null, null);
		return context;
	}

	@Configuration(proxyBeanMethods = false)
	static class Clients {

		@Bean
		ClientHttpRequestFactoryBuilderCustomizer<JdkClientHttpRequestFactoryBuilder> throughTheProxy(
				InetSocketAddress proxy) {
			return (builder) -> builder.withProxySelector(ProxySelector.of(proxy))
				.withHttpClientCustomizer((client) -> client.authenticator(new Authenticator() {

					@Override
					protected PasswordAuthentication getPasswordAuthentication() {
						return new PasswordAuthentication("user", "secret".toCharArray());
					}

				}));
		}

		@Bean
		Customizer<RestClient.Builder> corporate() {
			return (client) -> client.requestInterceptor((request, body, execution) -> {
				request.getHeaders().set("X-Corporate", "yes");
				return execution.execute(request, body);
			});
		}

		/**
		 * For other services, so it must not be used.
		 */
		@Bean
		RestClient.Builder other() {
			return RestClient.builder().defaultHeader("X-Other", "yes");
		}

	}

}
