package io.mcpsecurity.token;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.McpActor;
import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.InvalidBearerTokenException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * How the claims of the authorization servers in the field become a caller.
 */
class McpCallerConverterTests {

	private static final String RESOURCE = "https://mcp.example/mcp";

	@Test
	void allClaimsOfCallerAreRead() {
		Map<String, Object> claims = Map.of("iss", "https://login.example.com/", "sub", "alice", "client_id", "agent",
				"scope", "a b", "jti", "1", "act",
				Map.of("sub", "bot", "iss", "https://other.example", "client_id", "bot-client"));
		assertThat(caller(claims)).isEqualTo(McpCaller.builder("alice", "https://login.example.com/", RESOURCE)
			.client("agent")
			.actors(List.of(new McpActor("bot", "https://other.example", "bot-client")), false)
			.scopes(Set.of("a", "b"))
			.claims(claims)
			.build());
	}

	@Test
	void missingClaimsAreNullOrEmpty() {
		McpCaller caller = caller(Map.of());
		assertThat(caller.client()).isNull();
		assertThat(caller.tokenId()).isNull();
		assertThat(caller.actors()).isEmpty();
		assertThat(caller.scopes()).isEmpty();
		assertThat(caller.claim("tenant")).isNull();
	}

	@Test
	void claimsAreReadableButNotInToString() {
		McpCaller caller = caller(Map.of("tenant", "acme", "exp", Instant.ofEpochSecond(2_000_000_000), "level", 3));
		assertThat(caller.claim("tenant")).isEqualTo("acme");
		assertThat(caller.claim("level", Integer.class)).isEqualTo(3);
		assertThat(caller.claim("exp")).isEqualTo(2_000_000_000L);
		assertThatExceptionOfType(ClassCastException.class).isThrownBy(() -> caller.claim("level", String.class));
		assertThat(caller.toString()).doesNotContain("tenant", "acme", "2000000000");
	}

	static Stream<Arguments> scopes() {
		return Stream.of(arguments(Map.of("scope", "a b"), Set.of("a", "b")),
				arguments(Map.of("scope", "  a  b  a "), Set.of("a", "b")),
				arguments(Map.of("scope", List.of("a", "b")), Set.of("a", "b")),
				arguments(Map.of("scp", "a b"), Set.of("a", "b")),
				arguments(Map.of("scp", List.of("a", "b")), Set.of("a", "b")),
				arguments(Map.of("scope", "a", "scp", List.of("b")), Set.of("a", "b")),
				arguments(Map.of("scope", "", "scp", "b"), Set.of("b")), arguments(Map.of("scope", ""), Set.of()),
				arguments(Map.of("scope", " "), Set.of()), arguments(Map.of("scope", List.of()), Set.of()),
				arguments(Map.of(), Set.of()),
				// Not split: no scope has a space, so this one opens nothing.
				arguments(Map.of("scope", List.of("a b")), Set.of("a b")),
				// Not scopes, whatever they are called.
				arguments(Map.of("scopes", "a", "roles", List.of("a"), "permissions", List.of("a"), "authorities", "a",
						"Scope", "a"), Set.of()));
	}

	@ParameterizedTest
	@MethodSource("scopes")
	void scopesAreReadFromBothClaimsAsStringOrArray(Map<String, Object> claims, Set<String> scopes) {
		assertThat(caller(claims).scopes()).isEqualTo(scopes);
	}

	static Stream<Arguments> clients() {
		return Stream.of(arguments(Map.of("client_id", "c"), "c"), arguments(Map.of("azp", "c"), "c"),
				arguments(Map.of("cid", "c"), "c"), arguments(Map.of("appid", "c"), "c"),
				arguments(Map.of("applicationId", "c"), "c"),
				arguments(Map.of("azp", "other", "client_id", "c", "cid", "other"), "c"),
				arguments(Map.of("appid", "other", "azp", "c"), "c"), arguments(Map.of("client", "c"), null));
	}

	@ParameterizedTest
	@MethodSource("clients")
	void clientIsReadFromCommonClaims(Map<String, Object> claims, @Nullable String client) {
		assertThat(caller(claims).client()).isEqualTo(client);
	}

