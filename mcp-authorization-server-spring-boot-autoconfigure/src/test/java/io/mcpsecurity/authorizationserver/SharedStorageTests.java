package io.mcpsecurity.authorizationserver;

import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances of an authorization server with one database, over HTTP.
 */
@ParameterizedClass
@EnumSource(Database.class)
class SharedStorageTests {

	private static final String APP = "app";

	private static String url;

	private static ServerInstance one;

	private static ServerInstance two;

	@Parameter
	private Database database;

	@BeforeParameterizedClassInvocation
	static void start(Database database) {
		url = database.newUrl();
		one = new ServerInstance(database, url);
		two = new ServerInstance(database, url);
	}

	@AfterParameterizedClassInvocation
	static void stop() {
		one.close();
		two.close();
	}

	@Test
	void codeFromOneInstanceIsRedeemedAtTheOtherAndOnlyOnce() throws Exception {
		String code = one.code(APP, "records:read");
		HttpResponse<String> response = two.redeem(APP, code);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		assertThat(two.isActive(ServerInstance.json(response).get("access_token"))).isTrue();
		assertThat(one.redeem(APP, code).body()).contains("invalid_grant");
		assertThat(two.refresh(APP, ServerInstance.json(response).get("refresh_token")).body())
			.contains("invalid_grant");
	}

	@Test
	void oneOfEightRedemptionsInParallelSucceeds() throws Exception {
		for (int i = 0; i < 5; i++) {
			String code = one.code(APP, "records:read");
			assertThat(inParallel(8, (instance) -> instance.redeem(APP, code))).containsOnlyOnce(200)
				.containsOnly(200, 400);
		}
	}

	/** The requests differ, so they are not treated as one. */
	@Test
	void oneOfSeveralRefreshesInParallelSucceedsAndTheAuthorizationEnds() throws Exception {
		HttpResponse<String> tokens = one.redeem(APP, one.code(APP, "records:read", "records:write"));
		Object refreshToken = ServerInstance.json(tokens).get("refresh_token");
		List<HttpResponse<String>> responses = new ArrayList<>();
		List<List<String>> scopes = List.of(List.of(), List.of("records:read"), List.of("records:write"),
				List.of("records:read", "records:write"));
		assertThat(inParallel(4, (instance) -> {
			int number;
			HttpResponse<String> response;
			synchronized (responses) {
				number = responses.size();
				responses.add(tokens);
			}
			response = instance.refresh(APP, refreshToken, scopes.get(number).toArray(String[]::new));
			responses.set(number, response);
			return response;
		})).containsOnlyOnce(200).containsOnly(200, 400);
		for (HttpResponse<String> response : responses) {
			Object next = ServerInstance.json(response).get("refresh_token");
			if (next != null) {
				assertThat(two.refresh(APP, next).statusCode()).isEqualTo(400);
			}
		}
	}

	@Test
	void refreshTokenThatWasReplacedAtOneInstanceEndsItsAuthorizationAtTheOther() throws Exception {
		Object first = one.tokens(APP).get("refresh_token");
		Object second = ServerInstance.json(one.refresh(APP, first)).get("refresh_token");
		Object third = ServerInstance.json(two.refresh(APP, second)).get("refresh_token");
		assertThat(third).isNotNull();
		assertThat(two.refresh(APP, first).body()).contains("invalid_grant");
		assertThat(one.refresh(APP, third).body()).contains("invalid_grant");
	}

	@Test
	void registeredClientIsKnownAndWidenedAtBothInstances() throws Exception {
		String client = one.register();
		two.redeem(client, two.code(client, "records:read"));
		assertThat(one.administer("client=" + client + "&scope=records:read&scope=records:write").statusCode())
			.isEqualTo(302);
		HttpResponse<String> tokens = one.redeem(client, two.code(client, "records:read", "records:write"));
		assertThat(String.valueOf(ServerInstance.json(tokens).get("scope")).split(" "))
			.containsExactlyInAnyOrder("records:read", "records:write");
	}

	@Test
	void clientThatIsRevokedAtOneInstanceIsRefusedAtTheOther() throws Exception {
		for (String client : List.of(one.register(), APP)) {
			Map<String, Object> tokens = one.tokens(client);
			String code = one.code(client, "records:read");
			HttpClient alice = two.signIn("alice");
			String state = two.pending(alice, client, "records:read");
			assertThat(two.isActive(tokens.get("access_token"))).isTrue();
			assertThat(one.administer("action=revoke&client=" + client).statusCode()).isEqualTo(302);
			assertThat(two.redeem(client, code).statusCode()).isEqualTo(401);
			assertThat(two.refresh(client, tokens.get("refresh_token")).statusCode()).isEqualTo(401);
			assertThat(two.isActive(tokens.get("access_token"))).isFalse();
			assertThat(two.isActive(tokens.get("refresh_token"))).isFalse();
			assertThat(two.authorize(alice, client, "records:read").statusCode()).isEqualTo(400);
			assertThat(two.get(alice, "/consent?state=" + state)).contains("400");
		}
		assertThat(two.administer("action=restore&client=" + APP).statusCode()).isEqualTo(302);
		assertThat(one.tokens(APP)).containsKey("access_token");
	}

