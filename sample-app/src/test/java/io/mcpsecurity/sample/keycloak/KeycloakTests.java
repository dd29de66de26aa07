package io.mcpsecurity.sample.keycloak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.OAuthClient;
import io.mcpsecurity.test.DpopKey;
import io.mcpsecurity.test.McpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;
import static org.awaitility.Awaitility.await;

/**
 * Who may do what with tokens of a real Keycloak.
 */
class KeycloakTests extends KeycloakTestBase {

	private static final String[] ALL = { BROWSE, EXPORT, PURGE };

	private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

	@Test
	void metadataContainsRealmAndScopes() {
		HttpResponse<String> refused = get(ENDPOINT);
		assertThat(refused.statusCode()).isEqualTo(401);
		JsonNode metadata = JsonMapper.shared().readTree(get(challenge(refused, "resource_metadata")).body());
		assertThat(metadata.path("authorization_servers").path(0).asString()).isEqualTo(keycloak().issuer());
		JsonNode server = JsonMapper.shared()
			.readTree(get(keycloak().issuer() + "/.well-known/openid-configuration").body());
		List<String> known = server.path("scopes_supported").valueStream().map(JsonNode::asString).toList();
		assertThat(metadata.path("scopes_supported").valueStream().map(JsonNode::asString)).containsExactly(ALL)
			.allMatch(known::contains);
	}

	@Test
	void aliceBrowsesAndExportsAndIsChallengedForPurge() {
		String token = signIn("alice", ALL).accessToken();
		assertGranted(browse(token), "Water levels");
		assertGranted(export(token), "id,title,created");
		assertChallenged(purge(token), PURGE + " " + BROWSE + " " + EXPORT);
	}

	@Test
	void bobPurges() {
		String token = signIn("bob", ALL).accessToken();
		assertGranted(browse(token), "Water levels");
		assertGranted(export(token), "id,title,created");
		assertGranted(purge(token), "Records deleted: 0");
	}

	@Test
	void carolIsChallenged() {
		String token = signIn("carol", ALL).accessToken();
		assertChallenged(browse(token), BROWSE);
		assertChallenged(export(token), EXPORT);
		assertChallenged(purge(token), PURGE);
		assertThat(whoAmI(token).path("scopes").size()).isZero();
	}

	@Test
	void unrequestedScopeIsChallenged() {
		String token = signIn("bob", BROWSE).accessToken();
		assertGranted(browse(token), "Water levels");
		assertChallenged(purge(token), PURGE + " " + BROWSE);
	}

