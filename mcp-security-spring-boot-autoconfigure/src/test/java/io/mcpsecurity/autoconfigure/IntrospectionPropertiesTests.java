package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.mcpsecurity.test.LookAlikes;
import io.mcpsecurity.test.TestHttp;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.Introspections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is configured of introspection endpoints.
 */
class IntrospectionPropertiesTests {

	private static final String FIRST = "mcp-security.authorization-servers[0].";

	private static final String SECOND = "mcp-security.authorization-servers[1].";

	private static final Supplier<BoundedHttp> HTTP = () -> TestHttp.within(Duration.ofSeconds(1));

	@TempDir
	private Path directory;

	@Test
	void singleIntrospectionEndpointIsUsedForOpaqueTokensButNotForJwts() {
		Introspections introspections = checked().introspections(HTTP);
		assertThat(introspections.opaqueIssuer()).isEqualTo("https://a.example");
		assertThat(introspections.forJwts()).isFalse();
		assertThat(introspections.byIssuer()).containsOnlyKeys("https://a.example");
	}

	@Test
	void whenSeveralIntrospectionEndpointsThenOneMustBeSelectedForOpaqueTokens() {
		List<String> second = List.of(SECOND + "issuer", "https://b.example", SECOND + "introspection.uri",
				"https://b.example/introspect", SECOND + "introspection.client-id", "server",
				SECOND + "introspection.client-secret", "secret");
		assertRefused(SECOND + "introspection.opaque-tokens", second.toArray(String[]::new));
		List<String> told = new ArrayList<>(second);
		told.addAll(List.of(FIRST + "introspection.opaque-tokens", "false", "mcp-security.token.revocation-check",
				"introspect"));
		Introspections introspections = checked(told.toArray(String[]::new)).introspections(HTTP);
		assertThat(introspections.opaqueIssuer()).isEqualTo("https://b.example");
		assertThat(introspections.forJwts()).isTrue();
	}

	@Test
	void revocationCheckRequiresIntrospectionEndpoint() {
		assertRefused(SECOND + "introspection.uri", "mcp-security.token.revocation-check", "introspect",
				SECOND + "issuer", "https://b.example");
	}

	@ParameterizedTest
	@ValueSource(strings = { "RSA", "EC" })
	void privateKeyIsReadFromFile(String algorithm) throws IOException, NoSuchAlgorithmException {
		byte[] key = KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate().getEncoded();
		Path file = Files.writeString(this.directory.resolve("key.pem"), LookAlikes.beginOfKey("") + "\n"
				+ Base64.getMimeEncoder().encodeToString(key) + "\n" + LookAlikes.endOfKey("") + "\n");
		assertThat(checked(FIRST + "introspection.client-secret", "", FIRST + "introspection.private-key",
				file.toUri().toString())
			.introspections(HTTP)
			.all()).hasSize(1);
	}

	@Test
	void fileWithoutPrivateKeyIsRefused() throws IOException {
		Path file = Files.writeString(this.directory.resolve("key.pem"), "no key");
		for (String location : List.of(file.toUri().toString(), "file:/not/there.pem")) {
			assertRefused(FIRST + "introspection.private-key", FIRST + "introspection.client-secret", "",
					FIRST + "introspection.private-key", location);
		}
	}

	@Test
	void toStringOmitsClientSecret() {
		assertThat(PropertyBinder.bind(Refusal.environment(properties())).toString()).doesNotContain("s3cret");
	}

	private static void assertRefused(String property, String... changes) {
		Refusal refusal = Refusal.of(properties(changes));
		assertThat(refusal.property()).isEqualTo(property);
		assertThat(refusal.reason()).doesNotContain("s3cret");
	}

	private static CheckedProperties checked(String... changes) {
		return Refusal.checked(properties(changes));
	}

	private static String[] properties(String... changes) {
		Map<String, String> source = new LinkedHashMap<>(Map.of("mcp-security.resource", "https://mcp.example.com/mcp",
				FIRST + "issuer", "https://a.example", FIRST + "introspection.uri", "https://a.example/introspect",
				FIRST + "introspection.client-id", "server", FIRST + "introspection.client-secret", "s3cret"));
		for (int i = 0; i < changes.length; i += 2) {
			source.put(changes[i], changes[i + 1]);
		}
		return source.entrySet()
			.stream()
			.filter((property) -> !property.getValue().isEmpty())
			.map((property) -> property.getKey() + "=" + property.getValue())
			.toArray(String[]::new);
	}

}
