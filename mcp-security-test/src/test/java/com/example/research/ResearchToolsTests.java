package com.example.research;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.test.context.AutoConfigureTestAuthorizationServer;
import io.mcpsecurity.test.context.WithMcpCaller;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.security.access.AccessDeniedException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureTestAuthorizationServer
class ResearchToolsTests {

	@Autowired
	private ResearchTools tools;

	@Test
	@WithMcpCaller(subject = "bob", scopes = "research:purge")
	void purgingEverythingNeedsAnotherScope() {
		McpCaller bob = McpCaller.current().orElseThrow();
		assertThat(this.tools.purge("2020", bob)).isEqualTo("Purged by bob");
		assertThatExceptionOfType(InsufficientScopeException.class).isThrownBy(() -> this.tools.purge("all", bob));
	}

	@Test
	@WithMcpCaller(subject = "carol", scopes = { "research:purge", "research:admin" })
	void administratorsPurgeEverything() {
		assertThat(this.tools.purge("all", McpCaller.current().orElseThrow())).isEqualTo("Purged by carol");
	}

	@Test
	@WithMcpCaller(subject = "archivist")
	void theArchivistClosesTheArchive() {
		assertThat(this.tools.close()).isEqualTo("Closed");
	}

	@Test
	@WithMcpCaller
	void othersDoNot() {
		assertThatExceptionOfType(AccessDeniedException.class).isThrownBy(this.tools::close);
	}

}