	@Test
	void auditEventContainsUserClientAndIssuer() {
		String token = signIn("alice", ALL).accessToken();
		Object subject = OAuthClient.claims(token).get("sub");
		assertThat(whoAmI(token).path("client").asString()).isEqualTo(INSPECTOR);
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(auditEvents(token)).singleElement(as(MAP))
				.containsEntry("subject", subject)
				.containsEntry("issuer", keycloak().issuer())
				.containsEntry("client", INSPECTOR)
				.containsEntry("grantedScopes", List.of(BROWSE, EXPORT)));
	}

	@ParameterizedTest
	@CsvSource({ "analyst-agent, analyst-secret, 403", "admin-agent, admin-secret, 200" })
	void agentHasRolesOfServiceAccount(String agent, String secret, int purge) {
		String token = client().clientCredentials(agent + ":" + secret, "scope", String.join(" ", ALL)).accessToken();
		assertGranted(browse(token), "Water levels");
		assertThat(purge(token).status()).isEqualTo(purge);
		assertThat(whoAmI(token).path("client").asString()).isEqualTo(agent);
	}

	@Test
	void tokenForOtherResourceIsRefused() {
		OAuthClient.Answer answer = client().clientCredentials("other-agent:other-secret", "scope",
				BROWSE + " archive:read");
		assertThat(answer.audience()).containsExactly("records-archive");
		assertThat(answer.scopes()).contains(BROWSE);
		assertRefused(browse(answer.accessToken()));
	}

	@Test
	void tokenWithoutAudienceIsRefused() {
		OAuthClient.Answer answer = client().clientCredentials("other-agent:other-secret", "scope", BROWSE);
		assertThat(answer.claims()).doesNotContainKey("aud");
		assertRefused(browse(answer.accessToken()));
	}

	@Test
	void idTokenIsRefused() {
		OAuthClient.Answer answer = signIn("alice", "openid", BROWSE);
		assertGranted(browse(answer.accessToken()), "Water levels");
		assertRefused(browse(answer.text("id_token")));
	}

	@Test
	void refreshTokenIsRefused() {
		assertRefused(browse(signIn("alice", BROWSE).text("refresh_token")));
	}

	@Test
	void agentActsForUserWithExchangedToken() {
		String subjectToken = signIn("alice", BROWSE, EXPORT, "delegate").accessToken();
		OAuthClient.Answer exchanged = client().token("research-agent:research-secret", "grant_type",
				"urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", subjectToken, "subject_token_type",
				ACCESS_TOKEN, "requested_token_type", ACCESS_TOKEN, "scope", BROWSE, "audience", RESOURCE);
		String token = exchanged.accessToken();
		assertThat(exchanged.audience()).containsExactly(RESOURCE);
		assertGranted(browse(token), "Water levels");
		assertChallenged(export(token), EXPORT + " " + BROWSE);
		await()
			.untilAsserted(() -> assertThat(auditEvents(token)).hasSize(2)
				.allSatisfy((event) -> assertThat(event)
					.containsEntry("subject", OAuthClient.claims(subjectToken).get("sub"))
					.containsEntry("client", "research-agent")
					.containsEntry("actors", List.of(Map.of("subject", "research-agent")))));
	}

	@Test
	void keyBoundTokenIsAcceptedOnlyWithProofsOfItsKey() {
		DpopKey key = DpopKey.generate();
		String token = DpopToken.clientCredentials(keycloak().issuer(), "dpop-agent:dpop-secret", BROWSE, key);
		assertThat(OAuthClient.claims(token)).containsKey("cnf").containsEntry("aud", RESOURCE);
		assertRefused(browse(token));
		String proof = key.proof("POST", RESOURCE).token(token).sign();
		assertThat(initialize(token, proof)).isEqualTo(200);
		assertThat(initialize(token, proof)).isEqualTo(401);
		assertThat(initialize(token, DpopKey.generate().proof("POST", RESOURCE).token(token).sign())).isEqualTo(401);
	}

	@Test
	void userConfirmsSignInForRequestedAcr() {
		try (KeycloakUser alice = new KeycloakUser(keycloak(), "alice")) {
			var request = inspectorRequest(BROWSE);
			alice.authorize(request);
			assertThat(alice.pages()).containsExactly("login");
			var again = inspectorRequest(BROWSE).with("acr_values", "confirmed");
			String code = alice.authorize(again).get("code");
			assertThat(alice.pages()).containsExactly("login");
			String token = client().redeem(again, code).accessToken();
			assertThat(OAuthClient.claims(token)).containsEntry("acr", "confirmed");
			assertGranted(browse(token), "Water levels");
		}
	}

	private static int initialize(String token, String proof) {
		try {
			return HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(URI.create(ENDPOINT))
					.header("Content-Type", "application/json")
					.header("Accept", "application/json, text/event-stream")
					.header("Authorization", "DPoP " + token)
					.header("DPoP", proof)
					.POST(BodyPublishers.ofString("""
							{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
							"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"""))
					.build(), BodyHandlers.discarding())
				.statusCode();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw KeycloakServer.interrupted(ex);
		}
	}

	private static void assertGranted(McpResponse response, String content) {
		assertThat(response).succeeded().containsText(content);
	}

	private static void assertChallenged(McpResponse response, String scope) {
		assertThat(response).isStepUpFor(scope.split(" ")[0]);
		assertThat(response.challenge("scope")).isEqualTo(scope);
		assertThat(response.challenge("resource_metadata")).isEqualTo(METADATA);
	}

	private static void assertRefused(McpResponse response) {
		assertThat(response).isUnauthorized();
		assertThat(response.challenge("error")).isEqualTo("invalid_token");
	}

}
