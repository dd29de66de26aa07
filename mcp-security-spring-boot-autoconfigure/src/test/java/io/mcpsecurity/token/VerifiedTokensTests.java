package io.mcpsecurity.token;

import java.lang.ref.WeakReference;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.github.benmanes.caffeine.cache.Cache;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.test.MutableClock;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestAuthorizationServer.Token;
import io.mcpsecurity.test.TestHttp;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

/**
 * What is remembered of verified tokens, for how long, and what must never come of it.
 */
class VerifiedTokensTests {

	private static final String RESOURCE = "https://mcp.example.com/mcp";

	private static final Duration SKEW = Duration.ofSeconds(60);

	private static final Duration TIME_TO_LIVE = Duration.ofMinutes(5);

	private static final IssuerKeys.Settings KEYS = new IssuerKeys.Settings(Duration.ofHours(1), Duration.ofSeconds(10),
			Duration.ofHours(1));

	private final MutableClock clock = new MutableClock();

	private final AtomicLong nanos = new AtomicLong();

	private final List<AutoCloseable> resources = new ArrayList<>();

	private final TestAuthorizationServer authorizationServer = authorizationServer();

	private final IssuerKeys keys = keys(this.authorizationServer);

	private final VerifiedTokens tokens = tokens(100);

	private final IssuerAuthenticationManager manager = manager(RESOURCE, this.tokens, this.keys);

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable resource : this.resources) {
			resource.close();
		}
	}

	@Test
	void cachedTokenIsNotVerifiedAgain() {
		String token = token().sign();
		JwtAuthenticationToken first = authenticate(token);
		for (int i = 0; i < 10; i++) {
			assertThat(authenticate(token)).isEqualTo(first).isNotSameAs(first);
		}
		assertThat(this.tokens.misses()).isEqualTo(1);
		assertThat(this.tokens.hits()).isEqualTo(10);
		assertThat(this.tokens.size()).isEqualTo(1);
	}

	@Test
	void cacheKeyIncludesSignature() {
		String[] good = token().sign().split("\\.");
		String[] other = token().claim("jti", "another").sign().split("\\.");
		authenticate(String.join(".", good));
		assertRefused(TokenFailure.SIGNATURE, good[0] + "." + good[1] + "." + other[2]);
		assertRefused(TokenFailure.SIGNATURE, good[0] + "." + other[1] + "." + good[2]);
		assertRefused(TokenFailure.MALFORMED, good[0] + "." + good[1] + ".");
	}

	@Test
	void cachedTokenIsRefusedAfterExpiry() {
		String token = token().claim("exp", inFuture(Duration.ofSeconds(30))).sign();
		authenticate(token);
		this.clock.advance(Duration.ofSeconds(90));
		authenticate(token);
		assertThat(this.tokens.hits()).isEqualTo(1);
		this.clock.advance(Duration.ofSeconds(1));
		assertRefused(TokenFailure.EXPIRED, token);
		assertThat(this.tokens.size()).isZero();
	}

	@Test
	void cachedTokenIsRefusedBeforeNotBefore() {
		String token = token().claim("nbf", inFuture(Duration.ofSeconds(30))).sign();
		authenticate(token);
		this.clock.advance(Duration.ofSeconds(-30));
		authenticate(token);
		assertThat(this.tokens.hits()).isEqualTo(1);
		this.clock.advance(Duration.ofSeconds(-1));
		assertRefused(TokenFailure.NOT_YET_VALID, token);
	}

	@Test
	void tokenIsKnownWhileCachedAndValid() {
		String token = token().claim("exp", inFuture(Duration.ofSeconds(30))).sign();
		assertThat(this.manager.isKnown(token)).isFalse();
		authenticate(token);
		assertThat(this.manager.isKnown(token)).isTrue();
		this.clock.advance(Duration.ofSeconds(90));
		assertThat(this.manager.isKnown(token)).isTrue();
		this.clock.advance(Duration.ofSeconds(1));
		assertThat(this.manager.isKnown(token)).isFalse();
	}

	@Test
	void tokenIsVerifiedAgainAfterTimeToLive() {
		String token = token().sign();
		authenticate(token);
		for (int i = 0; i < 4; i++) {
			this.nanos.addAndGet(TIME_TO_LIVE.dividedBy(5).toNanos());
			authenticate(token);
		}
		assertThat(this.tokens.misses()).isEqualTo(1);
		this.nanos.addAndGet(TIME_TO_LIVE.dividedBy(5).toNanos());
		authenticate(token);
		assertThat(this.tokens.misses()).isEqualTo(2);
	}

	@Test
	void tokenCachedForOneResourceIsNotUsedForOther() {
		VerifiedTokens others = tokens(100);
		IssuerAuthenticationManager other = manager("https://other.example/mcp", others, this.keys);
		String token = token().sign();
		authenticate(token);
		authenticate(token);
		assertThatExceptionOfType(RefusedTokenException.class)
			.isThrownBy(() -> other.authenticate(new BearerTokenAuthenticationToken(token)))
			.satisfies((ex) -> assertThat(ex.failure()).isEqualTo(TokenFailure.AUDIENCE));
		assertThat(others.hits()).isZero();
	}

	@Test
	void eachManagerHasItsOwnCache() {
		VerifiedTokens.Settings settings = new VerifiedTokens.Settings(10, TIME_TO_LIVE, Duration.ofSeconds(5));
		AuthorizationServers servers = new AuthorizationServers(List.of(this.keys), Map.of(), Introspections.NONE,
				TokenExtensions.NONE);
		McpCallerConverter converter = new McpCallerConverter(RESOURCE, UnaryOperator.identity());
		assertThat(new IssuerAuthenticationManager(servers, RESOURCE, SKEW, converter, settings).cache())
			.isNotSameAs(new IssuerAuthenticationManager(servers, RESOURCE, SKEW, converter, settings).cache());
		assertThat(new IssuerAuthenticationManager(servers, RESOURCE, SKEW, converter, null).cache()).isNull();
	}

	@Test
	void onlyJwtIsRecognizedAsJwt() {
		for (String token : List.of("opaque", "two.dots.only", "..")) {
			assertThat(this.manager.isJwt(token)).as(token).isFalse();
		}
		assertThat(this.manager.isJwt(token().sign())).isTrue();
	}

	@Test
	void refusalIsNotCached() {
		String token = token().claim("nbf", inFuture(Duration.ofMinutes(2))).sign();
		assertRefused(TokenFailure.NOT_YET_VALID, token);
		assertRefused(TokenFailure.NOT_YET_VALID, token);
		assertThat(this.tokens.misses()).isEqualTo(2);
		assertThat(this.tokens.size()).isZero();
		this.clock.advance(Duration.ofMinutes(2));
		authenticate(token);
	}

	@Test
	void outageIsNotCached() {
		this.authorizationServer.close();
		String token = token().sign();
		assertThatExceptionOfType(AuthenticationServiceException.class).isThrownBy(() -> authenticate(token));
		this.authorizationServer.open();
		this.nanos.addAndGet(KEYS.retryInterval().toNanos());
		Awaitility.await().untilAsserted(() -> assertThatNoException().isThrownBy(() -> authenticate(token)));
	}

	@Test
	void invalidTokensDoNotEvictValidTokens() {
		VerifiedTokens few = tokens(5);
		IssuerAuthenticationManager small = manager(RESOURCE, few, this.keys);
		List<String> good = distinct(5);
		good.forEach((token) -> authenticate(small, token));
		String[] parts = good.get(0).split("\\.");
		for (int i = 0; i < 2000; i++) {
			String bad = (i % 2 == 0) ? "secret-" + i : parts[0] + "." + parts[1] + "." + UUID.randomUUID();
			assertThat(catchThrowable(() -> authenticate(small, bad))).isInstanceOf(RefusedTokenException.class);
		}
		assertThat(few.size()).isEqualTo(5);
		assertThat(few.evicted()).isZero();
		long misses = few.misses();
		good.forEach((token) -> authenticate(small, token));
		assertThat(few.misses()).isEqualTo(misses);
		assertThat(few.underWay()).isZero();
	}

	@Test
	void cacheSizeIsLimited() {
		VerifiedTokens few = tokens(5);
		IssuerAuthenticationManager small = manager(RESOURCE, few, this.keys);
		distinct(25).forEach((token) -> authenticate(small, token));
		assertThat(few.size()).isEqualTo(5);
		assertThat(few.evicted()).isEqualTo(20);
	}

	@Test
	void tokenTextIsNotRetained() {
		StringBuilder text = new StringBuilder(token().sign());
		WeakReference<String> token = authenticateACopy(text);
		Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
			System.gc();
			assertThat(token.get()).isNull();
		});
		authenticate(text.toString());
		assertThat(this.tokens.hits()).isEqualTo(1);
	}

	@Test
	void partsOfTokenAreNotRetained() {
		String token = token().claim("jti", "identifier").sign();
		authenticate(token);
		Set<String> texts = texts(this.tokens);
		assertThat(texts).as("what is kept is found").contains("identifier");
		assertThat(token.split("\\.")).hasSize(3)
			.allSatisfy((part) -> assertThat(texts).noneMatch((text) -> text.contains(part)));
	}

	@Test
	void eachRequestHasItsOwnAuthentication() {
		String token = token().sign();
		JwtAuthenticationToken first = authenticate(token);
		first.setDetails("details of the first request");
		first.eraseCredentials();
		first.setAuthenticated(false);
		JwtAuthenticationToken second = authenticate(token);
		assertThat(this.tokens.hits()).isEqualTo(1);
		assertThat(second.getDetails()).isInstanceOf(McpCaller.class);
		assertThat(second.isAuthenticated()).isTrue();
		assertThat(second.getToken().getTokenValue()).isEqualTo(token);
		assertThat(first.getDetails()).isEqualTo("details of the first request");
	}

	@Test
	void sharedClaimsAndHeadersAreUnmodifiable() {
		String token = token().claim("realm_access", Map.of("roles", List.of("user")))
			.claim("groups", List.of(Map.of("name", "staff")))
			.sign();
		authenticate(token);
		Map<String, Object> claims = authenticate(token).getTokenAttributes();
		assertThat(this.tokens.hits()).isEqualTo(1);
		assertThat(claims.get("groups")).isEqualTo(List.of(Map.of("name", "staff")));
		assertUnchangeable(claims);
		assertUnchangeable(authenticate(token).getToken().getHeaders());
	}

	@Test
	void concurrentFirstUsesVerifyTokenOnce() throws Exception {
		Runnable release = this.authorizationServer.holdKeys();
		String token = token().sign();
		AtomicInteger verifications = new AtomicInteger();
		Function<String, VerifiedToken> verify = counting(verifications);
		Requests<VerifiedToken> requests = new Requests<>(16, () -> this.tokens.get(token, verify));
		requests.awaitWaiting(15);
		release.run();
		requests.awaitEnd();
		assertThat(requests.results()).hasSize(16).allSatisfy((result) -> assertThat(result).isNotNull());
		assertThat(verifications).hasValue(1);
		assertThat(this.tokens.misses()).isEqualTo(1);
		assertThat(this.tokens.hits()).isEqualTo(15);
		assertThat(this.tokens.underWay()).isZero();
	}

	@Test
	void racingRequestsVerifyEachTokenOnce() throws Exception {
		VerifiedToken known = this.tokens.get(token().sign(), counting(new AtomicInteger()));
		VerifiedTokens many = tokens(100_000);
		AtomicInteger verifications = new AtomicInteger();
		Requests<Integer> requests = new Requests<>(4, () -> {
			for (int i = 0; i < 20_000; i++) {
				many.get("token-" + i, (text) -> {
					verifications.incrementAndGet();
					return known;
				});
			}
			return 0;
		});
		requests.awaitEnd();
		assertThat(requests.results()).hasSize(4);
		assertThat(verifications).hasValue(20_000);
	}

	@ParameterizedTest
	@EnumSource(names = { "MALFORMED", "ISSUER", "SIGNATURE", "EXPIRED", "AUDIENCE", "TYPE" })
	void refusalForLastingReasonIsCachedForFiveSeconds(TokenFailure reason) {
		String token = token().sign();
		AtomicInteger verifications = new AtomicInteger();
		Function<String, VerifiedToken> refusing = (text) -> {
			verifications.incrementAndGet();
			throw new RefusedTokenException(reason, "Refused", "a detail");
		};
		for (int i = 0; i < 3; i++) {
			assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> this.tokens.get(token, refusing))
				.withMessage("Refused")
				.matches((ex) -> ex.failure() == reason && ex.detail().equals("a detail"));
		}
		assertThat(verifications).hasValue(1);
		this.nanos.addAndGet(Duration.ofSeconds(5).toNanos());
		assertThat(this.tokens.get(token, counting(verifications))).isNotNull();
		assertThat(verifications).hasValue(2);
	}

	static Stream<Arguments> failureIsThrownToAllWaitingRequestsAndNotCached() {
		return Stream.of(
				argumentSet("a refusal", new RefusedTokenException(TokenFailure.NOT_YET_VALID, "Too early"),
						RefusedTokenException.class),
				argumentSet("an outage", new AuthenticationServiceException("Down"),
						AuthenticationServiceException.class),
				argumentSet("a defect", new IllegalStateException("Broken"), IllegalStateException.class),
				argumentSet("an error", new AssertionError("Broken"), Throwable.class));
	}

	@ParameterizedTest
	@MethodSource
	void failureIsThrownToAllWaitingRequestsAndNotCached(Throwable failure, Class<? extends Throwable> type)
			throws Exception {
		String token = token().sign();
		CompletableFuture<Void> end = new CompletableFuture<>();
		AtomicInteger verifications = new AtomicInteger();
		Requests<VerifiedToken> requests = new Requests<>(8, () -> this.tokens.get(token, (text) -> {
			verifications.incrementAndGet();
			end.join();
			VerifiedTokensTests.<RuntimeException>sneak(failure);
			throw new AssertionError("Not reached");
		}));
		requests.awaitWaiting(8);
		end.complete(null);
		requests.awaitEnd();
		List<Throwable> thrown = requests.failures();
		assertThat(thrown).hasSize(8).doesNotHaveDuplicates().allSatisfy((ex) -> assertThat(ex).isInstanceOf(type));
		if (failure instanceof AuthenticationException known) {
			assertThat(thrown).allSatisfy((ex) -> {
				assertThat(TokenFailure.of((AuthenticationException) ex)).isEqualTo(TokenFailure.of(known));
				assertThat(ex).hasMessage(failure.getMessage());
			});
		}
		assertThat(verifications).hasValue(1);
		assertThat(this.tokens.misses()).isEqualTo(8);
		assertThat(this.tokens.size()).isZero();
		assertThat(this.tokens.underWay()).isZero();
		assertThat(this.tokens.get(token, counting(verifications))).isNotNull();
	}

	@Test
	void interruptedWaitingRequestIsUnavailableInsteadOfInvalid() throws Exception {
		Runnable release = this.authorizationServer.holdKeys();
		String token = token().sign();
		Requests<VerifiedToken> requests = new Requests<>(2,
				() -> this.tokens.get(token, counting(new AtomicInteger())));
		requests.awaitWaiting(1);
		requests.waiting().forEach(Thread::interrupt);
		Awaitility.await().until(() -> requests.failures().size() == 1);
		assertThat(requests.failures()).singleElement().isInstanceOf(AuthenticationServiceException.class);
		release.run();
		requests.awaitEnd();
		assertThat(requests.results()).hasSize(1);
	}

	@Test
	void hangingKeysDoNotBlockTokensOfOtherIssuer() throws Exception {
		TestAuthorizationServer hanging = authorizationServer();
		Runnable release = hanging.holdKeys();
		IssuerAuthenticationManager both = manager(RESOURCE, this.tokens, this.keys, keys(hanging));
		String stuck = token(hanging).sign();
		Requests<JwtAuthenticationToken> requests = new Requests<>(4, () -> authenticate(both, stuck));
		requests.awaitWaiting(3);
		// More than the buckets of a small hash table, so that some share one.
		List<String> others = distinct(60);
		CompletableFuture<Void> rest = CompletableFuture.runAsync(() -> {
			others.forEach((token) -> authenticate(both, token));
			others.forEach((token) -> authenticate(both, token));
		});
		assertThat(rest).succeedsWithin(10, TimeUnit.SECONDS);
		assertThat(requests.results()).isEmpty();
		release.run();
		requests.awaitEnd();
		assertThat(requests.results()).hasSize(4);
	}

	@Test
	void fetchOfUnknownKeyDoesNotBlockTokensWithKnownKey() throws Exception {
		String known = token().sign();
		authenticate(known);
		Runnable release = this.authorizationServer.holdKeys();
		String unknown = token().key(strangersKey()).sign();
		Requests<JwtAuthenticationToken> requests = new Requests<>(2, () -> authenticate(unknown));
		requests.awaitWaiting(1);
		List<String> others = distinct(20);
		CompletableFuture<Void> rest = CompletableFuture.runAsync(() -> {
			authenticate(known);
			others.forEach(this::authenticate);
		});
		assertThat(rest).succeedsWithin(10, TimeUnit.SECONDS);
		release.run();
		requests.awaitEnd();
		assertThat(requests.failures()).hasSize(2)
			.allSatisfy((failure) -> assertThat(TokenFailure.of((AuthenticationException) failure))
				.isEqualTo(TokenFailure.SIGNATURE));
	}

	private WeakReference<String> authenticateACopy(StringBuilder text) {
		String copy = text.toString();
		authenticate(copy);
		return new WeakReference<>(copy);
	}

	/**
	 * All texts that an object leads to. Objects of the platform are only opened if they
	 * are collections or arrays.
	 */
	private static Set<String> texts(Object root) {
		Set<String> texts = new HashSet<>();
		Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
		Deque<Object> next = new ArrayDeque<>(List.of(root));
		while (!next.isEmpty()) {
			Object object = next.pop();
			if (!seen.add(object)) {
				continue;
			}
			if (object instanceof CharSequence text) {
				texts.add(text.toString());
			}
			else if (object instanceof char[] text) {
				texts.add(new String(text));
			}
			else if (object instanceof byte[] text) {
				texts.add(new String(text, StandardCharsets.ISO_8859_1));
			}
			else {
				members(object).filter(Objects::nonNull).forEach(next::push);
			}
		}
		return texts;
	}

	private static Stream<?> members(Object object) {
		if (object instanceof Cache<?, ?> cache) {
			return members(cache.asMap());
		}
		if (object instanceof Map<?, ?> map) {
			return Stream.of(map.keySet(), map.values());
		}
		if (object instanceof Collection<?> collection) {
			return collection.stream();
		}
		if (object instanceof Object[] array) {
			return Stream.of(array);
		}
		List<@Nullable Object> values = new ArrayList<>();
		ReflectionUtils.doWithFields(object.getClass(), (field) -> {
			field.setAccessible(true);
			values.add(field.get(object));
		}, (field) -> !field.getDeclaringClass().getModule().isNamed() && !Modifier.isStatic(field.getModifiers())
				&& !field.getType().isPrimitive());
		return values.stream();
	}

	private Function<String, VerifiedToken> counting(AtomicInteger verifications) {
		TokenVerifier verifier = new TokenVerifier(this.keys, Provider.GENERIC.profile(), RESOURCE,
				new TokenTimes(SKEW, this.clock), new McpCallerConverter(RESOURCE, UnaryOperator.identity()), null,
				TokenExtensions.NONE);
		return (text) -> {
			verifications.incrementAndGet();
			return verifier.verify(text);
		};
	}

	private static void assertUnchangeable(Object value) {
		if (value instanceof Map<?, ?> map) {
			assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(map::clear);
			map.values().forEach(VerifiedTokensTests::assertUnchangeable);
		}
		else if (value instanceof List<?> list) {
			assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> list.remove(0));
			list.forEach(VerifiedTokensTests::assertUnchangeable);
		}
	}

	private void assertRefused(TokenFailure failure, String token) {
		assertThatExceptionOfType(RefusedTokenException.class).isThrownBy(() -> authenticate(token))
			.satisfies((ex) -> assertThat(ex.failure()).isEqualTo(failure));
	}

	private JwtAuthenticationToken authenticate(String token) {
		return authenticate(this.manager, token);
	}

	private static JwtAuthenticationToken authenticate(IssuerAuthenticationManager manager, String token) {
		JwtAuthenticationToken result = (JwtAuthenticationToken) manager
			.authenticate(new BearerTokenAuthenticationToken(token));
		assertThat(result).isNotNull();
		return result;
	}

	private List<String> distinct(int number) {
		return IntStream.range(0, number).mapToObj((i) -> token().claim("jti", "token-" + i).sign()).toList();
	}

	private Token token() {
		return token(this.authorizationServer);
	}

	private Token token(TestAuthorizationServer authorizationServer) {
		return authorizationServer.token(RESOURCE).scope("records:browse").claim("exp", inFuture(Duration.ofHours(1)));
	}

	private Date inFuture(Duration time) {
		return Date.from(this.clock.instant().plus(time));
	}

	private VerifiedTokens tokens(int maxSize) {
		return new VerifiedTokens(new VerifiedTokens.Settings(maxSize, TIME_TO_LIVE, Duration.ofSeconds(5)),
				this.nanos::get);
	}

	private IssuerAuthenticationManager manager(String resource, VerifiedTokens cache, IssuerKeys... keys) {
		return new IssuerAuthenticationManager(
				new AuthorizationServers(List.of(keys), Map.of(), Introspections.NONE, TokenExtensions.NONE), resource,
				new TokenTimes(SKEW, this.clock), new McpCallerConverter(resource, UnaryOperator.identity()), cache);
	}

	private TestAuthorizationServer authorizationServer() {
		TestAuthorizationServer server = TestAuthorizationServer.start();
		this.resources.add(server);
		return server;
	}

	private IssuerKeys keys(TestAuthorizationServer server) {
		IssuerKeys keys = new IssuerKeys(server.issuer(), null, TestHttp.within(Duration.ofSeconds(40)), KEYS,
				this.nanos::get);
		this.resources.add(keys);
		return keys;
	}

	private static RSAKey strangersKey() {
		try {
			return new RSAKeyGenerator(2048).keyID("stranger").generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@SuppressWarnings("unchecked")
	private static <T extends Throwable> void sneak(Throwable throwable) throws T {
		throw (T) throwable;
	}

	/**
	 * Requests at the same time, each on a thread of its own.
	 */
	private static final class Requests<T> {

		private final List<Thread> threads = new ArrayList<>();

		private final List<T> results = new ArrayList<>();

		private final List<Throwable> failures = new ArrayList<>();

		Requests(int number, Callable<T> request) {
			for (int i = 0; i < number; i++) {
				Thread thread = new Thread(() -> run(request), "request-" + i);
				thread.setDaemon(true);
				this.threads.add(thread);
			}
			this.threads.forEach(Thread::start);
		}

		private void run(Callable<T> request) {
			try {
				T result = request.call();
				synchronized (this) {
					this.results.add(result);
				}
			}
			catch (Throwable ex) {
				synchronized (this) {
					this.failures.add(ex);
				}
			}
		}

		List<Thread> waiting() {
			return this.threads.stream().filter((thread) -> thread.getState() == Thread.State.WAITING).toList();
		}

		void awaitWaiting(int number) {
			Awaitility.await().until(() -> waiting().size() == number);
		}

		void awaitEnd() throws InterruptedException {
			for (Thread thread : this.threads) {
				thread.join(TimeUnit.SECONDS.toMillis(30));
			}
		}

		synchronized List<T> results() {
			return List.copyOf(this.results);
		}

		synchronized List<Throwable> failures() {
			return List.copyOf(this.failures);
		}

	}

}