	static Stream<Map<String, Object>> malformed() {
		return Stream.of(Map.of("scope", 5), Map.of("scope", true), Map.of("scope", Map.of("a", "b")),
				Map.of("scope", Arrays.asList("a", 5)), Map.of("scope", Arrays.asList("a", null)),
				Map.of("scope", List.of(List.of("a"))), Map.of("scp", 5), Map.of("scope", "a", "scp", List.of(5)),
				Map.of("sub", 5), Map.of("sub", List.of("alice")), Map.of("sub", Map.of("name", "alice")),
				Map.of("client_id", 5), Map.of("azp", List.of("c")), Map.of("jti", 5), Map.of("act", "bot"),
				Map.of("act", List.of("bot")), Map.of("act", 5), Map.of("act", Map.of("sub", 5)),
				Map.of("act", Map.of("sub", List.of("bot"))), Map.of("act", Map.of("sub", "bot", "act", "bot")),
				Map.of("act", Map.of("client_id", true)), Map.of("act", Map.of("iss", 5)));
	}

	@ParameterizedTest
	@MethodSource("malformed")
	void claimOfInvalidTypeIsRefused(Map<String, Object> claims) {
		assertThatExceptionOfType(InvalidBearerTokenException.class).isThrownBy(() -> caller(claims))
			.withMessageMatching("The token's \\w+ claim is malformed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "\t" })
	void blankSubjectIsRefused(String subject) {
		assertThatExceptionOfType(InvalidBearerTokenException.class).isThrownBy(() -> caller(Map.of("sub", subject)))
			.withMessage("The token has no sub claim");
	}

	@Test
	void missingSubjectIsRefused() {
		Jwt jwt = Jwt.withTokenValue("value").header("alg", "RS256").claim("iss", "https://login.example.com").build();
		assertThatExceptionOfType(InvalidBearerTokenException.class)
			.isThrownBy(() -> new McpCallerConverter(RESOURCE, UnaryOperator.identity()).convert(jwt));
	}

	@Test
	void actorsAreInChainOrderStartingWithCurrent() {
		McpCaller caller = caller(Map.of("act",
				Map.of("sub", "current", "act", Map.of("client_id", "before", "act", Map.of("sub", "first")))));
		assertThat(caller.actors()).containsExactly(new McpActor("current", null, null),
				new McpActor(null, null, "before"), new McpActor("first", null, null));
		assertThat(caller.actorsTruncated()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, McpCaller.MAX_ACTORS, McpCaller.MAX_ACTORS + 1, 1000 })
	void longActorChainIsTruncated(int length) {
		Map<String, Object> act = Map.of("sub", "actor-" + length);
		for (int i = length - 1; i > 0; i--) {
			act = Map.of("sub", "actor-" + i, "act", act);
		}
		McpCaller caller = caller(Map.of("act", act));
		assertThat(caller.actors()).hasSize(Math.min(length, McpCaller.MAX_ACTORS))
			.first()
			.isEqualTo(new McpActor("actor-1", null, null));
		assertThat(caller.actorsTruncated()).isEqualTo(length > McpCaller.MAX_ACTORS);
	}

	@Test
	void mayActClaimIsIgnored() {
		assertThat(caller(Map.of("may_act", Map.of("sub", "bot"))).actors()).isEmpty();
	}

	@Test
	void callerIsImmutable() {
		List<Object> scopes = new ArrayList<>(List.of("a"));
		McpCaller caller = caller(Map.of("scope", scopes));
		scopes.add("b");
		assertThat(caller.scopes()).containsExactly("a");
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> caller.scopes().add("c"));
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> caller.actors().clear());
	}

	@Test
	void toStringDoesNotContainToken() {
		assertThat(caller(Map.of("scope", "a")).toString()).doesNotContain("value-of-the-token");
	}

	private static McpCaller caller(Map<String, Object> claims) {
		return new McpCallerConverter(RESOURCE, UnaryOperator.identity()).convert(jwt(claims));
	}

	private static Jwt jwt(Map<String, Object> claims) {
		Map<String, Object> all = new HashMap<>(Map.of("iss", "https://login.example.com", "sub", "alice"));
		all.putAll(claims);
		return Jwt.withTokenValue("value-of-the-token").header("alg", "RS256").claims((map) -> map.putAll(all)).build();
	}

}
