package io.mcpsecurity.transport;

import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.test.DpopKey;
import io.mcpsecurity.test.DpopKey.Proof;
import io.mcpsecurity.test.McpResponse;
import io.mcpsecurity.test.McpTestClient;
import io.mcpsecurity.test.RecordedEvents;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import io.mcpsecurity.test.TestIntrospectionEndpoint;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * Tokens that are bound to a DPoP key, with signed proofs over HTTP. One server accepts
 * them besides bearer tokens, another one accepts nothing else.
 */
class DpopHttpTests {

	private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final DpopKey key = DpopKey.generate();

	private static SecuredServer allowed;

	private static SecuredServer required;

	private static SecuredServer sessions;

	@BeforeAll
	static void start() {
		allowed = start("allowed", "STATELESS", "mcp-security.resource-aliases=http://127.0.0.1:${server.port}/mcp",
				"mcp-security.http.allowed-origins=https://app.example");
		required = start("required", "STATELESS", "mcp-security.dpop.nonce.required=true");
		sessions = start("allowed", "STREAMABLE");
	}

	@Test
	void proofMustContainTheNonceOfTheServer() {
		String token = bound(required.token("records:browse"));
		HttpResponse<String> first = send(required, "DPoP " + token,
				proof(required, token).claim("nonce", null).sign());
		assertThat(first.statusCode()).isEqualTo(401);
		assertThat(McpResponse.of(first).challenge("error")).isEqualTo("use_dpop_nonce");
		String nonce = first.headers().firstValue("DPoP-Nonce").orElseThrow();
		HttpResponse<String> second = send(required, "DPoP " + token,
				proof(required, token).claim("nonce", nonce).sign());
		assertThat(second.statusCode()).isEqualTo(200);
		assertThat(second.headers().firstValue("DPoP-Nonce")).isPresent();
		for (Object wrong : new Object[] { "x", "", 7, nonce + "x" }) {
			assertRefused("use_dpop_nonce", "dpop_nonce", required, "DPoP " + token,
					proof(required, token).claim("nonce", wrong).sign())
				.contains("nonce");
		}
		// A proof that is wrong in another way is not to be repeated with a nonce.
		assertRefused("invalid_dpop_proof", "dpop_proof", required, "DPoP " + token,
				proof(required, token).claim("nonce", null).claim("htm", "GET").sign())
			.contains("htm");
		assertThat(send(allowed, "DPoP " + token).headers().firstValue("DPoP-Nonce")).isEmpty();
	}

	private static SecuredServer start(String mode, String protocol, String... properties) {
		return SecuredServer.start(DpopApplication.class, authorizationServer,
				Stream
					.concat(Stream.of("mcp-security.dpop.mode=" + mode, "spring.ai.mcp.server.protocol=" + protocol),
							Stream.of(properties))
					.toArray(String[]::new));
	}

	@AfterAll
	static void stop() {
		allowed.close();
		required.close();
		sessions.close();
		authorizationServer.close();
	}

	@Test
	void boundTokenIsAcceptedWithANewProofForEachRequest() {
		for (SecuredServer server : List.of(allowed, required, sessions)) {
			McpTestClient client = client(server).as(server.token("records:browse"), key);
			assertThat(client.call("browse")).succeeded();
			assertThat(client.call("browse")).succeeded();
			assertThat(client.call("who")).containsText("subject=alice");
			assertThat(client.call("move")).isStepUpFor("records:write");
			assertThat(client.call("move").http().headers().allValues("WWW-Authenticate")).singleElement()
				.asString()
				.startsWith("DPoP error=\"insufficient_scope\"")
				.contains("algs=\"ES256 ");
		}
	}

	@Test
	void bearerTokenIsAcceptedOnlyIfDpopIsNotRequired() {
		assertThat(client(allowed).as(allowed.token("records:browse")).call("browse")).succeeded();
		assertThat(client(allowed).as(allowed.token()).call("move").challenge("error")).isEqualTo("insufficient_scope");
		assertThat(client(required).as(required.token("records:browse")).call("browse")).isUnauthorized()
			.hasReason("Only tokens that are bound to a DPoP key");
	}

