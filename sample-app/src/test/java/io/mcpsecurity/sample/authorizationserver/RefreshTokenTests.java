package io.mcpsecurity.sample.authorizationserver;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import io.mcpsecurity.sample.SampleTestBase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Refresh tokens of clients that registered themselves, public and confidential ones.
 */
@ParameterizedClass
@ValueSource(strings = { "none", "client_secret_basic" })
class RefreshTokenTests extends SampleTestBase {

	private static final String CALLBACK = "https://app.example/callback";

	private String clientId;

	private String credentials;

	@Parameter
	private String authenticationMethod;

	@BeforeEach
	void register() {
		Answer registered = this.client.register(Map.of("redirect_uris", List.of(CALLBACK), "grant_types",
				List.of("authorization_code", "refresh_token"), "token_endpoint_auth_method",
				this.authenticationMethod));
		this.clientId = registered.text("client_id");
		String secret = registered.text("client_secret");
		this.credentials = (secret != null) ? this.clientId + ":" + secret : null;
		ClientsPageTests.setScopes(this.clientId, BROWSE, EXPORT);
	}

	@Test
	void refreshKeepsResourceAndScopes() {
		Answer refreshed = refresh(authorize(BROWSE, EXPORT));
		assertThat(refreshed.audience()).containsExactly(RESOURCE);
		assertThat(refreshed.scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
	}

	@Test
	void refreshCanNarrowButNotWiden() {
		Answer narrow = refresh(authorize(BROWSE), "scope", BROWSE + " " + EXPORT + " offline_access");
		assertThat(narrow.scopes()).containsExactly(BROWSE);
		assertThat(narrow.text("scope")).isEqualTo(BROWSE);
		Answer wide = authorize(BROWSE, EXPORT);
		assertThat(refresh(wide, "scope", BROWSE).scopes()).containsExactly(BROWSE);
	}

	@Test
	void refreshWithOnlyUngrantedScopesIsInvalidScope() {
		Answer first = authorize(BROWSE);
		assertThat(refresh(first, "scope", EXPORT).body()).containsEntry("error", "invalid_scope")
			.containsEntry("error_description",
					"Nothing is left to grant: none of the requested scopes was granted before");
		assertThat(refresh(first).status()).isEqualTo(200);
	}

	@Test
	void narrowedRefreshDoesNotNarrowNextRefresh() {
		Answer narrow = refresh(authorize(BROWSE, EXPORT), "scope", BROWSE);
		assertThat(refresh(narrow).scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
	}

	@Test
	void refreshForOtherResourceIsRefused() {
		assertThat(refresh(authorize(BROWSE), "resource", "https://other.example/").body()).containsEntry("error",
				"invalid_target");
	}

	@Test
	void refreshTokenIsRotated() {
		Answer first = authorize(BROWSE);
		Answer second = refresh(first);
		Answer third = refresh(second);
		assertThat(third.status()).isEqualTo(200);
		assertThat(List.of(first, second, third)).extracting((answer) -> answer.text("refresh_token"))
			.doesNotContainNull()
			.doesNotHaveDuplicates();
	}

	@Test
	void reuseOfRefreshTokenRevokesAuthorization() {
		Answer first = authorize(BROWSE);
		Answer other = authorize(BROWSE);
		Answer second = refresh(first);
		Answer third = refresh(second);
		assertInvalidGrant(refresh(first));
		assertInvalidGrant(refresh(third));
		assertInvalidGrant(refresh(second));
		assertThat(refresh(other).status()).isEqualTo(200);
	}

	@Test
	void identicalConcurrentRefreshesReturnSameTokens() {
		Answer first = authorize(BROWSE);
		List<Answer> answers = inParallel(Collections.nCopies(4, () -> refresh(first)));
		assertThat(answers).extracting(Answer::status).containsOnly(200);
		assertThat(answers).extracting((answer) -> answer.text("refresh_token"))
			.containsOnly(answers.get(0).text("refresh_token"));
		assertThat(answers).extracting(Answer::accessToken).containsOnly(answers.get(0).accessToken());
		assertInvalidGrant(refresh(first));
		assertInvalidGrant(refresh(answers.get(0)));
	}

	@Test
	void differentConcurrentRefreshesRevokeAuthorization() {
		Answer first = authorize(BROWSE, EXPORT);
		List<Answer> answers = inParallel(List.of(() -> refresh(first), () -> refresh(first, "scope", BROWSE)));
		assertThat(answers).extracting(Answer::status).containsExactlyInAnyOrder(200, 400);
		answers.stream()
			.filter((answer) -> answer.status() == 200)
			.forEach((answer) -> assertInvalidGrant(refresh(answer)));
	}

	private static List<Answer> inParallel(List<Supplier<Answer>> requests) {
		return requests.stream()
			.map((request) -> CompletableFuture.supplyAsync(request, (task) -> new Thread(task).start()))
			.toList()
			.stream()
			.map(CompletableFuture::join)
			.toList();
	}

	@Test
	void reuseOfCodeRevokesAuthorization() {
		AuthorizationRequest request = request(BROWSE);
		try (BrowserSession browser = browser()) {
			String code = browser.authorize(request, "alice", BROWSE).get("code");
			Answer first = redeem(request, code);
			assertInvalidGrant(redeem(request, code));
			assertInvalidGrant(refresh(first));
		}
	}

	@Test
	void unknownRefreshTokenIsRefused() {
		Answer first = authorize(BROWSE);
		for (String token : List.of("unknown", ".", "unknown.unknown")) {
			assertInvalidGrant(refresh(Map.of("refresh_token", token)));
		}
		assertThat(refresh(first).status()).isEqualTo(200);
	}

	@Test
	void refreshTokenOfOtherClientIsRefused() {
		Answer first = authorize(BROWSE);
		assertInvalidGrant(this.client.token(null, "grant_type", "refresh_token", "refresh_token",
				first.text("refresh_token"), "client_id", "mcp-inspector"));
		assertThat(refresh(first).status()).isEqualTo(200);
	}

	@Test
	void refreshByUnknownOrConfidentialClientRequiresAuthentication() {
		Answer first = authorize(BROWSE);
		for (String other : List.of("nobody", "analyst-agent")) {
			Answer answer = this.client.token(null, "grant_type", "refresh_token", "refresh_token",
					first.text("refresh_token"), "client_id", other);
			assertThat(answer.status()).isEqualTo(401);
			assertThat(answer.body()).containsEntry("error", "invalid_client");
		}
		assertThat(refresh(first).status()).isEqualTo(200);
	}

	@Test
	void scopeRemovedFromClientIsNotGrantedOnRefresh() {
		Answer first = authorize(BROWSE, EXPORT);
		ClientsPageTests.setScopes(this.clientId, BROWSE);
		Answer refreshed = refresh(first);
		assertThat(refreshed.scopes()).containsExactly(BROWSE);
		assertThat(refreshed.text("scope")).isEqualTo(BROWSE);
	}

	private Answer authorize(String... scopes) {
		AuthorizationRequest request = request(scopes);
		try (BrowserSession browser = browser()) {
			return redeem(request, browser.authorize(request, "alice", scopes).get("code"));
		}
	}

	private AuthorizationRequest request(String... scopes) {
		return new AuthorizationRequest(ISSUER, this.clientId, CALLBACK).scope(scopes).resource(RESOURCE);
	}

	private Answer redeem(AuthorizationRequest request, String code) {
		return token("grant_type", "authorization_code", "code", code, "redirect_uri", CALLBACK, "code_verifier",
				request.verifier());
	}

	private Answer refresh(Answer tokens, String... more) {
		return refresh(tokens.body(), more);
	}

	private Answer refresh(Map<String, Object> tokens, String... more) {
		List<String> form = new ArrayList<>(
				List.of("grant_type", "refresh_token", "refresh_token", (String) tokens.get("refresh_token")));
		form.addAll(List.of(more));
		return token(form.toArray(String[]::new));
	}

	private Answer token(String... form) {
		List<String> all = new ArrayList<>(List.of(form));
		if (this.credentials == null) {
			all.addAll(List.of("client_id", this.clientId));
		}
		return this.client.token(this.credentials, all.toArray(String[]::new));
	}

	private static void assertInvalidGrant(Answer answer) {
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.body()).containsEntry("error", "invalid_grant");
	}

}
