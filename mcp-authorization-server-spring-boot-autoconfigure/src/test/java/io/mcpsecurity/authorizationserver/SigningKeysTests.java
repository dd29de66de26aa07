package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * How long keys are published, and when they sign.
 */
@ExtendWith(OutputCaptureExtension.class)
class SigningKeysTests {

	private static final Duration ROTATION = Duration.ofDays(30);

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

	private final InstantSource time = this.now::get;

	@TempDir
	private Path directory;

	@Test
	void keysLastAcrossRestarts() throws IOException {
		SigningKeys first = keys();
		String signer = signer(first);
		assertThat(signer(keys())).isEqualTo(signer);
		advance(ROTATION);
		List<String> published = published(first);
		assertThat(published).hasSize(2);
		assertThat(published(keys())).isEqualTo(published);
	}

	@Test
	void newKeyIsPublishedBeforeItSignsAndOldKeyWhileItsTokensAreValid() throws IOException {
		SigningKeys keys = keys();
		String first = signer(keys);
		advance(ROTATION.minusSeconds(1));
		assertThat(published(keys)).containsExactly(first);
		advance(Duration.ofSeconds(1));
		String second = published(keys).get(1);
		advance(Duration.ofMinutes(59));
		assertThat(signer(keys)).isEqualTo(first);
		advance(Duration.ofMinutes(1));
		assertThat(signer(keys)).isEqualTo(second);
		advance(Duration.ofMinutes(10));
		assertThat(published(keys)).containsExactly(first, second);
		advance(Duration.ofMinutes(1));
		assertThat(published(keys)).containsExactly(second);
	}

	@Test
	void fileIsReadableForOwnerOnly() throws IOException {
		keys();
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file()))).isEqualTo("rw-------");
		assertThat(Files.list(this.directory)).containsExactly(file());
		Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
		assertThatIOException().isThrownBy(this::keys);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", "secret" })
	void otherFileIsRefusedWithoutItsContent(String content) throws IOException {
		Files.writeString(file(), content);
		Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-------"));
		assertThatIOException().isThrownBy(this::keys)
			.satisfies((ex) -> assertThat(ex).hasNoCause())
			.withMessageNotContaining("secret")
			.withMessageNotContaining("c2VjcmV0");
	}

	@Test
	void whenFileCannotBeWrittenThenNextKeyIsCreatedAfterOneMinute(CapturedOutput output) throws IOException {
		SigningKeys keys = keys();
		List<String> present = published(keys);
		advance(ROTATION);
		// A directory cannot be replaced, also not by the superuser.
		Files.delete(file());
		Files.createDirectories(file().resolve("other"));
		assertThat(published(keys)).isEqualTo(present);
		assertThat(published(keys)).isEqualTo(present);
		assertThat(output.getOut()).containsOnlyOnce("cannot be read from or written");
		Files.delete(file().resolve("other"));
		Files.delete(file());
		advance(Duration.ofSeconds(59));
		assertThat(published(keys)).isEqualTo(present);
		advance(Duration.ofSeconds(1));
		assertThat(published(keys)).hasSize(2);
	}

	private Path file() {
		return this.directory.resolve("keys.json");
	}

	private SigningKeys keys() throws IOException {
		return new SigningKeys(new SigningKeyFile(file()),
				new AuthorizationServerProperties.Keys(null, ROTATION, Duration.ofHours(1)), Duration.ofMinutes(5),
				this.time.withZone(ZoneOffset.UTC));
	}

	private static List<String> published(SigningKeys keys) {
		return new JWKSet(keys.get(new JWKSelector(new JWKMatcher.Builder().build()), null)).getKeys()
			.stream()
			.map(JWK::getKeyID)
			.toList();
	}

	private static String signer(SigningKeys keys) {
		NimbusJwtEncoder encoder = new SigningKeysConfiguration().jwtEncoder(keys);
		return String.valueOf(encoder.encode(JwtEncoderParameters.from(JwsHeader.with(SignatureAlgorithm.RS256).build(),
				JwtClaimsSet.builder().subject("alice").build()))
			.getHeaders()
			.get("kid"));
	}

	private void advance(Duration duration) {
		this.now.updateAndGet((instant) -> instant.plus(duration));
	}

}