	@Test
	void challengesContainTheAcceptedSchemes() {
		List<String> both = client(allowed).call("browse").http().headers().allValues("WWW-Authenticate");
		assertThat(both).hasSize(2);
		assertThat(both.get(0)).startsWith("Bearer resource_metadata=").doesNotContain("algs");
		assertThat(both.get(1)).startsWith("DPoP resource_metadata=")
			.endsWith("algs=\"ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512\"");
		assertThat(client(required).call("browse").http().headers().allValues("WWW-Authenticate")).singleElement()
			.asString()
			.startsWith("DPoP resource_metadata=");
	}

	@Test
	void metadataContainsAlgorithmsAndRequirement() {
		String path = "/.well-known/oauth-protected-resource/mcp";
		assertThat(allowed.get(allowed.url(path)).body()).contains("\"dpop_signing_alg_values_supported\":[\"ES256\",",
				"\"dpop_bound_access_tokens_required\":false");
		assertThat(required.get(required.url(path)).body()).contains("\"dpop_bound_access_tokens_required\":true");
	}

	static Stream<Arguments> badProofIsRefusedWithOneMessageAndOneEvent() {
		return Stream.of(proof("of another method", "htm", (proof) -> proof.claim("htm", "GET")),
				proof("of the method in lower case", "htm", (proof) -> proof.claim("htm", "post")),
				proof("without htm", "htm", (proof) -> proof.claim("htm", null)),
				proof("of another host", "htu", (proof) -> proof.claim("htu", "https://other.example/mcp")),
				proof("of another port", "htu",
						(proof) -> proof.claim("htu", allowed.url().replaceFirst(":\\d+/", "/"))),
				proof("of another scheme", "htu",
						(proof) -> proof.claim("htu", allowed.url().replace("http:", "https:"))),
				proof("of another path", "htu", (proof) -> proof.claim("htu", allowed.url() + "/x")),
				proof("of the path in capitals", "htu", (proof) -> proof.claim("htu", allowed.url("/MCP"))),
				proof("of the path with a slash", "htu", (proof) -> proof.claim("htu", allowed.url() + "/")),
				proof("of the other name of the endpoint", "htu",
						(proof) -> proof.claim("htu", allowed.url().replace("localhost", "127.0.0.1"))),
				proof("with user information in the URL", "htu",
						(proof) -> proof.claim("htu", allowed.url().replace("//", "//a@"))),
				proof("of the path alone", "htu", (proof) -> proof.claim("htu", "/mcp")),
				proof("with a URL that is none", "htu", (proof) -> proof.claim("htu", "http://a b")),
				proof("with a list of URLs", "htu", (proof) -> proof.claim("htu", List.of(allowed.url()))),
				proof("without htu", "htu", (proof) -> proof.claim("htu", null)),
				proof("that is too old", "iat", (proof) -> proof.claim("iat", inSeconds(-310))),
				proof("from the future", "iat", (proof) -> proof.claim("iat", inSeconds(310))),
				proof("without iat", "iat", (proof) -> proof.claim("iat", null)),
				proof("with the hash of another token", "ath", (proof) -> proof.token("another token")),
				proof("without ath", "ath", (proof) -> proof.claim("ath", null)),
				proof("without jti", "no id", (proof) -> proof.claim("jti", null)),
				proof("with an empty jti", "no id", (proof) -> proof.claim("jti", "")),
				proof("with a number as jti", "malformed", (proof) -> proof.claim("jti", 7)),
				proof("of another type", "malformed, or", (proof) -> proof.type("jwt")),
				proof("that is an access token by its type", "malformed, or", (proof) -> proof.type("at+jwt")),
				proof("that is too long", "too long", (proof) -> proof.claim("x", "y".repeat(3000))),
				argumentSet("of another key", "not of the key", signed((proof, token) -> foreign(proof))),
				argumentSet("of another key, with the key of the token in the header", "malformed, or",
						signed((proof, token) -> signedBy(DpopKey.generate(), proof, header(key.key().toPublicJWK())))),
				argumentSet("with the private key", "malformed",
						signed((proof, token) -> signedBy(key, proof, header(key.key())))),
				argumentSet("without a key", "no acceptable public key",
						signed((proof, token) -> signedBy(key, proof, Map.of("alg", "ES256", "typ", "dpop+jwt")))),
				argumentSet("of a shared secret", "algorithm", signed((proof, token) -> mac(proof))),
				argumentSet("that is not signed", "malformed",
						signed((proof, token) -> new PlainJWT(proof.claims()).serialize())),
				argumentSet("with a changed signature", "malformed, or",
						signed((proof, token) -> proof.sign().replaceFirst("\\.[^.]{8}([^.]*)$", ".AAAAAAAA$1"))),
				argumentSet("that is the token", "malformed|algorithm|public key", signed((proof, token) -> token)),
				argumentSet("that is garbage", "malformed", signed((proof, token) -> "garbage")),
				argumentSet("that is empty", "malformed", signed((proof, token) -> "")),
				argumentSet("that is a list of two", "malformed",
						signed((proof, token) -> proof.sign() + "," + proof.sign())));
	}

