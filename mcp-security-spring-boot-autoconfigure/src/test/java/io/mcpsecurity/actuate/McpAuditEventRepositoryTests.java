package io.mcpsecurity.actuate;

import java.math.BigDecimal;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.audit.McpAuditEvent.Type;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The events of MCP servers in memory: which are kept, which are found, and that they are
 * what they were.
 */
class McpAuditEventRepositoryTests {

	private static final Instant NOON = Instant.parse("2026-03-02T12:00:00.123456789Z");

	private final McpAuditEventRepository repository = new McpAuditEventRepository(5);

	@Test
	void theNewestAreKeptInTheirOrder() {
		assertThat(ids(this.repository)).isEmpty();
		for (int i = 0; i < 23; i++) {
			this.repository.add(call("alice", i));
			assertThat(ids(this.repository))
				.containsExactlyElementsOf(IntStream.rangeClosed(Math.max(0, i - 4), i).boxed().toList());
		}
	}

	@Test
	void oneIsKeptWhereThereIsRoomForOne() {
		McpAuditEventRepository one = new McpAuditEventRepository(1);
		IntStream.range(0, 3).forEach((i) -> one.add(call("alice", i)));
		assertThat(ids(one)).containsExactly(2);
	}

	@ParameterizedTest
	@EnumSource
	void everyTypeOfEventsOfMcpServersIsKept(Type type) {
		this.repository.add(new AuditEvent(NOON, "alice", type.name(), Map.of()));
		assertThat(this.repository.find(null, null, type.name())).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "AUTHENTICATION_SUCCESS", "AUTHENTICATION_FAILURE", "AUTHENTICATION_SWITCH",
			"LOGOUT_SUCCESS", "AUTHORIZATION_FAILURE", "RECORD_SIGNED", "mcp_call", "MCP_CALL ", "" })
	void anEventOfTheRestOfTheApplicationIsNot(String type) {
		this.repository.add(call("alice", 1));
		this.repository.add(new AuditEvent(NOON, "alice", type, Map.of("i", 2)));
		this.repository
			.onApplicationEvent(new AuditApplicationEvent(new AuditEvent(NOON, "alice", type, Map.of("i", 3))));
		assertThat(ids(this.repository)).containsExactly(1);
	}

	@Test
	void whatTheSinkPublishesArrivesWithoutSpringBootsListener() {
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
			context.registerBean(McpAuditEventRepository.class, () -> this.repository);
			context.refresh();
			new AuditEventPublisher(context)
				.write(List.of(new McpAuditEvent("1", NOON, Type.MCP_CALL_DENIED, "alice", Map.of("i", 1)),
						new McpAuditEvent("2", NOON, Type.MCP_AUTHENTICATION_FAILED, null, Map.of("i", 2))));
		}
		assertThat(ids(this.repository)).containsExactly(1, 2);
		assertThat(this.repository.find("", null, null)).extracting(AuditEvent::getType)
			.containsExactly("MCP_AUTHENTICATION_FAILED");
	}

	/**
	 * With every combination of conditions, as in Spring Boot's repository.
	 */
	@Test
	void itFindsWhatSpringBootsRepositoryFinds() {
		InMemoryAuditEventRepository boots = new InMemoryAuditEventRepository(40);
		McpAuditEventRepository own = new McpAuditEventRepository(40);
		Random random = new Random(7);
		List<@Nullable String> principals = Arrays.asList(null, "", "alice", "bob", "nobody");
		List<@Nullable String> types = Arrays.asList(null, "MCP_CALL", "MCP_CALL_DENIED", "MCP_REQUEST_REJECTED",
				"AUTHENTICATION_SUCCESS");
		List<@Nullable Instant> times = new ArrayList<>();
		times.add(null);
		for (int i = 0; i < 100; i++) {
			Instant time = NOON.plusNanos(random.nextInt(3) - 1).plusSeconds(random.nextInt(20) - 10);
			times.add(time);
			AuditEvent event = new AuditEvent(time, principals.get(1 + random.nextInt(3)),
					types.get(1 + random.nextInt(3)), Map.of("i", i));
			boots.add(event);
			own.add(event);
		}
		for (String principal : principals) {
			for (String type : types) {
				for (Instant after : times) {
					assertThat(own.find(principal, after, type)).usingRecursiveComparison()
						.isEqualTo(boots.find(principal, after, type));
				}
			}
		}
	}

	static Stream<@Nullable Object> values() {
		Map<String, @Nullable Object> nothing = new LinkedHashMap<>();
		nothing.put("nothing", null);
		return Stream.of("", "text", "\u00e4\u20ac\ud83d\ude00", "\ud83d", "\ude00\u0000\u007f\u0080\u07ff\u0800\uffff",
				"x".repeat(8192), "\u20ac".repeat(100_000), 0, 1, -1, 63, 64, -64, -65, 200, Integer.MAX_VALUE,
				Integer.MIN_VALUE, 0L, 5L, -5L, Long.MAX_VALUE, Long.MIN_VALUE, 0.0, -0.0, 1.0, 12.345,
				Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN, Double.NEGATIVE_INFINITY, true, false, List.of(),
				List.of("a", 1, 1L, 1.0, true, List.of(), Map.of()), Collections.singletonList(null), Map.of(), nothing,
				Map.of("", Map.of("a", List.of(Map.of("b", "c")))), IntStream.range(0, 300).boxed().toList());
	}

	@ParameterizedTest
	@MethodSource("values")
	void everyValueIsWhatItWas(@Nullable Object value) {
		Map<String, @Nullable Object> data = new LinkedHashMap<>();
		data.put("before", "b");
		data.put("value", value);
		data.put("\u20ac", 17);
		AuditEvent event = new AuditEvent(NOON, "al\u00efce", "MCP_CALL", data);
		this.repository.add(event);
		AuditEvent found = this.repository.find(null, null, null).get(0);
		assertThat(found.getTimestamp()).isEqualTo(NOON);
		assertThat(found.getPrincipal()).isEqualTo("al\u00efce");
		assertThat(found.getType()).isEqualTo("MCP_CALL");
		assertThat(found.getData()).isEqualTo(data).hasToString(data.toString());
		assertThat(found.getData().keySet()).containsExactly("before", "value", "\u20ac");
	}

	@ParameterizedTest
	@ValueSource(strings = { "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "-1000000000-01-01T00:00:00Z",
			"+1000000000-12-31T23:59:59.999999999Z" })
	void everyTimeIsWhatItWas(Instant time) {
		this.repository.add(new AuditEvent(time, null, "MCP_CALL", Map.of()));
		assertThat(this.repository.find("", null, null)).extracting(AuditEvent::getTimestamp).containsExactly(time);
	}

	@Test
	void aValueOfAnotherTypeIsKeptAsTheNameOfItsClass() {
		this.repository.add(new AuditEvent(NOON, "alice", "MCP_CALL",
				Map.of("uri", URI.create("https://secret.example"), "number", new BigDecimal("1.5"))));
		assertThat(this.repository.find(null, null, null).get(0).getData())
			.isEqualTo(Map.of("uri", "(java.net.URI)", "number", "(java.math.BigDecimal)"));
	}

	@Test
	void anEventIsNoLongerThanItselfInAPlaceThatHeldALongerOne() {
		Random random = new Random(11);
		List<Map<String, Object>> all = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			Map<String, Object> data = Map.of("i", i, "text",
					"x\u00e4".repeat(1 << random.nextInt(15)).substring(random.nextInt(2)));
			all.add(data);
			this.repository.add(new AuditEvent(NOON, "alice", "MCP_CALL", data));
			assertThat(this.repository.find(null, null, null)).extracting(AuditEvent::getData)
				.isEqualTo(all.subList(Math.max(0, i - 4), i + 1));
		}
	}

	@Test
	void whatWasFoundStaysWhenItsPlaceIsTaken() {
		this.repository.add(call("alice", 1));
		List<AuditEvent> found = this.repository.find(null, null, null);
		IntStream.range(2, 12).forEach((i) -> this.repository.add(call("bob", i)));
		assertThat(found).singleElement().extracting(AuditEvent::getPrincipal).isEqualTo("alice");
	}

	@Test
	void severalThreadsAddAndFindAtOnce() throws Exception {
		int threads = 4;
		int each = 2000;
		McpAuditEventRepository shared = new McpAuditEventRepository(threads * each / 2);
		ExecutorService executor = Executors.newFixedThreadPool(threads + 1);
		try {
			CountDownLatch start = new CountDownLatch(1);
			List<Future<?>> adding = new ArrayList<>();
			for (int t = 0; t < threads; t++) {
				String principal = "thread" + t;
				adding.add(executor.submit(() -> {
					start.await();
					for (int i = 0; i < each; i++) {
						shared.add(new AuditEvent(NOON, principal, "MCP_CALL",
								Map.of("i", i, "text", (principal + i).repeat(i % 50))));
					}
					return null;
				}));
			}
			Future<?> finding = executor.submit(() -> {
				start.await();
				while (!adding.stream().allMatch(Future::isDone)) {
					assertWhole(shared.find(null, null, null));
				}
				return null;
			});
			start.countDown();
			for (Future<?> future : adding) {
				future.get();
			}
			finding.get();
		}
		finally {
			executor.shutdownNow();
		}
		List<AuditEvent> events = shared.find(null, null, null);
		assertThat(events).hasSize(threads * each / 2);
		assertWhole(events);
	}

	/**
	 * No event is a mixture of two, and those of one thread are in their order without a
	 * gap.
	 */
	private static void assertWhole(List<AuditEvent> events) {
		Map<String, Integer> last = new HashMap<>();
		for (AuditEvent event : events) {
			int i = (Integer) event.getData().get("i");
			assertThat(event.getData().get("text")).isEqualTo((event.getPrincipal() + i).repeat(i % 50));
			Integer before = last.put(event.getPrincipal(), i);
			assertThat(before == null || before == i - 1).isTrue();
		}
	}

	private static AuditEvent call(String principal, int i) {
		return new AuditEvent(NOON, principal, "MCP_CALL", Map.of("i", i));
	}

	private static List<Object> ids(McpAuditEventRepository repository) {
		return repository.find(null, null, null).stream().map((event) -> event.getData().get("i")).toList();
	}

}
