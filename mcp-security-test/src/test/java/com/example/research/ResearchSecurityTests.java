package com.example.research;

import java.util.Map;

import io.mcpsecurity.test.McpTestClient;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.context.AutoConfigureTestAuthorizationServer;
import io.mcpsecurity.test.context.McpSecurityContract;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureTestAuthorizationServer
class ResearchSecurityTests {

	@Autowired
	private McpTestClient mcp;

	@Test
	void aliceBrowsesAndIsAskedForMoreToPurge() {
		McpTestClient alice = this.mcp.as("alice", "research:browse");
		assertThat(alice.tools()).lists("server_time", "who_am_i", "browse_records", "purge_records", "close_archive");
		assertThat(alice.call("browse_records")).succeeded().hasText("Water levels");
		assertThat(alice.call("purge_records", Map.of("year", "2020"))).isStepUpFor("research:purge");
	}

	@Test
	void bobPurgesOneYearButNotAll() {
		McpTestClient bob = this.mcp.as("bob", "research:purge");
		assertThat(bob.call("purge_records", Map.of("year", "2020"))).hasText("Purged by bob");
		assertThat(bob.call("purge_records", Map.of("year", "all"))).isStepUpFor("research:admin");
	}

	@Test
	void onlyTheArchivistClosesTheArchive() {
		assertThat(this.mcp.as("archivist").call("close_archive")).succeeded();
		assertThat(this.mcp.as("bob", "research:purge").call("close_archive")).isDenied();
	}

	@Test
	void nothingElseIsOpen(@Autowired McpSecurityContract contract) {
		contract.open("server_time", "who_am_i").verify();
	}

	@Test
	void onlyGoodTokensAreAccepted(@Autowired TestAuthorizationServer server) {
		assertThat(this.mcp.tools()).isUnauthorized();
		assertThat(this.mcp.as(server.token().expired()).tools()).isUnauthorized().hasReason("expired");
		assertThat(this.mcp.as(server.token().audience("https://other.example")).tools()).isUnauthorized();
		assertThat(this.mcp.as(server.token().unknownKey()).tools()).isUnauthorized();
		assertThat(this.mcp.as(server.token().claim("typ", "ID")).tools()).isUnauthorized();
	}

}
