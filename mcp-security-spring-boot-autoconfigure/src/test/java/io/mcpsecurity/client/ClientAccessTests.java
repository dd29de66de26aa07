package io.mcpsecurity.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.client.ClientAccess.Verdict;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Which clients may come, and from when on. Time passes only when a test says so.
 */
class ClientAccessTests {

	private static final Duration REFRESH = Duration.ofSeconds(2);

	private final AtomicLong nanos = new AtomicLong(System.nanoTime());

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			a                              | a                                     | DENIED
			a                              | b                                     | ACCEPTED
			a                              | A                                     | ACCEPTED
			a*                             | abc                                   | DENIED
			*                              | b                                     | DENIED
			*                              | -                                     | ACCEPTED
			https://agents.example.com/*   | https://agents.example.com/1          | DENIED
			https://agents.example.com/*   | https://agents.example.com.evil/1     | ACCEPTED
			https://a.example agent        | agent                                 | DENIED
			https://b.example agent        | agent                                 | ACCEPTED
			https://a.example *            | agent                                 | DENIED
			""", delimiter = '|')
	void clientsMatchingPatternAreDenied(String pattern, @Nullable String client, Verdict verdict) {
		assertThat(access(List.of(), List.of(pattern), new LocalClientDenials()).decide(caller(client)))
			.isEqualTo(verdict);
	}

	@ParameterizedTest
	@ValueSource(strings = { " a", "a ", "\u00a0a", "https://a.example  agent", "https://a.example agent " })
	void clientWithLeadingOrTrailingWhitespaceIsRefused(String text) {
		ClientAccess access = access(List.of(), List.of(), new LocalClientDenials());
		assertThatIllegalArgumentException().isThrownBy(() -> access.deny(text));
		assertThat(access.deniedAtRunTime()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "b ", "b\n", "https://a.example " })
	void invalidStoredEntryDoesNotPreventOtherDenials(String odd) {
		ClientDenials common = new LocalClientDenials();
		ClientAccess access = access(List.of(), List.of(), common);
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.ACCEPTED);
		common.add(odd);
		common.add("a");
		this.nanos.addAndGet(REFRESH.toNanos());
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.DENIED);
		assertThat(access.decide(caller("c"))).isEqualTo(Verdict.ACCEPTED);
	}

	@Test
	void whenAllowListThenOtherClientsAreDenied() {
		ClientAccess access = access(List.of("a", "b*"), List.of("b1"), new LocalClientDenials());
		assertThat(Stream.of("a", "b2").map((client) -> access.decide(caller(client)))).containsOnly(Verdict.ACCEPTED);
		assertThat(Stream.of("b1", "c", "").map((client) -> access.decide(caller(client))))
			.containsOnly(Verdict.DENIED);
		assertThat(access.decide(caller(null))).isEqualTo(Verdict.DENIED);
	}

	@Test
	void denialAppliesToNextRequestUntilUndone() {
		ClientAccess access = access(List.of(), List.of("configured"), new LocalClientDenials());
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.ACCEPTED);
		access.deny("a");
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.DENIED);
		assertThat(access.deniedAtRunTime()).containsExactly("a");
		access.undo("a");
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.ACCEPTED);
		access.undo("configured");
		assertThat(access.decide(caller("configured"))).isEqualTo(Verdict.DENIED);
	}

	@Test
	void denialByOtherInstanceAppliesAfterRefreshInterval() {
		ClientDenials common = new LocalClientDenials();
		ClientAccess here = access(List.of(), List.of(), common);
		ClientAccess there = access(List.of(), List.of(), common);
		assertThat(here.decide(caller("a"))).isEqualTo(Verdict.ACCEPTED);
		there.deny("a");
		this.nanos.addAndGet(REFRESH.toNanos());
		assertThat(here.decide(caller("a"))).isEqualTo(Verdict.DENIED);
	}

	@Test
	void storeIsReadOncePerInterval() {
		FailingDenials store = new FailingDenials();
		ClientAccess access = access(List.of(), List.of(), store);
		for (int i = 0; i < 10; i++) {
			access.decide(caller("a"));
		}
		assertThat(store.reads).isEqualTo(1);
	}

	@Test
	void whenStoreFailsThenKnownDenialsStillApply() {
		FailingDenials store = new FailingDenials();
		ClientAccess access = access(List.of(), List.of(), store);
		access.deny("a");
		store.failing = true;
		this.nanos.addAndGet(REFRESH.toNanos());
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.DENIED);
		assertThat(access.decide(caller("b"))).isEqualTo(Verdict.ACCEPTED);
		assertThatIllegalStateException().isThrownBy(() -> access.deny("b"));
		assertThat(access.decide(caller("b"))).as("nothing was changed").isEqualTo(Verdict.ACCEPTED);
	}

	@Test
	void whenStoreWasNeverReadThenVerdictIsUnknown() {
		FailingDenials store = new FailingDenials();
		store.failing = true;
		ClientAccess access = access(List.of(), List.of(), store);
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.UNKNOWN);
		store.failing = false;
		assertThat(access.decide(caller("a"))).isEqualTo(Verdict.ACCEPTED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a\nb", "https://a.example  " })
	void invalidClientIsRefusedAndNotDenied(String text) {
		ClientAccess access = access(List.of(), List.of(), new LocalClientDenials());
		assertThatIllegalArgumentException().isThrownBy(() -> access.deny(text));
		assertThat(access.deniedAtRunTime()).isEmpty();
	}

	private ClientAccess access(List<String> allow, List<String> deny, ClientDenials store) {
		return new ClientAccess(allow.stream().map(ClientPattern::of).toList(),
				deny.stream().map(ClientPattern::of).toList(), store, REFRESH, this.nanos::get);
	}

	private static McpCaller caller(@Nullable String client) {
		return McpCaller.builder("alice", "https://a.example", "https://mcp.example.com/mcp").client(client).build();
	}

	private static final class FailingDenials implements ClientDenials {

		private final List<String> clients = new ArrayList<>();

		private boolean failing;

		private int reads;

		@Override
		public Set<String> all() {
			check();
			this.reads++;
			return Set.copyOf(this.clients);
		}

		@Override
		public void add(String client) {
			check();
			this.clients.add(client);
		}

		@Override
		public void remove(String client) {
			check();
			this.clients.remove(client);
		}

		private void check() {
			if (this.failing) {
				throw new IllegalStateException("The store is down");
			}
		}

	}

}
