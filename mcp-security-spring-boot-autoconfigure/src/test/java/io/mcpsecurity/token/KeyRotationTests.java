package io.mcpsecurity.token;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestHttp;
import io.mcpsecurity.token.IssuerKeys.Settings;
import io.mcpsecurity.token.IssuerKeys.Status;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Keys that come and go, and an authorization server that does, over real HTTP and by a
 * clock of the test's.
 */
class KeyRotationTests {

	private static final Duration TTL = Duration.ofMinutes(5);

	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private static final Duration TOLERANCE = Duration.ofHours(1);

	private static final Settings SETTINGS = new Settings(TTL, INTERVAL, TOLERANCE);

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private final TestAuthorizationServer server = TestAuthorizationServer.start();

	private final AtomicLong nanos = new AtomicLong();

	private final List<IssuerKeys> opened = new ArrayList<>();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@AfterEach
	void close() {
		this.threads.shutdownNow();
		this.opened.forEach(IssuerKeys::close);
		this.server.close();
	}

	@Test
	void keysAreRefreshedInBackgroundBeforeExpiry() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		advance(TTL.dividedBy(2).minusMillis(1));
		assertServed(keys);
		Runnable release = this.server.holdKeys();
		advance(Duration.ofMillis(1));
		assertServedAtOnce(keys);
		Awaitility.await().until(() -> this.server.keyRequests() == 2);
		assertServedAtOnce(keys);
		release.run();
		Awaitility.await().until(() -> keys.fetches() == 2);
		assertThat(keys.age()).isEqualTo(Duration.ZERO);
		assertThat(this.server.metadataRequests()).isEqualTo(1);
	}

	@Test
	void keysAreRefreshedWithoutRequests() throws Exception {
		IssuerKeys keys = keys(new Settings(Duration.ofMillis(200), Duration.ofMillis(50), TOLERANCE), TIMEOUT);
		assertServed(keys);
		Awaitility.await().until(() -> keys.fetches() > 3);
	}

	@Test
	void expiredKeysAreFetchedBeforeUse() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		String withdrawn = this.server.keyId();
		this.server.rotateKey();
		advance(Duration.ofHours(10));
		assertThat(get(keys, withdrawn)).isEmpty();
		assertServed(keys);
	}

	@Test
	void withdrawnKeyIsUsedUntilExpiryOnly() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		String withdrawn = this.server.keyId();
		this.server.rotateKey();
		advance(TTL.dividedBy(2).minusMillis(1));
		assertThat(get(keys, withdrawn)).hasSize(1);
		advance(TTL.dividedBy(2).plusMillis(1));
		assertThat(get(keys, withdrawn)).isEmpty();
	}

	@Test
	void replacedKeyWithSameIdIsUsedUntilExpiryOnly() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		JWK replaced = this.server.publicKey();
		this.server.replaceKey();
		advance(TTL);
		assertThat(get(keys, this.server.keyId())).containsExactly(this.server.publicKey()).doesNotContain(replaced);
	}

	@Test
	void emptyKeySetIsAccepted() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.publishKeys("{\"keys\":[]}");
		advance(TTL);
		assertThat(get(keys, this.server.keyId())).isEmpty();
		assertThat(keys.status()).isEqualTo(Status.AVAILABLE);
	}

	@Test
	void newKeyIsFetchedForFirstTokenSignedWithIt() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		String old = this.server.keyId();
		this.server.rotateKey();
		assertServed(keys);
		assertThat(get(keys, old)).isEmpty();
		assertThat(this.server.keyRequests()).isEqualTo(2);
	}

	@Test
	void unknownKeyIdsCauseOneFetchPerIntervalForAllCallers() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		for (int interval = 0; interval < 3; interval++) {
			int before = this.server.keyRequests();
			List<CompletableFuture<Void>> callers = new ArrayList<>();
			for (int i = 0; i < 32; i++) {
				callers.add(CompletableFuture.runAsync(() -> {
					for (int j = 0; j < 50; j++) {
						assertThat(tryToGet(keys, UUID.randomUUID().toString())).isEmpty();
					}
				}, this.threads));
			}
			callers.forEach(CompletableFuture::join);
			assertThat(this.server.keyRequests()).isEqualTo(before + 1);
			assertThat(keys.status()).as("no outage").isEqualTo(Status.AVAILABLE);
			assertServed(keys);
			advance(INTERVAL.minusNanos(1));
			assertThat(get(keys, "unknown")).isEmpty();
			assertThat(this.server.keyRequests()).isEqualTo(before + 1);
			advance(Duration.ofNanos(1));
		}
	}

	@Test
	void madeUpKeyIdsDelayNewKeyByAtMostOneInterval() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		assertThat(get(keys, "made up")).isEmpty();
		this.server.rotateKey();
		assertThat(get(keys, this.server.keyId())).isEmpty();
		advance(INTERVAL.minusNanos(1));
		assertThat(get(keys, "made up as well")).isEmpty();
		assertThat(get(keys, this.server.keyId())).isEmpty();
		advance(Duration.ofNanos(1));
		assertThat(get(keys, "made up once more")).isEmpty();
		assertServed(keys);
	}

	@Test
	void keyMissedByFetchInProgressIsFetchedAgain() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		Runnable release = this.server.holdKeys();
		advance(TTL.dividedBy(2));
		assertServedAtOnce(keys);
		Awaitility.await().until(() -> this.server.keyRequests() == 2);
		this.server.rotateKey();
		CompletableFuture<List<JWK>> caller = CompletableFuture.supplyAsync(() -> tryToGet(keys, this.server.keyId()),
				this.threads);
		assertThat(caller).isNotDone();
		release.run();
		assertThat(caller).succeedsWithin(30, TimeUnit.SECONDS)
			.satisfies((found) -> assertThat(found).containsExactly(this.server.publicKey()));
		assertThat(this.server.keyRequests()).isEqualTo(3);
	}

	@Test
	void duringOutageKnownKeysAreUsedUntilTolerance() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.close();
		advance(TTL.dividedBy(2));
		assertServedAtOnce(keys);
		Awaitility.await().until(() -> keys.status() == Status.LAST_GOOD);
		assertThat(keys.outage()).isEqualTo(Duration.ZERO);
		advance(TTL.dividedBy(2).plus(TOLERANCE).minusNanos(1));
		assertServedAtOnce(keys);
		assertThat(keys.status()).isEqualTo(Status.LAST_GOOD);
		assertThat(keys.outage()).isEqualTo(TTL.dividedBy(2).plus(TOLERANCE).minusNanos(1));
		advance(Duration.ofNanos(1));
		assertUnavailable(keys, this.server.keyId());
		assertThat(keys.status()).isEqualTo(Status.UNAVAILABLE);
	}

	@Test
	void expiredKeysAreUsedUntilToleranceWhenServerIsDown() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.close();
		advance(TTL.plus(TOLERANCE).minusNanos(1));
		assertServed(keys);
		assertThat(keys.status()).isEqualTo(Status.LAST_GOOD);
	}

	@Test
	void duringOutageUnknownKeyIsUnavailableInsteadOfInvalid() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.close();
		assertUnavailable(keys, "unknown");
		assertThat(keys.status()).isEqualTo(Status.LAST_GOOD);
		assertServedAtOnce(keys);
		assertThat(keys.failures()).isEqualTo(1);
		for (int i = 0; i < 20; i++) {
			assertUnavailable(keys, "unknown");
		}
		assertThat(keys.failures()).isEqualTo(1);
	}

	@Test
	void recoveryOfServerIsDetectedWithoutRequest() throws Exception {
		IssuerKeys keys = keysInUse(new Settings(TTL, Duration.ofMillis(100), TOLERANCE), TIMEOUT);
		this.server.close();
		assertUnavailable(keys, "unknown");
		this.server.rotateKey();
		this.server.open();
		Awaitility.await().until(() -> keys.status() == Status.AVAILABLE);
		assertThat(keys.outage()).isNull();
		assertThat(get(keys, this.server.keyId())).containsExactly(this.server.publicKey());
	}

	@Test
	void hangingServerDoesNotDelayRequestsWithKnownKey() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.close();
		advance(TTL.dividedBy(2));
		assertServedAtOnce(keys);
		Awaitility.await().until(() -> keys.status() == Status.LAST_GOOD);
		Runnable release = this.server.holdKeys();
		this.server.open();
		int before = this.server.keyRequests();
		advance(TTL);
		assertServedAtOnce(keys);
		Awaitility.await().until(() -> this.server.keyRequests() == before + 1);
		for (int i = 0; i < 100; i++) {
			assertServedAtOnce(keys);
		}
		assertThat(keys.status()).isEqualTo(Status.LAST_GOOD);
		release.run();
	}

	@Test
	void requestsForUnknownKeyWaitForHangingServerOnceUntilTimeout() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, Duration.ofMillis(600));
		Runnable release = this.server.holdKeys();
		List<CompletableFuture<Void>> callers = new ArrayList<>();
		for (int i = 0; i < 16; i++) {
			callers.add(CompletableFuture.runAsync(() -> assertUnavailable(keys, "unknown"), this.threads));
		}
		CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
		assertServedAtOnce(keys);
		assertUnavailable(keys, "unknown");
		assertThat(keys.failures()).isEqualTo(1);
		release.run();
	}

	@Test
	void numberOfThreadsWaitingForUnknownKeysIsLimited() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		Runnable release = this.server.holdKeys();
		List<CompletableFuture<List<JWK>>> callers = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			callers
				.add(CompletableFuture.supplyAsync(() -> tryToGet(keys, UUID.randomUUID().toString()), this.threads));
		}
		Awaitility.await()
			.until(() -> callers.stream().filter(CompletableFuture::isCompletedExceptionally).count() == 36);
		assertServedAtOnce(keys);
		release.run();
		Awaitility.await().until(() -> callers.stream().allMatch(CompletableFuture::isDone));
		assertThat(callers.stream().filter((caller) -> !caller.isCompletedExceptionally())).hasSize(64)
			.allSatisfy((caller) -> assertThat(caller.join()).isEmpty());
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "", "no JSON", "{}", "{\"keys\":5}", "[]", "{\"keys\":[{\"kty\":\"RSA\"}]}", "long", "deep" })
	void invalidResponsesDoNotReplaceKnownKeys(String document) throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.publishKeys(switch (document) {
			case "long" -> "{\"keys\":[]}" + " ".repeat(600_000);
			case "deep" -> "{\"keys\":" + "[".repeat(250_000);
			default -> document;
		});
		advance(TTL);
		assertServed(keys);
		assertThat(keys.status()).isEqualTo(Status.LAST_GOOD);
		this.server.publishKeys(null);
		advance(INTERVAL);
		Awaitility.await().until(() -> keys.probe() == Status.AVAILABLE);
	}

	@Test
	void movedJwksUriIsDiscovered() throws Exception {
		TestAuthorizationServer moved = TestAuthorizationServer.start();
		try (moved) {
			IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
			this.server.publishKeys("gone");
			this.server.announceKeysAt(moved.issuer() + "/keys");
			assertUnavailable(keys, moved.keyId());
			advance(INTERVAL);
			Awaitility.await().until(() -> keys.probe() == Status.AVAILABLE && keys.fetches() == 2);
			assertThat(get(keys, moved.keyId())).containsExactly(moved.publicKey());
		}
	}

	@Test
	void metadataOfOtherIssuerDoesNotChangeJwksUri() throws Exception {
		IssuerKeys keys = keysInUse(SETTINGS, TIMEOUT);
		this.server.publishKeys("gone");
		assertUnavailable(keys, "unknown");
		this.server.announceIssuer("https://other.example");
		this.server.publishKeys(null);
		advance(INTERVAL);
		assertServedAtOnce(keys);
		Awaitility.await().until(() -> keys.failures() == 2);
		assertUnavailable(keys, "unknown");
	}

	@Test
	void whenClosedThenNothingIsFetched() throws Exception {
		IssuerKeys used = keysInUse(SETTINGS, TIMEOUT);
		IssuerKeys unused = keys(SETTINGS, TIMEOUT);
		used.close();
		unused.close();
		advance(TTL.plus(TOLERANCE));
		assertUnavailable(used, this.server.keyId());
		assertUnavailable(unused, this.server.keyId());
		assertThat(this.server.keyRequests()).isEqualTo(1);
	}

	private IssuerKeys keys(Settings settings, Duration timeout) {
		IssuerKeys keys = new IssuerKeys(this.server.issuer(), null, TestHttp.within(timeout), settings,
				this.nanos::get);
		this.opened.add(keys);
		return keys;
	}

	private IssuerKeys keysInUse(Settings settings, Duration timeout) throws KeySourceException {
		IssuerKeys keys = keys(settings, timeout);
		assertServed(keys);
		assertThat(this.server.keyRequests()).isEqualTo(1);
		return keys;
	}

	private void advance(Duration time) {
		this.nanos.addAndGet(time.toNanos());
	}

	private void assertServed(IssuerKeys keys) throws KeySourceException {
		assertThat(get(keys, this.server.keyId())).containsExactly(this.server.publicKey());
	}

	private void assertServedAtOnce(IssuerKeys keys) {
		assertThat(CompletableFuture.supplyAsync(() -> tryToGet(keys, this.server.keyId()), this.threads))
			.succeedsWithin(20, TimeUnit.SECONDS)
			.satisfies((found) -> assertThat(found).hasSize(1));
	}

	private static void assertUnavailable(IssuerKeys keys, String keyId) {
		assertThatExceptionOfType(JWKSetUnavailableException.class).isThrownBy(() -> get(keys, keyId));
	}

	private static List<JWK> tryToGet(IssuerKeys keys, String keyId) {
		try {
			return get(keys, keyId);
		}
		catch (KeySourceException ex) {
			throw new CompletionException(ex);
		}
	}

	private static List<JWK> get(IssuerKeys keys, String keyId) throws KeySourceException {
		return keys.get(new JWKSelector(new JWKMatcher.Builder().keyID(keyId).build()), null);
	}

}
