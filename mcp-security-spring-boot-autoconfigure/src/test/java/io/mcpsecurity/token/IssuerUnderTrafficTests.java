package io.mcpsecurity.token;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntSupplier;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.token.IssuerKeys.Status;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An authorization server that is killed and restarted, and one that changes its keys,
 * while clients and attackers call over HTTP. A long run: {@code -Dissuer.cycles=50}.
 */
class IssuerUnderTrafficTests {

	private static final int CYCLES = Integer.getInteger("issuer.cycles", 2);

	private static final int CLIENTS = 4;

	private static final Duration TTL = Duration.ofSeconds(2);

	private static final Duration INTERVAL = Duration.ofMillis(200);

	private static final RSAKey STRANGERS_KEY = strangersKey();

	private final TestAuthorizationServer issuer = TestAuthorizationServer.start();

	private final SecuredServer server = SecuredServer.start(RecordsApplication.class, this.issuer,
			"spring.ai.mcp.server.protocol=STATELESS", "mcp-security.token.keys.cache-ttl=" + TTL.toMillis() + "ms",
			"mcp-security.token.keys.connect-timeout=20s", "mcp-security.token.keys.read-timeout=600ms",
			"mcp-security.token.keys.retry-interval=" + INTERVAL.toMillis() + "ms",
			"mcp-security.token.keys.outage-tolerance=10m",
			// Attackers and clients have one address here.
			"mcp-security.rate-limit.authentication-failures.enabled=false",
			"logging.level.io.mcpsecurity.token=error");

	private final IssuerKeys keys = this.server.context().getBean(AuthorizationServers.class).keys().get(0);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final AtomicIntegerArray calls = new AtomicIntegerArray(CLIENTS);

	private final AtomicInteger served = new AtomicInteger();

	private final List<String> refusedWrongly = new ArrayList<>();

	private final AtomicInteger attacks = new AtomicInteger();

	private final AtomicInteger letThroughWrongly = new AtomicInteger();

	private volatile String current = token().sign();

	private volatile @Nullable Old old;

	private volatile boolean ended;

	@AfterEach
	void close() {
		this.ended = true;
		this.threads.shutdownNow();
		this.server.close();
		this.issuer.close();
	}

	@Test
	void restartsOfIssuerCauseNoFailedCalls() throws Exception {
		start();
		long withoutKeys = 0;
		for (int cycle = 0; cycle < CYCLES; cycle++) {
			await(() -> this.keys.status() == Status.AVAILABLE);
			this.issuer.close();
			long down = System.nanoTime();
			// Longer than keys serve without an outage.
			await(() -> this.keys.status() == Status.LAST_GOOD && isOlder(down, TTL.multipliedBy(3).dividedBy(2)));
			everyClientCalls();
			this.issuer.open();
			withoutKeys += System.nanoTime() - down;
		}
		await(() -> this.keys.status() == Status.AVAILABLE);
		end();
		report("killed and restarted", "away for %.1f s together".formatted(withoutKeys / 1e9));
	}

	@Test
	void keyRotationCausesNoFailedCallsAndOldKeysExpire() throws Exception {
		start();
		for (int cycle = 0; cycle < CYCLES; cycle++) {
			String before = this.current;
			this.issuer.announceKey();
			long announced = System.nanoTime();
			await(() -> isOlder(announced, INTERVAL));
			this.issuer.useAnnouncedKey();
			this.current = token().sign();
			everyClientCalls();
			this.issuer.withdrawOtherKeys();
			Old withdrawn = new Old(before, System.nanoTime());
			this.old = withdrawn;
			await(() -> withdrawn.triedInVain.get() > 0 && isOlder(withdrawn.since, TTL));
			everyClientCalls();
		}
		end();
		report("keys changed", "%d fetches of keys".formatted(this.issuer.keyRequests()));
	}

	private void start() {
		assertThat(call(this.current)).isEqualTo(200);
		for (int i = 0; i < CLIENTS; i++) {
			int client = i;
			loop(() -> {
				// Every other call with a token that is not remembered.
				String token = this.current;
				int status = call((this.calls.get(client) % 2 == 0) ? token : token().sign());
				if (status == 200) {
					this.served.incrementAndGet();
				}
				else {
					synchronized (this.refusedWrongly) {
						this.refusedWrongly.add(String.valueOf(status));
					}
				}
				return this.calls.incrementAndGet(client);
			});
		}
		loop(() -> attack(token().keyId(UUID.randomUUID().toString()).sign()));
		loop(() -> attack(token().key(STRANGERS_KEY).keyId(this.issuer.keyId()).sign()));
		loop(() -> attack(token().claim("exp", new Date(1)).sign()));
		loop(this::useOld);
	}

	private int attack(String token) {
		this.attacks.incrementAndGet();
		if (call(token) == 200) {
			this.letThroughWrongly.incrementAndGet();
		}
		return 0;
	}

	/**
	 * Who has a token of a key that was withdrawn goes on to use it.
	 */
	private int useOld() {
		Old old = this.old;
		if (old != null) {
			boolean late = isOlder(old.since, TTL);
			this.attacks.incrementAndGet();
			if (call(old.token) != 200) {
				old.triedInVain.incrementAndGet();
			}
			else if (late) {
				this.letThroughWrongly.incrementAndGet();
			}
		}
		return 0;
	}

	private void loop(IntSupplier step) {
		this.threads.execute(() -> {
			while (!this.ended) {
				step.getAsInt();
				pause();
			}
		});
	}

	private void pause() {
		try {
			TimeUnit.MILLISECONDS.sleep(5);
		}
		catch (InterruptedException ex) {
			this.ended = true;
		}
	}

	/**
	 * Afterwards no call is under way that began before.
	 */
	private void everyClientCalls() {
		for (int i = 0; i < CLIENTS; i++) {
			int client = i;
			int before = this.calls.get(client);
			await(() -> this.calls.get(client) >= before + 2);
		}
	}

	private void end() throws InterruptedException {
		this.ended = true;
		this.threads.shutdown();
		assertThat(this.threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
	}

	private void report(String what, String detail) {
		System.out.printf(
				"Issuer %s %d times, %s: %d calls served, %d refused wrongly; %d attacks, %d let through wrongly%n",
				what, CYCLES, detail, this.served.get(), this.refusedWrongly.size(), this.attacks.get(),
				this.letThroughWrongly.get());
		assertThat(this.refusedWrongly).isEmpty();
		assertThat(this.letThroughWrongly).hasValue(0);
		assertThat(this.served.get()).isPositive();
		assertThat(this.attacks.get()).isPositive();
	}

	private TestAuthorizationServer.Token token() {
		return this.server.token("records:browse").claim("jti", UUID.randomUUID().toString());
	}

	private int call(String token) {
		HttpResponse<String> response = this.server.callTool(token, "browse", "{}");
		return response.statusCode();
	}

	private static boolean isOlder(long moment, Duration time) {
		return System.nanoTime() - moment > time.toNanos();
	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20)).until(condition);
	}

	private static RSAKey strangersKey() {
		try {
			return new RSAKeyGenerator(2048).keyID("stranger").generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A token whose key was withdrawn.
	 */
	private static final class Old {

		private final String token;

		private final long since;

		private final AtomicInteger triedInVain = new AtomicInteger();

		Old(String token, long since) {
			this.token = token;
			this.since = since;
		}

	}

}