	@Test
	void revokedAgentGetsNoTokens() throws Exception {
		String form = "grant_type=client_credentials&scope=records:read";
		assertThat(two.token(ServerInstance.AGENT, form).statusCode()).isEqualTo(200);
		one.administer("action=revoke&client=agent");
		assertThat(two.token(ServerInstance.AGENT, form).statusCode()).isEqualTo(401);
		one.administer("action=restore&client=agent");
		assertThat(two.token(ServerInstance.AGENT, form).statusCode()).isEqualTo(200);
	}

	@Test
	void keysAreTheSame() throws Exception {
		String keys = one.send(one.request("/oauth2/jwks", null)).body();
		assertThat(keys).contains("\"kid\"").doesNotContain("\"d\"");
		assertThat(two.send(two.request("/oauth2/jwks", null)).body()).isEqualTo(keys);
	}

	@Test
	void refreshTokenAndClientOutliveARestart() throws Exception {
		String client = one.register();
		Map<String, Object> tokens = one.tokens(client);
		try (ServerInstance restarted = new ServerInstance(this.database, url)) {
			assertThat(restarted.isActive(tokens.get("access_token"))).isTrue();
			assertThat(restarted.refresh(client, tokens.get("refresh_token")).statusCode()).isEqualTo(200);
		}
	}

	@Test
	void nothingInTheDatabaseCanBeUsed() throws Exception {
		String client = one.register();
		Object refreshToken = one.tokens(client).get("refresh_token");
		HttpClient alice = one.signIn("alice");
		one.pending(alice, client, "records:read");
		String code = one.code(client, "records:read");
		List<String> values = new ArrayList<>();
		JdbcTemplate jdbc = new JdbcTemplate(one.bean(DataSource.class));
		for (String table : List.of("mcp_authorization", "mcp_registered_client", "mcp_signing_key")) {
			List<Map<String, String>> rows = jdbc.query("select * from " + table, (row, number) -> {
				Map<String, String> columns = new LinkedHashMap<>();
				for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
					columns.put(row.getMetaData().getColumnName(i), String.valueOf(row.getString(i)));
				}
				return columns;
			});
			assertThat(rows).isNotEmpty();
			rows.forEach((row) -> values.addAll(row.values()));
		}
		assertThat(String.join(" ", values)).doesNotContain(String.valueOf(refreshToken), code, "\"kty\"", "{bcrypt}");
		for (String value : List.copyOf(new LinkedHashSet<>(values))) {
			if (value.length() < 4000) {
				assertThat(one.redeem(client, value).statusCode()).as(value).isEqualTo(400);
				assertThat(one.refresh(client, value).statusCode()).as(value).isEqualTo(400);
				assertThat(one.refresh(client, value + ".x").statusCode()).as(value).isEqualTo(400);
				assertThat(one.isActive(value)).as(value).isFalse();
				assertThat(one.get(alice, "/consent?state=" + ServerInstance.encoded(value))).as(value).contains("400");
			}
		}
		assertThat(one.refresh(client, refreshToken).statusCode()).isEqualTo(200);
		assertThat(one.redeem(client, code).statusCode()).isEqualTo(200);
	}

	/** What an attacker can try who writes to the database. */
	@Test
	void changedEntryIsNotUsed() throws Exception {
		JdbcTemplate jdbc = new JdbcTemplate(one.bean(DataSource.class));
		jdbc.update("delete from mcp_authorization");
		one.code(APP, "records:read");
		String hashOfX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
		assertThat(jdbc.update("update mcp_authorization set code_hash = ?", hashOfX)).isOne();
		assertThat(one.redeem(APP, "x").body()).contains("invalid_grant");
		String client = one.register();
		String other = one.register();
		jdbc.update("update mcp_registered_client set data = (select data from mcp_registered_client "
				+ "where client_id = ?) where client_id = ?", other, client);
		HttpClient alice = one.signIn("alice");
		assertThat(one.authorize(alice, client, "records:read").statusCode()).isEqualTo(400);
		assertThat(one.authorize(alice, other, "records:read").statusCode()).isEqualTo(302);
	}

	private List<Integer> inParallel(int count, Request request) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(count);
		try {
			List<Callable<Integer>> calls = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				ServerInstance instance = (i % 2 == 0) ? one : two;
				calls.add(() -> request.send(instance).statusCode());
			}
			List<Integer> statuses = new ArrayList<>();
			for (Future<Integer> response : threads.invokeAll(calls)) {
				statuses.add(response.get());
			}
			return statuses;
		}
		finally {
			threads.shutdownNow();
		}
	}

	/**
	 * A request to an instance.
	 */
	private interface Request {

		HttpResponse<String> send(ServerInstance instance) throws Exception;

	}

}