	@ParameterizedTest
	@MethodSource
	void badProofIsRefusedWithOneMessageAndOneEvent(String reason, BiFunction<Proof, String, String> change) {
		String token = bound(allowed.token("records:browse"));
		String proof = change.apply(proof(allowed, token), token);
		for (int i = 0; i < 2; i++) {
			assertRefused("invalid_dpop_proof", "dpop_proof", allowed, "DPoP " + token, proof).containsPattern(reason)
				.doesNotContain(token, "garbage");
		}
		assertThat(send(allowed, "DPoP " + token, proof(allowed, token).sign()).statusCode()).isEqualTo(200);
	}

	@Test
	void proofIsAcceptedOnce() {
		String token = bound(allowed.token("records:browse"));
		String proof = proof(allowed, token).sign();
		assertThat(send(allowed, "DPoP " + token, proof).statusCode()).isEqualTo(200);
		for (int i = 0; i < 3; i++) {
			assertRefused("invalid_dpop_proof", "dpop_proof", allowed, "DPoP " + token, proof).contains("used before");
		}
	}

	@Test
	void differentSpellingsOfTheUrlAreAccepted() {
		String token = bound(allowed.token("records:browse"));
		for (UnaryOperator<String> spelling : List.<UnaryOperator<String>>of((url) -> url + "?a=b", (url) -> url + "#x",
				(url) -> url.replace("localhost", "LOCALHOST"), (url) -> url.replace("http:", "HTTP:"),
				(url) -> url.replace("/mcp", "/x/../%6dcp"))) {
			Proof proof = proof(allowed, token).claim("htu", spelling.apply(allowed.url()));
			assertThat(send(allowed, "DPoP " + token, proof.sign()).statusCode()).isEqualTo(200);
		}
	}

	@Test
	void proofWithinTheAcceptedAgeIsAccepted() {
		String token = bound(allowed.token("records:browse"));
		for (int seconds : List.of(-280, 280)) {
			Proof proof = proof(allowed, token).claim("iat", inSeconds(seconds));
			assertThat(send(allowed, "DPoP " + token, proof.sign()).statusCode()).isEqualTo(200);
		}
	}

	@Test
	void proofWithAnRsaKeyIsAccepted() throws JOSEException {
		for (JWSAlgorithm algorithm : List.of(JWSAlgorithm.PS256, JWSAlgorithm.RS256)) {
			RSAKey rsa = new RSAKeyGenerator(2048).generate();
			String token = allowed.token("records:browse")
				.claim("cnf", Map.of("jkt", rsa.computeThumbprint().toString()))
				.sign();
			SignedJWT proof = new SignedJWT(new JWSHeader.Builder(algorithm).type(new JOSEObjectType("dpop+jwt"))
				.jwk(rsa.toPublicJWK())
				.build(), proof(allowed, token).claims());
			proof.sign(new RSASSASigner(rsa));
			assertThat(send(allowed, "DPoP " + token, proof.serialize()).statusCode()).isEqualTo(200);
		}
	}

