package io.mcpsecurity.token;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * Which tokens are accepted: signed by a real key, sent over real HTTP.
 */
class TokenAcceptanceTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private final SecuredServer server = SecuredServers.of(Protocol.STATELESS);

	static Stream<Arguments> validTokenIsAccepted() {
		return Stream.of(token("as it should be", (token) -> token), token("signed with ES256", Token::elliptic),
				token("without typ", (token) -> token.type(null)), token("of type JWT", (token) -> token.type("JWT")),
				token("of type at+jwt", (token) -> token.type("at+jwt")),
				token("of type application/at+jwt", (token) -> token.type("application/at+jwt")),
				token("of type AT+JWT", (token) -> token.type("AT+JWT")),
				token("with several audiences",
						(token) -> token.claim("aud",
								List.of("https://other.example", SecuredServers.of(Protocol.STATELESS).url()))),
				token("expired within the clock skew", (token) -> token.claim("exp", inSeconds(-30))),
				token("valid from within the clock skew", (token) -> token.claim("nbf", inSeconds(30))),
				token("without scope", (token) -> token.claim("scope", null)),
				token("that Keycloak marks as Bearer", (token) -> token.claim("typ", "Bearer")),
				token("that Ory Hydra marks as an access token", (token) -> token.claim("token_use", "access_token")),
				token("with nonce and scope", (token) -> token.claim("nonce", "n")));
	}

	static Stream<Arguments> invalidTokenIsRefused() {
		return Stream.of(token("without exp", (token) -> token.claim("exp", null)),
				token("expired", (token) -> token.claim("exp", inSeconds(-90))),
				token("not yet valid", (token) -> token.claim("nbf", inSeconds(90))),
				token("without aud", (token) -> token.claim("aud", null)),
				token("for another audience", (token) -> token.claim("aud", "https://other.example/mcp")),
				token("for the origin only", (token) -> token.claim("aud", originOf())),
				token("for the resource with a trailing slash",
						(token) -> token.claim("aud", SecuredServers.of(Protocol.STATELESS).url() + "/")),
				token("for the resource in capitals",
						(token) -> token.claim("aud", SecuredServers.of(Protocol.STATELESS).url().toUpperCase())),
				token("for audiences that contain the resource as text",
						(token) -> token.claim("aud", "x " + SecuredServers.of(Protocol.STATELESS).url())),
				token("of another issuer", (token) -> token.claim("iss", "https://other.example")),
				token("of the issuer with a trailing slash",
						(token) -> token.claim("iss",
								SecuredServers.of(Protocol.STATELESS).authorizationServer().issuer() + "/")),
				token("without iss", (token) -> token.claim("iss", null)),
				token("without sub", (token) -> token.claim("sub", null)),
				token("of type id_token", (token) -> token.type("id_token+jwt")),
				token("of type logout+jwt", (token) -> token.type("logout+jwt")),
				token("of type dpop+jwt", (token) -> token.type("dpop+jwt")),
				token("with at_hash, an ID token", (token) -> token.claim("at_hash", "x")),
				token("with c_hash, an ID token", (token) -> token.claim("c_hash", "x")),
				token("with nonce and no scope, an ID token",
						(token) -> token.claim("nonce", "x").claim("scope", null)),
				token("that Keycloak marks as ID", (token) -> token.claim("typ", "ID")),
				token("that Keycloak marks as Refresh", (token) -> token.claim("typ", "Refresh")),
				token("that Keycloak marks as Offline", (token) -> token.claim("typ", "Offline")),
				token("that Ory Hydra marks as a refresh token", (token) -> token.claim("token_use", "refresh_token")),
				token("that Cognito marks as id", (token) -> token.claim("token_use", "id")),
				token("bound to a DPoP key, sent as plain Bearer",
						(token) -> token.claim("cnf", Map.of("jkt", "thumbprint"))),
				token("bound to a certificate, sent as plain Bearer",
						(token) -> token.claim("cnf", Map.of("x5t#S256", "thumbprint"))),
				token("with a malformed scope claim", (token) -> token.claim("scope", 7)),
				token("with a malformed scp claim", (token) -> token.claim("scp", List.of(1, 2))),
				token("with a malformed act claim", (token) -> token.claim("act", "somebody")),
				token("signed by a stranger's key", (token) -> token.key(strangersKey())),
				token("signed by a stranger's key under a known key id", (token) -> token.key(strangersKey())
					.keyId(SecuredServers.of(Protocol.STATELESS).authorizationServer().keyId())));
	}

	@ParameterizedTest
	@MethodSource
	void validTokenIsAccepted(UnaryOperator<Token> change) {
		HttpResponse<String> response = this.server
			.send(this.server.post(change.apply(this.server.token("records:browse")).sign(), LIST));
		assertThat(response.statusCode()).as(response.headers().toString()).isEqualTo(200);
	}

	@ParameterizedTest
	@MethodSource
	void invalidTokenIsRefused(UnaryOperator<Token> change) {
		String token = change.apply(this.server.token("records:browse")).sign();
		HttpResponse<String> response = this.server.send(this.server.post(token, LIST));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
			.startsWith("Bearer error=\"invalid_token\", error_description=\"")
			.doesNotContain("xception", token);
		assertThat(response.body()).doesNotContain("xception", token);
	}

	/**
	 * Decoders skip what is not in their alphabet, and bits that are beyond the last
	 * byte.
	 */
	@Test
	void nonCanonicalEncodingOfValidTokenIsRefused() {
		String token = this.server.token("records:browse").sign();
		assertThat(this.server.send(this.server.post(token, LIST)).statusCode()).isEqualTo(200);
		List<String> parts = List.of(token.split("\\."));
		for (int part = 0; part < parts.size(); part++) {
			String text = parts.get(part);
			char last = text.charAt(text.length() - 1);
			for (String spelling : List.of(text + "=", text + "==", text + "~", "~" + text, text + "+", text + "/",
					text.substring(0, 5) + "~" + text.substring(5), text.replaceFirst("[-_]", "+"),
					text.substring(0, text.length() - 1) + (char) (last + 1))) {
				List<String> changed = new ArrayList<>(parts);
				changed.set(part, spelling);
				String other = String.join(".", changed);
				if (!other.equals(token)) {
					assertThat(this.server.send(this.server.post(other, LIST)).statusCode()).as(other).isEqualTo(401);
				}
			}
		}
	}

	/**
	 * RFC 6749 section 3.3: only spaces separate scopes.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "records:browse\t", "\trecords:browse", "records:browse\0", "records:browse\n",
			"records:browse\u00a0", "x\trecords:browse" })
	void scopesAreNotTrimmed(String scope) {
		String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"browse\","
				+ "\"arguments\":{}}}";
		assertThat(this.server.send(this.server.post(this.server.token("records:browse").sign(), call)).statusCode())
			.isEqualTo(200);
		assertThat(this.server.send(this.server.post(this.server.token(scope).sign(), call)).statusCode())
			.isEqualTo(403);
	}

	@Test
	void tokenSignedWithSharedSecretIsRefused() throws JOSEException {
		// The public key as the secret: the classic confusion of algorithms.
		TestAuthorizationServer authorizationServer = this.server.authorizationServer();
		SignedJWT jwt = new SignedJWT(
				new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(authorizationServer.keyId()).build(),
				this.server.token("records:browse").claims());
		jwt.sign(new MACSigner(authorizationServer.publicKey().toJSONString().getBytes(StandardCharsets.UTF_8)));
		assertThat(this.server.send(this.server.post(jwt.serialize(), LIST)).statusCode()).isEqualTo(401);
	}

	@Test
	void unsignedTokenIsRefused() {
		String token = new PlainJWT(this.server.token("records:browse").claims()).serialize();
		assertThat(this.server.send(this.server.post(token, LIST)).statusCode()).isEqualTo(401);
	}

	@Test
	void tokenWithModifiedPayloadIsRefused() {
		String[] good = this.server.token("records:browse").sign().split("\\.");
		String[] other = this.server.token("records:purge")
			.claim("jti", UUID.randomUUID().toString())
			.sign()
			.split("\\.");
		String mixed = good[0] + "." + other[1] + "." + good[2];
		assertThat(this.server.send(this.server.post(mixed, LIST)).statusCode()).isEqualTo(401);
	}

	@Test
	void tokenInQueryIsIgnored() {
		String token = this.server.token("records:browse").sign();
		HttpResponse<String> response = this.server
			.send(this.server.post(null, LIST).uri(URI.create(this.server.url() + "?access_token=" + token)));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow()).doesNotContain("error=");
	}

	@Test
	void tokenInFormBodyIsIgnored() {
		String token = this.server.token("records:browse").sign();
		HttpResponse<String> response = this.server
			.send(this.server.post(null, BodyPublishers.ofString("access_token=" + token))
				.setHeader("Content-Type", "application/x-www-form-urlencoded"));
		assertThat(response.statusCode()).isEqualTo(401);
	}

	@Test
	void severalAuthorizationHeadersAreRefused() {
		String token = this.server.token("records:browse").sign();
		HttpResponse<String> response = this.server
			.send(this.server.post(token, LIST).header("Authorization", "Bearer " + token));
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.headers().firstValue("WWW-Authenticate").orElseThrow())
			.contains("error=\"invalid_request\"");
	}

	@ParameterizedTest
	@MethodSource
	void scopesAreReadFromClaim(String claim, Object value) {
		String token = this.server.token().claim("scope", null).claim(claim, value).sign();
		assertThat(SecuredServer.text(this.server.callTool(token, "move", "{}"))).isEqualTo("moved");
	}

	static Stream<Arguments> scopesAreReadFromClaim() {
		return Stream.of("scope", "scp")
			.flatMap((claim) -> Stream.of(Arguments.of(claim, "records:write records:browse"),
					Arguments.of(claim, List.of("records:write", "records:browse"))));
	}

	@Test
	void scopesOfBothClaimsAreMerged() {
		String token = this.server.token("records:write").claim("scp", List.of("records:browse")).sign();
		assertThat(SecuredServer.text(this.server.callTool(token, "move", "{}"))).isEqualTo("moved");
	}

	@ParameterizedTest
	@EnumSource
	void callerIsPassedToToolsButNotInSchema(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		String token = server.token("records:browse")
			.claim("act",
					Map.of("sub", "agent-2", "client_id", "c2", "act",
							Map.of("sub", "agent-1", "iss", "https://i.example")))
			.sign();
		assertThat(SecuredServer.text(server.callTool(token, "who", "{\"caller\":{\"subject\":\"mallory\"}}")))
			.isEqualTo("McpCaller[subject=alice, issuer=" + server.authorizationServer().issuer()
					+ ", client=test-client, actors=[McpActor[subject=agent-2, issuer=null, client=c2], "
					+ "McpActor[subject=agent-1, issuer=https://i.example, client=null]], actorsTruncated=false, "
					+ "scopes=[records:browse], tokenId=token-1, resource=" + server.url() + "]");
		assertThat(SecuredServer.text(server.callTool(token, "whoToo", "{\"greeting\":\"hi\"}")))
			.isEqualTo("\"hi alice alice\"");
		String tools = server.call(token, "tools/list", "{}").body();
		assertThat(tools).contains("whoToo", "greeting").doesNotContain("caller");
	}

	@Test
	void callerArgumentSentByClientIsIgnored() {
		String answer = this.server
			.callTool(this.server.token().sign(), "whoToo",
					"{\"greeting\":\"hi\",\"caller\":{\"subject\":\"mallory\"}}")
			.body();
		assertThat(answer).doesNotContain("mallory \\\"").doesNotContain("hi mallory");
	}

	private static Arguments token(String name, UnaryOperator<Token> change) {
		return argumentSet(name, change);
	}

	private static Date inSeconds(int seconds) {
		return Date.from(Instant.now().plusSeconds(seconds));
	}

	private static String originOf() {
		URI uri = URI.create(SecuredServers.of(Protocol.STATELESS).url());
		return uri.getScheme() + "://" + uri.getAuthority();
	}

	private static RSAKey strangersKey() {
		try {
			return new RSAKeyGenerator(2048).keyID("stranger").generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
