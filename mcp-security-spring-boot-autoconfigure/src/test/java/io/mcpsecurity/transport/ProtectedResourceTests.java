package io.mcpsecurity.transport;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where the metadata of a resource are (RFC 9728 section 3.1).
 */
class ProtectedResourceTests {

	@ParameterizedTest
	@CsvSource(
			textBlock = """
					# identifier                        , context, location
					https://mcp.example.com             , ''     , https://mcp.example.com/.well-known/oauth-protected-resource
					https://mcp.example.com/            , ''     , https://mcp.example.com/.well-known/oauth-protected-resource
					https://mcp.example.com/mcp         , ''     , https://mcp.example.com/.well-known/oauth-protected-resource/mcp
					https://mcp.example.com/mcp/        , ''     , https://mcp.example.com/.well-known/oauth-protected-resource/mcp/
					https://mcp.example.com:8443/a/b    , ''     , https://mcp.example.com:8443/.well-known/oauth-protected-resource/a/b
					https://mcp.example.com/a%2Fb       , ''     , https://mcp.example.com/.well-known/oauth-protected-resource/a%2Fb
					https://mcp.example.com/mcp?t=a%26b , ''     , https://mcp.example.com/.well-known/oauth-protected-resource/mcp?t=a%26b
					https://mcp.example.com?t=a         , ''     , https://mcp.example.com/.well-known/oauth-protected-resource?t=a
					http://[::1]:8080/mcp               , ''     , http://[::1]:8080/.well-known/oauth-protected-resource/mcp
					https://mcp.example.com/app/mcp     , /app   , https://mcp.example.com/app/.well-known/oauth-protected-resource/mcp
					https://mcp.example.com/app         , /app   , https://mcp.example.com/app/.well-known/oauth-protected-resource
					https://mcp.example.com/application , /app   , https://mcp.example.com/.well-known/oauth-protected-resource/application
					https://mcp.example.com/public/mcp  , /app   , https://mcp.example.com/.well-known/oauth-protected-resource/public/mcp
					https://mcp.example.com/mcp         , /app   , https://mcp.example.com/.well-known/oauth-protected-resource/mcp
					""")
	void metadataLocationHasWellKnownPartBetweenHostAndPath(String identifier, String contextPath, String location) {
		assertThat(resource(identifier, contextPath).metadataLocation()).isEqualTo(location);
	}

	@Test
	void configuredMetadataLocationIsUsed() {
		ProtectedResource resource = new ProtectedResource(URI.create("https://mcp.example.com/mcp"), "/mcp", "",
				URI.create("https://static.example.com/metadata.json"));
		assertThat(resource.metadataLocation()).isEqualTo("https://static.example.com/metadata.json");
		assertThat(resource.metadataPaths()).contains("/.well-known/oauth-protected-resource/mcp");
	}

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			# identifier                       , context, paths below the well-known one
			https://mcp.example.com            , ''     , /mcp
			https://mcp.example.com/           , ''     , /mcp
			https://mcp.example.com/mcp        , ''     , /mcp
			https://mcp.example.com/mcp/       , ''     , /mcp /mcp/
			https://mcp.example.com/mcp?t=a    , ''     , /mcp
			https://mcp.example.com/public/mcp , ''     , /mcp /public/mcp
			https://mcp.example.com/app/mcp    , /app   , /mcp /app/mcp
			https://mcp.example.com/app/tools  , /app   , /mcp /app/tools /tools
			https://mcp.example.com/app        , /app   , /mcp /app
			https://mcp.example.com/application, /app   , /mcp /application
			""")
	void metadataPathsAreRootEndpointAndIdentifierPath(String identifier, String contextPath, String paths) {
		assertThat(resource(identifier, contextPath).metadataPaths()).contains("/.well-known/oauth-protected-resource")
			.filteredOn((path) -> !path.equals("/.well-known/oauth-protected-resource"))
			.map((path) -> path.substring("/.well-known/oauth-protected-resource".length()))
			.containsExactlyInAnyOrder(paths.split(" "));
	}

	private static ProtectedResource resource(String identifier, String contextPath) {
		return new ProtectedResource(URI.create(identifier), "/mcp", contextPath, null);
	}

}
