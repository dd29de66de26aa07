package com.example.research;

import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import io.mcpsecurity.test.context.AutoConfigureTestAuthorizationServer;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.client.RestTestClient;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.context.WebApplicationContext;

import static org.springframework.security.test.web.servlet.setup.SecurityMockMvcConfigurers.springSecurity;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureTestAuthorizationServer
class SpringClientsTests {

	private static final String INITIALIZE = """
			{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
			"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";

	@Autowired
	private TestAuthorizationServer server;

	@LocalServerPort
	private int port;

	@Test
	void mockMvc(@Autowired WebApplicationContext context) throws Exception {
		MockMvc mvc = MockMvcBuilders.webAppContextSetup(context).apply(springSecurity()).build();
		mvc.perform(post("/mcp").with(this.server.token()).contentType(MediaType.APPLICATION_JSON).content(INITIALIZE))
			.andExpect(status().isOk());
		mvc.perform(post("/mcp").with(this.server.token().expired())
			.contentType(MediaType.APPLICATION_JSON)
			.content(INITIALIZE)).andExpect(status().isUnauthorized());
	}

	@Test
	void restTestClient() {
		RestTestClient client = RestTestClient.bindToServer().baseUrl("http://localhost:" + this.port).build();
		Token alice = this.server.token().subject("alice").scope("research:browse");
		client.post()
			.uri("/mcp")
			.headers(alice)
			.contentType(MediaType.APPLICATION_JSON)
			.body(INITIALIZE)
			.exchange()
			.expectStatus()
			.isOk();
		client.get().uri("/mcp").exchange().expectStatus().isUnauthorized();
	}

	@Test
	void webTestClient() {
		WebTestClient client = WebTestClient.bindToServer(new JdkClientHttpConnector())
			.baseUrl("http://localhost:" + this.port)
			.build();
		client.post()
			.uri("/mcp")
			.headers(this.server.token())
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(INITIALIZE)
			.exchange()
			.expectStatus()
			.isOk();
		client.get().uri("/mcp").exchange().expectStatus().isUnauthorized();
	}

}
