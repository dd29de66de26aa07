package io.mcpsecurity.actuate;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;

import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.actuate.endpoint.web.ExposableWebEndpoint;
import org.springframework.boot.actuate.endpoint.web.WebEndpointHttpMethod;
import org.springframework.boot.actuate.endpoint.web.WebEndpointsSupplier;
import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What actuator tells of the policy, and to whom.
 */
class McpSecurityEndpointTests {

	private static final String[] POLICY = { "mcp-security.policy.default-access=deny",
			"mcp-security.policy.scope-template=run:{name}", "mcp-security.policy.rules[0].tools[0]=time",
			"mcp-security.policy.rules[0].access=public",
			"mcp-security.policy.scope-hierarchy=records:admin > records:export",
			"mcp-security.scopes[0].name=records:purge", "mcp-security.scopes[0].description=Delete records for good",
			"mcp-security.scopes[1].name=records:browse", "mcp-security.scopes[1].requested-as=api://records/browse",
			"mcp-security.scopes[1].granted-as[0]=browse" };

	private static final String[] ADMIN_ENDPOINT = { "mcp-security.endpoints.admin.path=/admin/mcp",
			"mcp-security.endpoints.admin.resource=https://admin.example/mcp",
			"mcp-security.endpoints.admin.policy.rules[0].tools=time",
			"mcp-security.endpoints.admin.policy.rules[0].scopes=admin:time",
			"mcp-security.endpoints.second.path=/second/mcp",
			"mcp-security.endpoints.second.resource=https://second.example/mcp" };

	private static final String[] OPERATOR = { "spring.security.user.name=operator",
			"spring.security.user.password=a-secret-of-the-operator" };

	private static final String SECOND_ISSUER = "https://second.example";

	private static TestAuthorizationServer authorizationServer;

