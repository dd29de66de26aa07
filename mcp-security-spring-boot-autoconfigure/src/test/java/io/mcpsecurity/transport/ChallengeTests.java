package io.mcpsecurity.transport;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;

import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RawConnection;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.SecuredServers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients are told, to the letter, over real HTTP.
 */
class ChallengeTests {

	private static final String ALL_SCOPES = "records:purge records:export records:admin records:browse records:write";

	@ParameterizedTest
	@EnumSource
	void challengeWithoutCredentialsHasNoError(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		HttpResponse<String> response = server.send(server.post(null, call("tools/list", "{}")));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(challenges(response))
			.containsExactly("Bearer resource_metadata=\"%s\", scope=\"%s\"".formatted(metadata(server), ALL_SCOPES));
	}

	@ParameterizedTest
	@EnumSource
	void invalidTokenGets401WithInvalidTokenError(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		HttpResponse<String> response = server.send(server.post("no-token", call("tools/list", "{}")));
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(challenges(response)).containsExactly(
				"Bearer error=\"invalid_token\", error_description=\"The token is not a JWT\", resource_metadata=\"%s\", scope=\"%s\""
					.formatted(metadata(server), ALL_SCOPES));
	}

	@ParameterizedTest
	@EnumSource
	void missingScopeGets403WithMissingScopesFirst(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		HttpResponse<String> response = server.callTool(server.token("records:browse").sign(), "move", "{}");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(challenges(response)).containsExactly(
				"Bearer error=\"insufficient_scope\", scope=\"records:write records:browse\", resource_metadata=\"%s\", error_description=\"Needs the scope records:write as well\""
					.formatted(metadata(server)));
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(response.body()).isEqualTo(
				"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32011,\"message\":\"Needs the scope records:write as well\"}}");
	}

	/**
	 * A client of revision 2025-11-25 or before may request the scopes of a challenge
	 * alone. The scopes of this resource that it holds are named as well, so it does not
	 * lose them, and does not need another challenge for each of its calls.
	 */
	@ParameterizedTest
	@EnumSource
	void clientRequestingScopesOfChallengeKeepsHeldScopes(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		List<String> tools = List.of("browse", "purge", "move", "browse", "purge", "export", "move");
		String[] scopes = { "openid", "offline_access", "records:elsewhere" };
		int challenges = 0;
		for (String tool : tools) {
			HttpResponse<String> response = server.callTool(server.token(scopes).sign(), tool, "{}");
			if (response.statusCode() == 403) {
				challenges++;
				scopes = challenges(response).get(0).replaceFirst(".* scope=\"([^\"]*)\".*", "$1").split(" ");
				assertThat(server.callTool(server.token(scopes).sign(), tool, "{}").statusCode()).isEqualTo(200);
			}
		}
		assertThat(challenges).isEqualTo(4);
		assertThat(scopes).containsExactlyInAnyOrder("records:browse", "records:purge", "records:write",
				"records:export");
	}

