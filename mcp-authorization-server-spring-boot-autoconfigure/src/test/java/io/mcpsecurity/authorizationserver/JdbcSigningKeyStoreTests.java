package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * The keys of several instances with one database.
 */
@ParameterizedClass
@EnumSource(value = TestStorage.Kind.class, names = "MEMORY", mode = EnumSource.Mode.EXCLUDE)
class JdbcSigningKeyStoreTests {

	private static final Duration ROTATION = Duration.ofDays(30);

	private static final Duration PUBLISH_AHEAD = Duration.ofHours(1);

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

	private final InstantSource time = this.now::get;

	@AutoClose
	private final TestStorage storage;

	private final JdbcTemplate jdbc;

	JdbcSigningKeyStoreTests(TestStorage.Kind kind) {
		this.storage = new TestStorage(kind);
		this.jdbc = this.storage.jdbc();
	}

	@Test
	void keyThatOneInstanceAddsIsPublishedByTheOtherBeforeItSigns() throws IOException {
		SigningKeys one = keys();
		SigningKeys two = keys();
		String first = signer(one);
		assertThat(signer(two)).isEqualTo(first);
		advance(ROTATION);
		List<String> published = published(one);
		assertThat(published).hasSize(2).startsWith(first);
		assertThat(published(two)).isEqualTo(published);
		assertThat(signer(one)).isEqualTo(first);
		advance(PUBLISH_AHEAD);
		assertThat(signer(one)).isEqualTo(published.get(1));
		assertThat(signer(two)).isEqualTo(published.get(1));
		advance(Duration.ofMinutes(11));
		assertThat(published(two)).containsExactly(published.get(1));
		advance(Duration.ofMinutes(1));
		assertThat(published(one)).containsExactly(published.get(1));
		assertThat(published(keys())).containsExactly(published.get(1));
	}

	@Test
	void instancesInParallelAddOneKey() throws Exception {
		List<SigningKeys> instances = new ArrayList<>();
		inParallel(() -> {
			SigningKeys keys = keys();
			synchronized (instances) {
				instances.add(keys);
			}
			return published(keys);
		});
		assertThat(inParallelOver(instances)).hasSize(1);
		advance(ROTATION);
		assertThat(inParallelOver(instances)).hasSize(1);
		assertThat(count()).isEqualTo(2);
	}

	@Test
	void keysThatAnOperatorDeletedAreReplaced() throws IOException {
		SigningKeys one = keys();
		SigningKeys two = keys();
		String first = signer(one);
		this.jdbc.update("delete from mcp_signing_key");
		advance(SigningKeys.REFRESH_INTERVAL);
		assertThat(signer(one)).isNotEqualTo(first);
		assertThat(published(two)).isEqualTo(published(one)).doesNotContain(first);
	}

	@Test
	void whenDatabaseFailsThenPresentKeysStayInUse() throws IOException {
		SigningKeys keys = keys();
		String first = signer(keys);
		this.jdbc.execute("alter table mcp_signing_key rename to other");
		advance(ROTATION);
		assertThat(published(keys)).containsExactly(first);
		this.jdbc.execute("alter table other rename to mcp_signing_key");
		advance(SigningKeys.REFRESH_INTERVAL);
		assertThat(published(keys)).hasSize(2);
	}

	@Test
	void keyOfAnotherEncryptionKeyIsRefused() throws IOException {
		keys();
		Sealing other = new Sealing(List.of("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="));
		assertThatIOException().isThrownBy(() -> keys(other)).withMessageContaining("encryption keys");
		String data = this.jdbc.queryForObject("select data from mcp_signing_key", String.class);
		assertThat(data).startsWith("ey");
		assertThat(Database.sealing.open(data, StoredAuthorization.class)).isNull();
		Sealing both = new Sealing(List.of("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=", Database.KEY));
		assertThat(published(keys(both))).hasSize(1);
	}

	private int count() {
		Integer count = this.jdbc.queryForObject("select count(*) from mcp_signing_key", Integer.class);
		return (count != null) ? count : 0;
	}

	private List<List<String>> inParallelOver(List<SigningKeys> instances) throws Exception {
		List<SigningKeys> left = new ArrayList<>(instances);
		inParallel(() -> {
			SigningKeys keys;
			synchronized (left) {
				keys = left.remove(0);
			}
			return published(keys);
		});
		// Whoever was slower reads the key of the other one.
		advance(SigningKeys.REFRESH_INTERVAL);
		return instances.stream().map(JdbcSigningKeyStoreTests::published).distinct().toList();
	}

	private static void inParallel(Callable<List<String>> call) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(4);
		try {
			for (Future<?> future : threads.invokeAll(List.of(call, call, call, call))) {
				future.get();
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	private SigningKeys keys() throws IOException {
		return keys(Database.sealing);
	}

	private SigningKeys keys(Sealing sealing) throws IOException {
		return new SigningKeys(new JdbcSigningKeyStore(this.jdbc, sealing),
				new AuthorizationServerProperties.Keys(null, ROTATION, PUBLISH_AHEAD), Duration.ofMinutes(5),
				this.time.withZone(ZoneOffset.UTC));
	}

	private static List<String> published(SigningKeys keys) {
		return all(keys).stream().map(JWK::getKeyID).toList();
	}

	private static String signer(SigningKeys keys) {
		return keys.select(all(keys)).getKeyID();
	}

	private static List<JWK> all(SigningKeys keys) {
		return keys.get(new JWKSelector(new JWKMatcher.Builder().build()), null);
	}

	private void advance(Duration duration) {
		this.now.updateAndGet((instant) -> instant.plus(duration));
	}

}