	private static SecuredServer server;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		server = SecuredServer.start(RecordsApplication.class, authorizationServer,
				Stream
					.of(POLICY, ADMIN_ENDPOINT, OPERATOR,
							new String[] {
									"management.endpoints.web.exposure.include=mcpsecurity",
									"mcp-security.authorization-servers=" + authorizationServer.issuer() + ","
											+ SECOND_ISSUER })
					.flatMap(Stream::of)
					.toArray(String[]::new));
	}

	@AfterAll
	static void stop() {
		server.close();
		authorizationServer.close();
	}

	@Test
	void endpointReturnsResourceIssuersModesAndHierarchy() {
		JsonNode description = describe(server);
		assertThat(description.at("/resource").asString()).isEqualTo(server.url());
		assertThat(description.at("/endpoint").asString()).isEqualTo("/mcp");
		assertThat(description.at("/metadata").asString())
			.isEqualTo(server.url("/.well-known/oauth-protected-resource/mcp"));
		assertThat(description.path("issuers").path(authorizationServer.issuer()).asString()).isIn("NOT_ASKED",
				"AVAILABLE");
		assertThat(description.path("modes").toString()).isEqualTo(
				"{\"enforcement\":\"enforce\",\"visibility\":\"step-up\",\"anonymousDiscovery\":false,\"defaultAccess\":\"deny\"}");
		assertThat(description.path("hierarchy").toString()).isEqualTo("[\"records:admin > records:export\"]");
	}

	@Test
	void endpointReturnsEachRuleWithItsSource() {
		JsonNode description = describe(server);
		assertThat(rule(description, "tools", "time")).isEqualTo(
				"{\"access\":\"public\",\"allOf\":[],\"anyOf\":[],\"when\":null,\"acr\":[],\"maxAge\":null,\"source\":\"mcp-security.policy.rules[0]\"}");
		assertThat(rule(description, "tools", "export"))
			.isEqualTo("{\"access\":\"scopes\",\"allOf\":[],\"anyOf\":[\"records:export\",\"records:admin\"],"
					+ "\"when\":null,\"acr\":[],\"maxAge\":null,\"source\":\"@RequiresScope on RecordsApplication.Records.export\"}");
		assertThat(rule(description, "tools", "who")).contains("\"allOf\":[\"run:who\"]",
				"\"source\":\"mcp-security.policy.scope-template\"");
		assertThat(rule(description, "resources", "records://all"))
			.contains("@RequiresScope on RecordsApplication.Records.all");
		assertThat(rule(description, "resourceTemplates", "records://{id}/details"))
			.contains("@RequiresScope on RecordsApplication.Records.details");
		assertThat(rule(description, "prompts", "summarize"))
			.contains("@RequiresScope on RecordsApplication.Records.summarize");
	}

	@Test
	void endpointReturnsAcceptedIssuersInOrder() {
		assertThat(describe(server).path("issuers").propertyNames()).containsExactly(authorizationServer.issuer(),
				SECOND_ISSUER);
	}

	@Test
	void endpointReturnsFurtherEndpointsWithTheirRules() {
		JsonNode main = describe(server);
		assertThat(main.path("endpoints").propertyNames()).containsExactly("admin", "second");
		JsonNode admin = main.at("/endpoints/admin");
		assertThat(admin.path("resource").asString()).isEqualTo("https://admin.example/mcp");
		assertThat(admin.path("endpoint").asString()).isEqualTo("/admin/mcp");
		assertThat(admin.path("metadata").asString())
			.isEqualTo("https://admin.example/.well-known/oauth-protected-resource/mcp");
		for (String common : List.of("issuers", "clients", "modes", "hierarchy", "prompts", "resources",
				"resourceTemplates")) {
			assertThat(admin.path(common)).as(common).isNotEmpty().isEqualTo(main.path(common));
		}
		assertThat(rule(admin, "tools", "time")).contains("\"allOf\":[\"admin:time\"]",
				"\"source\":\"mcp-security.endpoints.admin.policy.rules[0]\"");
		assertThat(rule(main.at("/endpoints/second"), "tools", "time")).isEqualTo(rule(main, "tools", "time"));
		assertThat(admin.path("scopes").has("admin:time")).isTrue();
		assertThat(main.path("scopes").has("admin:time")).isFalse();
	}

	@Test
	void endpointReturnsSingleFurtherEndpointByName() {
		assertThat(describe(server, "/admin")).isEqualTo(describe(server).at("/endpoints/admin"));
		assertThat(get(server, "/nobody", credentials()).statusCode()).isEqualTo(404);
	}

	@Test
	void endpointReturnsNoOtherMembersAndNoSecrets() {
		assertThat(describe(server).propertyNames()).containsExactly("resource", "endpoint", "metadata", "issuers",
				"clients", "modes", "hierarchy", "requiredScopes", "scopes", "tools", "resources", "resourceTemplates",
				"prompts", "endpoints");
		assertThat(get(server, "", credentials()).body()).doesNotContain("secret");
	}

	@Test
	void endpointReturnsScopeDescriptionsAndAliases() {
		JsonNode scopes = describe(server).path("scopes");
		assertThat(scopes.path("records:purge").toString())
			.isEqualTo("{\"description\":\"Delete records for good\",\"requestedAs\":\"records:purge\","
					+ "\"grantedAs\":[\"records:purge\"]}");
		assertThat(scopes.path("records:browse").toString())
			.isEqualTo("{\"description\":null,\"requestedAs\":\"api://records/browse\",\"grantedAs\":[\"browse\"]}");
	}

	@Test
	void endpointRequiresOperatorCredentialsAndRefusesAccessTokens() {
		assertThat(server.get(server.url("/actuator/mcpsecurity")).statusCode()).isEqualTo(401);
		for (String path : List.of("", "/admin")) {
			assertThat(get(server, path, "Bearer " + server.token("records:purge").sign()).statusCode()).isEqualTo(401);
		}
	}

	@Test
	void endpointIsReadOnlyByDefault() {
		assertThat(server.context().getBean(WebEndpointsSupplier.class).getEndpoints())
			.filteredOn((endpoint) -> endpoint.getEndpointId().toString().equals("mcpsecurity"))
			.flatExtracting(ExposableWebEndpoint::getOperations)
			.extracting((operation) -> operation.getRequestPredicate().getHttpMethod())
			.hasSize(2)
			.containsOnly(WebEndpointHttpMethod.GET);
	}

	@Test
	void endpointIsNotExposedByDefault() {
		try (SecuredServer unexposed = SecuredServer.start(RecordsApplication.class, authorizationServer, OPERATOR)) {
			assertThat(unexposed.context().getBeansOfType(McpSecurityEndpoint.class)).isEmpty();
			assertThat(get(unexposed, "", credentials()).statusCode()).isEqualTo(404);
		}
	}

	private static String rule(JsonNode description, String kind, String name) {
		return description.path(kind).path(name).toString();
	}

	private static JsonNode describe(SecuredServer server) {
		return describe(server, "");
	}

	private static JsonNode describe(SecuredServer server, String path) {
		return JsonMapper.shared().readTree(get(server, path, credentials()).body());
	}

	private static HttpResponse<String> get(SecuredServer server, String path, String authorization) {
		return server.send(HttpRequest.newBuilder(URI.create(server.url("/actuator/mcpsecurity" + path)))
			.setHeader(HttpHeaders.AUTHORIZATION, authorization));
	}

	private static String credentials() {
		return "Basic " + HttpHeaders.encodeBasicAuth("operator", "a-secret-of-the-operator", null);
	}

}
