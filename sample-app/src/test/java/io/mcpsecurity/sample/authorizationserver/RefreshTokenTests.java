package io.mcpsecurity.sample.authorizationserver;

import java.util.List;
import java.util.Map;

import io.mcpsecurity.sample.SampleTestBase;
import io.mcpsecurity.sample.AuthorizationRequest;
import io.mcpsecurity.sample.BrowserSession;
import io.mcpsecurity.sample.OAuthClient.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Refresh tokens, which confidential clients get.
 */
class RefreshTokenTests extends SampleTestBase {

	private static final String CALLBACK = "https://app.example/callback";

	@Autowired
	private ClientRegistry clients;

	private String clientId;

	private String credentials;

	@BeforeEach
	void register() {
		Answer registered = this.client.register(Map.of("redirect_uris", List.of(CALLBACK), "grant_types",
				List.of("authorization_code", "refresh_token")));
		this.clientId = registered.text("client_id");
		this.credentials = this.clientId + ":" + registered.text("client_secret");
		this.clients.updateScopes(this.clientId, List.of(ResearchScope.BROWSE, ResearchScope.EXPORT));
	}

	@Test
	void refreshKeepsResourceAndScopes() {
		Answer refreshed = refresh(authorize(BROWSE, EXPORT));
		assertThat(refreshed.audience()).containsExactly(RESOURCE);
		assertThat(refreshed.scopes()).containsExactlyInAnyOrder(BROWSE, EXPORT);
	}

	@Test
	void refreshCanNarrowButNotWiden() {
		Answer first = authorize(BROWSE);
		assertThat(refresh(first, "scope", BROWSE + " " + EXPORT).body()).containsEntry("error", "invalid_scope");
		Answer wide = authorize(BROWSE, EXPORT);
		assertThat(refresh(wide, "scope", BROWSE).scopes()).containsExactly(BROWSE);
	}

	@Test
	void refreshForAnotherResourceIsRefused() {
		assertThat(refresh(authorize(BROWSE), "resource", "https://other.example/").body()).containsEntry("error",
				"invalid_target");
	}

	@Test
	void usedRefreshTokenIsWorthNothing() {
		Answer first = authorize(BROWSE);
		Answer second = refresh(first);
		assertThat(second.text("refresh_token")).isNotEqualTo(first.text("refresh_token"));
		assertThat(refresh(first).body()).containsEntry("error", "invalid_grant");
		assertThat(refresh(second).status()).isEqualTo(200);
	}

	@Test
	void scopeThatTheClientLostIsLeftOut() {
		Answer first = authorize(BROWSE, EXPORT);
		this.clients.updateScopes(this.clientId, List.of(ResearchScope.BROWSE));
		Answer refreshed = refresh(first);
		assertThat(refreshed.scopes()).containsExactly(BROWSE);
		assertThat(refreshed.text("scope")).isEqualTo(BROWSE);
	}

	private Answer authorize(String... scopes) {
		AuthorizationRequest request = new AuthorizationRequest(ISSUER, this.clientId, CALLBACK).scope(scopes)
			.resource(RESOURCE);
		try (BrowserSession browser = browser()) {
			String code = browser.authorize(request, "alice", scopes).get("code");
			return this.client.token(this.credentials, "grant_type", "authorization_code", "code", code, "redirect_uri",
					CALLBACK, "code_verifier", request.verifier());
		}
	}

	private Answer refresh(Answer tokens, String... more) {
		String[] form = new String[4 + more.length];
		List.of("grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token")).toArray(form);
		System.arraycopy(more, 0, form, 4, more.length);
		return this.client.token(this.credentials, form);
	}

}