	@ParameterizedTest
	@EnumSource
	void challengeForAnyOfContainsNarrowestScope(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		HttpResponse<String> response = server.callTool(server.token().sign(), "export", "{}");
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(challenges(response)).singleElement().asString().contains("scope=\"records:export\"");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					tools/call          | {"name":"browse","arguments":{}}      | records:browse
					tools/call          | {"name":"purge","arguments":{}}       | records:purge
					resources/read      | {"uri":"records://all"}               | records:browse
					resources/read      | {"uri":"records://5/details"}         | records:browse
					prompts/get         | {"name":"summarize"}                  | records:browse
					completion/complete | {"ref":{"type":"ref/prompt","name":"summarize"},"argument":{"name":"a","value":"b"}} | records:browse
					""")
	void everyTargetKindIsChallengedAndServedWithScope(String method, String params, String scope) {
		for (Protocol protocol : Protocol.values()) {
			SecuredServer server = SecuredServers.of(protocol);
			HttpResponse<String> denied = server.call(server.token("other").sign(), method, params);
			assertThat(denied.statusCode()).isEqualTo(403);
			assertThat(challenges(denied)).singleElement().asString().contains("scope=\"" + scope + "\"");
			HttpResponse<String> served = server.call(server.token(scope).sign(), method, params);
			assertThat(served.statusCode()).isEqualTo(200);
			assertThat(SecuredServer.json(served).has("result")).as(served.body()).isTrue();
		}
	}

	@ParameterizedTest
	@EnumSource
	void requestIdIsReturnedUnchanged(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		HttpResponse<String> response = server.send(server.post(server.token().sign(),
				"{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"tools/call\",\"params\":{\"name\":\"browse\"}}"));
		assertThat(response.statusCode()).isEqualTo(403);
		assertThat(SecuredServer.json(response).path("id").asString()).isEqualTo("a\"b");
	}

	@ParameterizedTest
	@EnumSource
	void toolWithoutRuleRequiresOnlyAuthentication(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		assertThat(SecuredServer.text(server.callTool(server.token().sign(), "time", "{}"))).isEqualTo("noon");
	}

	@ParameterizedTest
	@EnumSource
	void unknownToolIsNotChallenged(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		HttpResponse<String> response = server.callTool(server.token().sign(), "no-such-tool", "{}");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(-32602);
	}

	@ParameterizedTest
	@EnumSource
	void refusedRequestCreatesNoHttpSession(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		for (HttpResponse<String> response : List.of(server.send(server.post(null, "{}")),
				server.send(server.post("bad", "{}")), server.callTool(server.token().sign(), "browse", "{}"),
				server.get(server.url()))) {
			assertThat(response.statusCode()).isIn(401, 403);
			assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource
	void responsesAreNotCacheable(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		String token = server.token().sign();
		for (HttpResponse<String> response : List.of(server.send(server.post(null, "{}")),
				server.send(server.post("bad", "{}")), server.callTool(token, "browse", "{}"),
				server.callTool(token, "time", "{}"))) {
			assertThat(response.headers().allValues("Cache-Control")).contains("no-store");
			assertThat(response.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
		}
	}

	@ParameterizedTest
	@CsvSource({ "GET", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD" })
	void everyHttpMethodRequiresToken(String method) {
		for (Protocol protocol : Protocol.values()) {
			SecuredServer server = SecuredServers.of(protocol);
			HttpResponse<String> response = server
				.send(HttpRequest.newBuilder(URI.create(server.url())).method(method, BodyPublishers.noBody()));
			assertThat(response.statusCode()).isEqualTo(401);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			text/plain                       | 415
			text/json                        | 415
			application/json-rpc             | 415
			application/x-www-form-urlencoded | 415
			multipart/form-data; boundary=x  | 415
			application/json, text/plain     | 415
			*/*                              | 415
			nonsense                         | 415
			application/json; charset=utf-16 | 400
			application/json; charset=utf-7  | 400
			application/json; charset=nonsense | 400
			application/json; charset="iso-8859-1" | 400
			application/json; charset=utf-8; charset=utf-16 | 400
			application/json; Charset=utf-16; charset=utf-8 | 400
			application/json; charset=       | 400
			Application/JSON; Charset="utf-8" | 200
			application/json; charset=UTF-8 | 200
			application/json                | 200
			""")
	void onlyJsonInUtf8IsAccepted(String contentType, int status) {
		SecuredServer server = SecuredServers.of(Protocol.STATELESS);
		HttpResponse<String> response = server
			.send(server.post(server.token().sign(), call("tools/list", "{}")).setHeader("Content-Type", contentType));
		assertThat(response.statusCode()).isEqualTo(status);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			[]                                      | -32600
			nonsense                                | -32700
			{"jsonrpc":"2.0","id":1}                | -32600
			{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"time"},"method":"ping"} | -32700
			{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}} | -32602
			{"jsonrpc":"2.0","id":1,"method":"a\\r\\n2026 INFO forged"} | -32600
			""")
	void invalidMessageIsRefusedWithoutImplementationDetails(String body, int code) {
		SecuredServer server = SecuredServers.of(Protocol.STATELESS);
		HttpResponse<String> response = server.send(server.post(server.token().sign(), body));
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(SecuredServer.json(response).at("/error/code").asInt()).isEqualTo(code);
		assertThat(response.body()).doesNotContain("xception", "io.mcpsecurity", "jackson");
	}

	/**
	 * As a content delivery network sends the name of a town, and browsers a cookie.
	 */
	@ParameterizedTest
	@EnumSource
	void headersInUtf8AreAccepted(Protocol protocol) {
		SecuredServer server = SecuredServers.of(protocol);
		String headers = "Host: localhost\r\nX-Town: Zürich \u200b北京\r\nCookie: näme=wért; other=1\r\n";
		try (RawConnection connection = RawConnection.to(server.url())) {
			String body = call("ping", "{}");
			connection.send("POST /mcp HTTP/1.1\r\n" + headers + "Authorization: Bearer " + server.token().sign()
					+ "\r\nContent-Type: application/json\r\nMcp-Session-Id: "
					+ ((protocol == Protocol.STREAMABLE) ? server.initialize(server.token().sign()) : "none")
					+ "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
			assertThat(connection.read().status()).isEqualTo(200);
		}
		for (String path : List.of("/mcp", "/.well-known/oauth-protected-resource/mcp")) {
			try (RawConnection connection = RawConnection.to(server.url())) {
				connection.send("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n");
				assertThat(connection.read().status()).as(path).isEqualTo(path.equals("/mcp") ? 401 : 200);
			}
		}
	}

	private static String call(String method, String params) {
		return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}";
	}

	private static String metadata(SecuredServer server) {
		return server.url("/.well-known/oauth-protected-resource/mcp");
	}

	private static List<String> challenges(HttpResponse<String> response) {
		return response.headers().allValues("WWW-Authenticate");
	}

}