	/** A verification with such a key takes much longer than one with another key. */
	@Test
	void expensiveKeyIsRefusedBeforeTheSignatureIsVerified() throws JOSEException {
		BigInteger large = BigInteger.ONE.shiftLeft(5119).add(BigInteger.ONE);
		for (RSAKey rsa : List.of(new RSAKey.Builder(Base64URL.encode(large), Base64URL.from("AQAB")).build(),
				new RSAKey.Builder(Base64URL.encode(large.shiftRight(3000)), Base64URL.encode(large.shiftRight(3001)))
					.build())) {
			String token = allowed.token().claim("cnf", Map.of("jkt", rsa.computeThumbprint().toString())).sign();
			String proof = signedBy(key, proof(allowed, token),
					Map.of("alg", "RS256", "typ", "dpop+jwt", "jwk", rsa.toJSONObject()));
			assertRefused("invalid_dpop_proof", "dpop_proof", allowed, "DPoP " + token, proof)
				.contains("no acceptable public key");
		}
	}

	@Test
	void requestWithoutExactlyOneProofIsRefused() {
		String token = bound(allowed.token("records:browse"));
		assertRefused("invalid_dpop_proof", "dpop_proof", allowed, "DPoP " + token).contains("exactly one");
		assertRefused("invalid_dpop_proof", "dpop_proof", allowed, "DPoP " + token, proof(allowed, token).sign(),
				proof(allowed, token).sign())
			.contains("exactly one");
	}

	/** Also if the token is in the cache, because a request with a proof was accepted. */
	@Test
	void boundTokenIsNoBearerToken() {
		for (SecuredServer server : List.of(allowed, required)) {
			String token = bound(server.token("records:browse"));
			for (int i = 0; i < 2; i++) {
				assertRefused("invalid_token", "bound", server, "Bearer " + token).contains("no bearer token");
				assertRefused("invalid_token", "bound", server, "Bearer " + token, proof(server, token).sign())
					.contains("no bearer token");
				assertThat(send(server, "DPoP " + token, proof(server, token).sign()).statusCode()).isEqualTo(200);
			}
		}
	}

	@Test
	void tokenThatIsNotBoundIsNoDpopToken() {
		String token = allowed.token("records:browse").sign();
		assertThat(send(allowed, "Bearer " + token).statusCode()).isEqualTo(200);
		for (SecuredServer server : List.of(allowed, required)) {
			String unbound = server.token("records:browse").sign();
			assertRefused("invalid_token", "unbound", server, "DPoP " + unbound, proof(server, unbound).sign())
				.contains("not bound to a DPoP key");
		}
	}

	/** As Keycloak writes them. */
	@Test
	void otherMembersAreIgnored() {
		Map<String, Object> confirmation = new HashMap<>(Map.of("jkt", key.thumbprint(), "kc-jkt-type", "DPoP"));
		confirmation.put("x5t#S256", null);
		String token = allowed.token("records:browse").claim("cnf", confirmation).sign();
		assertThat(send(allowed, "DPoP " + token, proof(allowed, token).sign()).statusCode()).isEqualTo(200);
		assertRefused("invalid_token", "bound", allowed, "Bearer " + token).contains("no bearer token");
	}

	static Stream<Arguments> tokenThatIsBoundInAnotherWayIsRefused() {
		return Stream.of(token("to a certificate", (token) -> token.claim("cnf", Map.of("x5t#S256", "x"))),
				token("to a key and a certificate",
						(token) -> token.claim("cnf", Map.of("jkt", key.thumbprint(), "x5t#S256", "x"))),
				token("to something unknown", (token) -> token.claim("cnf", Map.of("kid", "x"))),
				token("to a key and a certificate that is no text",
						(token) -> token.claim("cnf", Map.of("jkt", key.thumbprint(), "x5t#S256", 7))),
				token("to nothing", (token) -> token.claim("cnf", Map.of())),
				token("to a text", (token) -> token.claim("cnf", key.thumbprint())),
				token("to a list", (token) -> token.claim("cnf", List.of(key.thumbprint()))),
				token("to a thumbprint that is no text", (token) -> token.claim("cnf", Map.of("jkt", 7))),
				token("to a key, by its type only", (token) -> token.claim("token_type", "DPoP")));
	}

