package io.mcpsecurity.autoconfigure.testcontainers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Which realm of a Keycloak is meant. (That a real one answers like this show the tests
 * of the sample.)
 */
class KeycloakRealmsTests {

	private final List<String> asked = new CopyOnWriteArrayList<>();

	private HttpServer server;

	private String answer = "[{'realm':'master'},{'realm':'research'}]";

	private int status = 200;

	@BeforeEach
	void start() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/realms/master/protocol/openid-connect/token",
				(exchange) -> answer(exchange, 200, "{'access_token':'of-the-administrator'}"));
		this.server.createContext("/admin/realms", (exchange) -> answer(exchange, this.status, this.answer));
		this.server.start();
	}

	@AfterEach
	void stop() {
		this.server.stop(0);
	}

	@Test
	void onlyRealmBesidesMasterIsReturned() {
		assertThat(realms().only()).isEqualTo("research");
		assertThat(this.asked).containsExactly(
				"/realms/master/protocol/openid-connect/token "
						+ "grant_type=password&client_id=admin-cli&username=admin&password=a%26b",
				"/admin/realms Bearer of-the-administrator");
	}

	@Test
	void severalRealmsAreRefused() {
		this.answer = "[{'realm':'one'},{'realm':'two'},{'realm':'master'}]";
		assertThatIllegalStateException().isThrownBy(() -> realms().only())
			.withMessageContaining("2 realms besides master: [one, two]")
			.withMessageContaining(".withLabel(\"io.mcpsecurity.realm\", \"<realm>\")");
	}

	@Test
	void whenOnlyMasterRealmThenRefused() {
		this.answer = "[{'realm':'master'}]";
		assertThatIllegalStateException().isThrownBy(() -> realms().only())
			.withMessageContaining("0 realms besides master");
	}

	@Test
	void errorResponseIsReportedWithoutCredentials() {
		this.status = 403;
		assertThatIllegalStateException().isThrownBy(() -> realms().only())
			.withMessage(
					"The Keycloak container responds with 403 at " + url() + "/admin/realms?briefRepresentation=true");
	}

	private KeycloakRealms realms() {
		return new KeycloakRealms(url() + "/", "admin", "a&b");
	}

	private String url() {
		return "http://localhost:" + this.server.getAddress().getPort();
	}

	private void answer(HttpExchange exchange, int status, String json) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		String authorization = exchange.getRequestHeaders().getFirst("Authorization");
		this.asked.add(exchange.getRequestURI().getPath() + " " + ((authorization != null) ? authorization : body));
		byte[] answer = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
		exchange.sendResponseHeaders(status, answer.length);
		exchange.getResponseBody().write(answer);
		exchange.close();
	}

}