	@ParameterizedTest
	@MethodSource
	void tokenThatIsBoundInAnotherWayIsRefused(UnaryOperator<Token> change) {
		String token = change.apply(allowed.token("records:browse")).sign();
		for (String scheme : List.of("DPoP ", "Bearer ")) {
			assertRefused("invalid_token", "bound", allowed, scheme + token, proof(allowed, token).sign()).isNotNull();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "DPoP", "DPoP ", "DPoPa.b.c", "DPoP a b", "DPoP a,b", "DPoP=x" })
	void malformedCredentialsAreRefused(String authorization) {
		assertRefused("invalid_token", "malformed", allowed, authorization, key.proof("POST", allowed.url()).sign())
			.contains("DPoP token is malformed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "dpop ", "DPOP ", "DPoP   " })
	void schemeIsReadLikeEveryOther(String scheme) {
		String token = bound(allowed.token("records:browse"));
		assertThat(send(allowed, scheme + token, proof(allowed, token).sign()).statusCode()).isEqualTo(200);
	}

	@Test
	void tokensWithTwoSchemesAreRefused() {
		String token = bound(allowed.token("records:browse"));
		HttpResponse<String> response = allowed.send(request(allowed, "DPoP " + token, proof(allowed, token).sign())
			.header("Authorization", "Bearer " + allowed.token().sign()));
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(McpResponse.of(response).challenge("error")).isEqualTo("invalid_request");
	}

	/** A proxy may set what it likes: the URL of a proof is the configured one. */
	@Test
	void forwardedHeadersDoNotChangeTheUrl() {
		String token = bound(allowed.token("records:browse"));
		Proof proof = proof(allowed, token).claim("htu", "https://evil.example/mcp");
		assertThat(allowed
			.send(request(allowed, "DPoP " + token, proof.sign()).header("X-Forwarded-Host", "evil.example")
				.header("X-Forwarded-Proto", "https")
				.header("Forwarded", "host=evil.example;proto=https"))
			.statusCode()).isEqualTo(401);
	}

	@Test
	void proofIsForTheCalledNameOfTheEndpoint() {
		String alias = allowed.url().replace("localhost", "127.0.0.1");
		String token = bound(authorizationServer.token(alias).scope("records:browse"));
		assertThat(allowed
			.send(request(allowed, "DPoP " + token, key.proof("POST", alias).token(token).sign())
				.uri(URI.create(alias)))
			.statusCode()).isEqualTo(200);
		assertThat(allowed
			.send(request(allowed, "DPoP " + token, key.proof("POST", allowed.url()).token(token).sign())
				.uri(URI.create(alias)))
			.statusCode()).isEqualTo(401);
	}

	@Test
	void sessionContinuesOnlyWithTheSameKey() {
		DpopKey other = DpopKey.generate();
		String token = bound(sessions.token("records:browse"));
		String session = sessions
			.send(request(sessions, "DPoP " + token, proof(sessions, token).sign()).POST(BodyPublishers.ofString("""
					{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",
					"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""")))
			.headers()
			.firstValue("Mcp-Session-Id")
			.orElseThrow();
		String renewed = bound(sessions.token("records:browse").claim("jti", "renewed"));
		String foreign = sessions.token("records:browse").boundTo(other).sign();
		String unbound = sessions.token("records:browse").sign();
		assertThat(sessions
			.send(request(sessions, "DPoP " + foreign, other.proof("POST", sessions.url()).token(foreign).sign())
				.header("Mcp-Session-Id", session))
			.statusCode()).isEqualTo(404);
		assertThat(sessions.send(request(sessions, "Bearer " + unbound).header("Mcp-Session-Id", session)).statusCode())
			.isEqualTo(404);
		assertThat(sessions.send(
				request(sessions, "DPoP " + renewed, proof(sessions, renewed).sign()).header("Mcp-Session-Id", session))
			.statusCode()).isEqualTo(200);
	}

	@Test
	void proofsOfDeniedClientsDoNotUseTheMemoryForThoseOfOthers() {
		try (SecuredServer server = start("allowed", "STATELESS", "mcp-security.dpop.max-proofs=1",
				"mcp-security.clients.deny=denied")) {
			String denied = bound(server.token("records:browse").clientId("denied"));
			for (int i = 0; i < 2; i++) {
				assertThat(send(server, "DPoP " + denied, proof(server, denied).sign()).statusCode()).isEqualTo(403);
			}
			String token = bound(server.token("records:browse"));
			assertThat(send(server, "Bearer " + token).statusCode()).isEqualTo(401);
			assertThat(send(server, "DPoP " + token, proof(server, token).sign()).statusCode()).isEqualTo(200);
			RecordedEvents events = server.context().getBean(RecordedEvents.class);
			await().untilAsserted(() -> assertThat(events.list()).filteredOn((event) -> "alice".equals(event.subject()))
				.extracting((event) -> event.data().get("reason"))
				.contains("client_denied"));
		}
	}

	@Test
	void introspectionThatNamesAnotherKeyThanTheTokenIsRefused() {
		String property = "mcp-security.authorization-servers[0].";
		try (TestIntrospectionEndpoint endpoint = TestIntrospectionEndpoint.start();
				SecuredServer server = start("allowed", "STATELESS", "mcp-security.token.revocation-check=introspect",
						property + "issuer=" + authorizationServer.issuer(),
						property + "introspection.uri=" + endpoint.uri(), property + "introspection.client-id=server",
						property + "introspection.client-secret=s3cret")) {
			Map<String, Object> cnf = Map.of("jkt", key.thumbprint());
			String unbound = server.token("records:browse").sign();
			endpoint.answer(unbound, Map.of("active", true, "cnf", Map.of("jkt", "x")));
			String other = bound(server.token("records:browse"));
			endpoint.answer(other, Map.of("active", true, "cnf", Map.of("jkt", "x")));
			for (int i = 0; i < 2; i++) {
				assertRefused("invalid_token", "bound", server, "Bearer " + unbound).contains("another key");
				assertRefused("invalid_token", "bound", server, "DPoP " + other, proof(server, other).sign())
					.contains("another key");
			}
			for (Map<String, Object> same : List.of(Map.<String, Object>of("active", true, "cnf", cnf),
					Map.<String, Object>of("active", true))) {
				String token = bound(server.token("records:browse").claim("jti", same.toString()));
				endpoint.answer(token, same);
				assertThat(send(server, "DPoP " + token, proof(server, token).sign()).statusCode()).isEqualTo(200);
			}
		}
	}

	@Test
	void eventContainsHowTheSenderWasConstrained() {
		assertThat(event(allowed, client(allowed).as(allowed.token("records:browse"), key)).data())
			.containsEntry("senderConstraints", List.of("dpop"));
		assertThat(event(allowed, client(allowed).as(allowed.token("records:browse"))).data())
			.doesNotContainKey("senderConstraints");
	}

	@Test
	void browserMayUseDpop() {
		HttpResponse<String> preflight = allowed.send(HttpRequest.newBuilder(URI.create(allowed.url()))
			.header("Origin", "https://app.example")
			.header("Access-Control-Request-Method", "POST")
			.header("Access-Control-Request-Headers", "authorization,dpop")
			.method("OPTIONS", BodyPublishers.noBody()));
		assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers").orElseThrow()).contains("dpop");
		HttpResponse<String> response = allowed
			.send(request(allowed, "DPoP x").header("Origin", "https://app.example"));
		assertThat(response.headers().firstValue("Access-Control-Expose-Headers").orElseThrow()).contains("DPoP-Nonce");
	}

	private static Arguments proof(String name, String reason, UnaryOperator<Proof> change) {
		return argumentSet(name, reason, signed((proof, token) -> change.apply(proof).sign()));
	}

	private static Arguments token(String name, UnaryOperator<Token> change) {
		return argumentSet(name, change);
	}

	private static BiFunction<Proof, String, String> signed(BiFunction<Proof, String, String> sign) {
		return sign;
	}

	private static String foreign(Proof proof) {
		DpopKey other = DpopKey.generate();
		return signedBy(other, proof, header(other.key().toPublicJWK()));
	}

	/** Sign a proof, also one that Nimbus would not create. */
	private static String signedBy(DpopKey signer, Proof proof, Map<String, Object> header) {
		try {
			String input = Base64URL.encode(JSONObjectUtils.toJSONString(header)) + "."
					+ Base64URL.encode(proof.claims().toString());
			return input + "." + new ECDSASigner(signer.key()).sign(new JWSHeader(JWSAlgorithm.ES256),
					input.getBytes(StandardCharsets.US_ASCII));
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Map<String, Object> header(JWK named) {
		return Map.of("alg", "ES256", "typ", "dpop+jwt", "jwk", named.toJSONObject());
	}

	/** Signed with the public key as the secret. */
	private static String mac(Proof proof) {
		try {
			JWK named = key.key().toPublicJWK();
			SignedJWT jwt = new SignedJWT(
					new JWSHeader.Builder(JWSAlgorithm.HS256).type(new JOSEObjectType("dpop+jwt")).jwk(named).build(),
					proof.claims());
			jwt.sign(new MACSigner(named.toJSONString().getBytes(StandardCharsets.UTF_8)));
			return jwt.serialize();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String bound(Token token) {
		return token.boundTo(key).sign();
	}

	private static Proof proof(SecuredServer server, String token) {
		String nonce = server.context().getBean(SenderConstraints.class).proofs().nonce();
		return key.proof("POST", server.url()).token(token).claim("nonce", nonce);
	}

	private static Date inSeconds(int seconds) {
		return Date.from(Instant.now().plusSeconds(seconds));
	}

	private static McpTestClient client(SecuredServer server) {
		return new McpTestClient(URI.create(server.url()), server.authorizationServer());
	}

	private static HttpRequest.Builder request(SecuredServer server, String authorization, String... proofs) {
		HttpRequest.Builder request = server.post(null, LIST).header("Authorization", authorization);
		Stream.of(proofs).forEach((proof) -> request.header("DPoP", proof));
		return request;
	}

	private static HttpResponse<String> send(SecuredServer server, String authorization, String... proofs) {
		return server.send(request(server, authorization, proofs));
	}

	/**
	 * A request with a bad token or proof: 401, one message and one event.
	 * @return the message
	 */
	private static AbstractStringAssert<?> assertRefused(String code, String reason, SecuredServer server,
			String authorization, String... proofs) {
		RecordedEvents events = server.context().getBean(RecordedEvents.class);
		events.list().clear();
		HttpResponse<String> response = send(server, authorization, proofs);
		assertThat(response.statusCode()).as(response.headers().toString()).isEqualTo(401);
		assertThat(McpResponse.of(response).challenge("error")).isEqualTo(code);
		await().until(() -> !events.list().isEmpty());
		assertThat(events.list()).singleElement().satisfies((event) -> {
			assertThat(event.type()).isEqualTo(McpAuditEvent.Type.MCP_AUTHENTICATION_FAILED);
			assertThat(event.data()).containsEntry("reason", reason).doesNotContainKeys("subject", "senderConstraints");
		});
		return assertThat(McpResponse.of(response).challenge("error_description"));
	}

	private static McpAuditEvent event(SecuredServer server, McpTestClient client) {
		RecordedEvents events = server.context().getBean(RecordedEvents.class);
		events.list().clear();
		client.call("browse");
		return await().until(() -> events.list().stream().findFirst().orElse(null), Objects::nonNull);
	}

	/** The records, and the events. */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ RecordsApplication.Records.class, RecordedEvents.class })
	static class DpopApplication {

	}

}
