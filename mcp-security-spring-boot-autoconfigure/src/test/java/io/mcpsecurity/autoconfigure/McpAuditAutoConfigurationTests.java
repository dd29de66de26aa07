package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

import io.mcpsecurity.actuate.McpAuditEventRepository;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.AuditTrail.Place;
import io.mcpsecurity.audit.AuditTrail.SinkStatus;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.exchange.UnrecordableCallException;
import io.micrometer.core.instrument.MeterRegistry;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.AuditEventsEndpoint;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.audit.listener.AbstractAuditListener;
import org.springframework.boot.actuate.security.AbstractAuthenticationAuditListener;
import org.springframework.boot.actuate.security.AbstractAuthorizationAuditListener;
import org.springframework.boot.actuate.security.AuthenticationAuditListener;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.context.ConfigurableWebApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What there is of the audit trail by configuration, and what operators see of it.
 */
class McpAuditAutoConfigurationTests {

	private final WebApplicationContextRunner bare = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"spring.ai.mcp.server.protocol=STREAMABLE");

	private final WebApplicationContextRunner configured = this.bare.withPropertyValues(
			"mcp-security.resource=https://mcp.example.com/mcp",
			"mcp-security.authorization-servers=https://login.example.com");

	@Test
	void eventsArePublishedAndKeptInMemoryByDefault() {
		this.configured.run((context) -> {
			assertThat(sinks(context)).containsExactly("events");
			AuditEventRepository repository = context.getBean(AuditEventRepository.class);
			assertThat(repository).isInstanceOf(McpAuditEventRepository.class);
			context.getBean(AuditTrail.class).record(event("1"));
			until(() -> !repository.find(null, null, null).isEmpty());
			AuditEvent stored = repository.find(null, null, null).get(0);
			assertThat(stored.getTimestamp()).isEqualTo(Instant.EPOCH);
			assertThat(stored.getPrincipal()).isEqualTo("alice");
			assertThat(stored.getType()).isEqualTo("MCP_CALL");
			assertThat(stored.getData()).isEqualTo(Map.of("eventId", "1"));
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp-security.enabled=false", "mcp-security.audit.enabled=false" })
	void whenDisabledThenNoAuditBeans(String property) {
		this.configured.withPropertyValues(property, "mcp-security.audit.log.enabled=true").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context).doesNotHaveBean(AuditTrail.class)
				.doesNotHaveBean(AuditSink.class)
				.doesNotHaveBean(AuditEventRepository.class)
				.doesNotHaveBean(AbstractAuthenticationAuditListener.class)
				.doesNotHaveBean("mcpSecurityAuditHealthIndicator");
		});
	}

	@Test
	void whenEventsDisabledThenNoRepository() {
		this.configured.withPropertyValues("mcp-security.audit.events.enabled=false").run((context) -> {
			assertThat(sinks(context)).isEmpty();
			assertThat(context).doesNotHaveBean(AuditEventRepository.class)
				.doesNotHaveBean(AbstractAuthenticationAuditListener.class);
		});
	}

	@Test
	void whenAuditEventsOfSpringBootDisabledThenNoRepositoryButEventsArePublished() {
		this.configured.withPropertyValues("management.auditevents.enabled=false").run((context) -> {
			assertThat(sinks(context)).containsExactly("events");
			assertThat(context).doesNotHaveBean(AuditEventRepository.class)
				.doesNotHaveBean(AbstractAuthenticationAuditListener.class);
		});
	}

	@Test
	void repositoryHasConfiguredCapacity() {
		this.configured.withPropertyValues("mcp-security.audit.repository-capacity=3").run((context) -> {
			AuditEventRepository repository = context.getBean(AuditEventRepository.class);
			IntStream.range(0, 10).forEach((i) -> repository.add(new AuditEvent("user" + i, "MCP_CALL")));
			assertThat(repository.find(null, null, null)).extracting(AuditEvent::getPrincipal)
				.containsExactly("user7", "user8", "user9");
		});
	}

	@Test
	void backsOffForAuditRepositoryAndListenersOfApplication() {
		this.configured.withUserConfiguration(OwnRepository.class).run((context) -> {
			assertThat(context.getBeanNamesForType(AuditEventRepository.class)).containsExactly("ownRepository");
			assertThat(context.getBeanNamesForType(AbstractAuthenticationAuditListener.class))
				.containsExactly("ownListener");
			context.getBean(AuditTrail.class).record(event("1"));
			until(() -> !context.getBean(AuditEventRepository.class).find(null, null, null).isEmpty());
		});
	}

	@Test
	void inMemoryRepositoryDoesNotActivateAuditListenersOfSpringBoot() {
		this.configured.run((context) -> assertThat(context).hasSingleBean(McpAuditEventRepository.class)
			.doesNotHaveBean(AbstractAuditListener.class)
			.doesNotHaveBean(AbstractAuthenticationAuditListener.class)
			.doesNotHaveBean(AbstractAuthorizationAuditListener.class));
	}

	@Test
	void inMemoryRepositoryIsNotAutowiredByType() {
		this.configured.withUserConfiguration(Injected.class).run((context) -> {
			Injected injected = context.getBean(Injected.class);
			assertThat(injected.byType).isNull();
			assertThat(injected.byName).isSameAs(context.getBean("mcpAuditEventRepository"));
		});
	}

	@Test
	void auditEventsEndpointReturnsInMemoryEventsWhenExposed() {
		this.configured.run((context) -> assertThat(context).doesNotHaveBean(AuditEventsEndpoint.class));
		this.configured.withPropertyValues("management.endpoints.web.exposure.include=auditevents").run((context) -> {
			context.getBean("mcpAuditEventRepository", AuditEventRepository.class)
				.add(new AuditEvent("alice", "MCP_CALL"));
			assertThat(context.getBean(AuditEventsEndpoint.class).events("alice", null, "MCP_CALL").getEvents())
				.hasSize(1);
		});
	}

	@Test
	void whenApplicationHasRepositoryThenEndpointIsThatOfSpringBoot() {
		this.configured.withUserConfiguration(OwnRepository.class)
			.withPropertyValues("management.endpoints.web.exposure.include=auditevents")
			.run((context) -> {
				assertThat(context).doesNotHaveBean(McpAuditEventRepository.class);
				assertThat(context.getBeanNamesForType(AuditEventsEndpoint.class))
					.containsExactly("auditEventsEndpoint");
			});
	}

	@Test
	void everySinkIncludingThatOfApplicationGetsEvents() {
		this.configured.withUserConfiguration(OwnSink.class)
			.withPropertyValues("mcp-security.audit.log.enabled=true", "mcp-security.audit.opentelemetry.enabled=true")
			.run((context) -> {
				assertThat(sinks(context)).containsExactlyInAnyOrder("events", "log", "opentelemetry", "own");
				context.getBean(AuditTrail.class).record(event("1"));
				until(() -> context.getBean(AuditTrail.class)
					.sinks()
					.stream()
					.allMatch((sink) -> sink.published() == 1));
				assertThat(context.getBean(OwnSink.class).written).containsExactly(event("1"));
			});
	}

	@Test
	void whenOpenTelemetryEnabledButMissingThenStartupFails() {
		this.configured.withPropertyValues("mcp-security.audit.opentelemetry.enabled=true")
			.withClassLoader(new FilteredClassLoader("io.opentelemetry"))
			.run((context) -> {
				assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.audit.opentelemetry.enabled");
				assertThat(Refusal.of(context).reason()).contains("spring-boot-starter-opentelemetry");
			});
	}

	@Test
	void whenDenyWithoutSinkThenStartupFails() {
		this.configured
			.withPropertyValues("mcp-security.audit.on-failure=deny", "mcp-security.audit.events.enabled=false")
			.run((context) -> assertThat(Refusal.of(context).property()).isEqualTo("mcp-security.audit.on-failure"));
	}

	/**
	 * As when an application was compiled ahead of time without the property.
	 */
	@Test
	void whenEnabledSinkIsMissingThenStartupFails() {
		for (String sink : List.of("Log", "Events")) {
			this.configured
				.withPropertyValues("mcp-security.audit.log.enabled=true", "mcp-security.audit.events.enabled=true")
				.withInitializer(
						(context) -> context.addBeanFactoryPostProcessor((beans) -> ((BeanDefinitionRegistry) beans)
							.removeBeanDefinition(sink.equals("Log") ? "mcpAuditLogSink" : "mcpAuditEventPublisher")))
				.run((context) -> assertThat(Refusal.of(context).property())
					.isEqualToIgnoringCase("mcp-security.audit." + sink + ".enabled"));
		}
	}

	@Test
	void whenOpenTelemetryIsMissingThenOtherSinksWork() {
		this.configured.withClassLoader(new FilteredClassLoader("io.opentelemetry"))
			.run((context) -> assertThat(sinks(context)).containsExactly("events"));
	}

	@Test
	void trailUsesConfiguredSettings() {
		this.configured.withUserConfiguration(OwnSink.class)
			.withPropertyValues("mcp-security.audit.queue-capacity=2", "mcp-security.audit.on-overflow=drop",
					"mcp-security.audit.on-failure=deny", "mcp-security.audit.drain-timeout=100ms")
			.run((context) -> {
				AuditTrail trail = context.getBean(AuditTrail.class);
				Place first = trail.reserve();
				Place second = trail.reserve();
				assertThatExceptionOfType(UnrecordableCallException.class).isThrownBy(trail::reserve);
				first.release();
				second.release();
			});
	}

	@Test
	void healthContainsEachSinkAndIsDownWhileOneFails() {
		this.configured.withUserConfiguration(OwnSink.class).run((context) -> {
			HealthIndicator health = context.getBean("mcpSecurityAuditHealthIndicator", HealthIndicator.class);
			AuditTrail trail = context.getBean(AuditTrail.class);
			assertThat(health(health).getStatus()).isEqualTo(Status.UP);
			assertThat(health(health).getDetails()).containsOnlyKeys("events", "own");
			context.getBean(OwnSink.class).failure = new IllegalStateException("the password is swordfish");
			trail.record(event("1"));
			until(() -> health(health).getStatus().equals(Status.DOWN));
			assertThat(health(health).getDetails()).containsEntry("own",
					new SinkStatus("own", 0, 0, 0, 1, false, IllegalStateException.class.getName()));
			assertThat(health(health).toString()).doesNotContain("swordfish");
			context.getBean(OwnSink.class).failure = null;
			trail.record(event("2"));
			until(() -> health(health).getStatus().equals(Status.UP));
		});
	}

	@Test
	void whenHealthIndicatorDisabledThenNoBean() {
		this.configured.withPropertyValues("management.health.mcp-security-audit.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("mcpSecurityAuditHealthIndicator"));
	}

	@Test
	void metricsAreCountedBySinkAndResult() {
		this.configured.withUserConfiguration(OwnSink.class)
			.withPropertyValues("mcp-security.audit.on-overflow=drop", "mcp-security.audit.queue-capacity=2",
					"mcp-security.audit.block-timeout=1ms")
			.run((context) -> {
				assertThat(context).hasSingleBean(MetricsAutoConfiguration.class);
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				AuditTrail trail = context.getBean(AuditTrail.class);
				OwnSink sink = context.getBean(OwnSink.class);
				trail.record(event("1"));
				until(() -> counted(registry, "own", "published") == 1);
				sink.failure = new IllegalStateException();
				trail.record(event("2"));
				until(() -> counted(registry, "own", "failed") == 1);
				sink.failure = null;
				synchronized (sink) {
					trail.record(event("3"));
					trail.record(event("4"));
					trail.record(event("5"));
					assertThat(counted(registry, "own", "dropped")).isEqualTo(1);
					assertThat(registry.get("mcp.security.audit.queue").tag("sink", "own").gauge().value())
						.isEqualTo(2);
				}
				until(() -> counted(registry, "own", "published") == 3);
				assertThat(registry.find("mcp.security.audit.events").tag("sink", "events").functionCounters())
					.hasSize(3);
			});
	}

	@Test
	void trailIsClosedAfterWebServerAndBeforeSinkBeans() {
		this.configured.withUserConfiguration(OwnSink.class).run((context) -> {
			AuditTrailLifecycle lifecycle = context.getBean(AuditTrailLifecycle.class);
			assertThat(lifecycle.isRunning()).isTrue();
			assertThat(lifecycle.getPhase()).isLessThan(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE);
			OwnSink sink = context.getBean(OwnSink.class);
			AuditTrail trail = context.getBean(AuditTrail.class);
			IntStream.range(0, 1000).forEach((i) -> trail.record(event("" + i)));
			context.getSourceApplicationContext(ConfigurableWebApplicationContext.class).close();
			assertThat(sink.written).hasSize(1000);
			assertThat(sink.destroyed).isTrue();
			assertThat(sink.writtenAfterDestruction).isFalse();
			assertThat(trail.sinks()).allMatch((status) -> status.published() == 1000);
			assertThat(lifecycle.isRunning()).isFalse();
		});
	}

	@Test
	void restartedContextRecordsAgain() {
		this.configured.withUserConfiguration(OwnSink.class).run((context) -> {
			ConfigurableWebApplicationContext application = context
				.getSourceApplicationContext(ConfigurableWebApplicationContext.class);
			application.stop();
			assertThat(context.getBean(AuditTrailLifecycle.class).isRunning()).isFalse();
			application.start();
			context.getBean(AuditTrail.class).record(event("1"));
			until(() -> !context.getBean(OwnSink.class).written.isEmpty());
		});
	}

	private static McpAuditEvent event(String id) {
		return new McpAuditEvent(id, Instant.EPOCH, McpAuditEvent.Type.MCP_CALL, "alice", Map.of("eventId", id));
	}

	private static List<String> sinks(AssertableWebApplicationContext context) {
		assertThat(context).hasNotFailed();
		return context.getBean(AuditTrail.class).sinks().stream().map(SinkStatus::name).toList();
	}

	private static Health health(HealthIndicator indicator) {
		Health health = indicator.health();
		assertThat(health).isNotNull();
		return health;
	}

	private static double counted(MeterRegistry registry, String sink, String result) {
		return registry.get("mcp.security.audit.events").tags("sink", sink, "result", result).functionCounter().count();
	}

	private static void until(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5)).until(condition);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class Injected {

		private final @Nullable AuditEventRepository byType;

		private final AuditEventRepository byName;

		Injected(ObjectProvider<AuditEventRepository> byType,
				@Qualifier("mcpAuditEventRepository") AuditEventRepository byName) {
			this.byType = byType.getIfAvailable();
			this.byName = byName;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnRepository {

		@Bean
		AuditEventRepository ownRepository() {
			return new InMemoryAuditEventRepository(7);
		}

		@Bean
		AuthenticationAuditListener ownListener() {
			return new AuthenticationAuditListener();
		}

	}

	static class OwnSink implements AuditSink, AutoCloseable {

		private final List<McpAuditEvent> written = new CopyOnWriteArrayList<>();

		private volatile @Nullable RuntimeException failure;

		private volatile boolean destroyed;

		private volatile boolean writtenAfterDestruction;

		@Override
		public String name() {
			return "own";
		}

		@Override
		public synchronized void write(List<McpAuditEvent> events) {
			this.writtenAfterDestruction |= this.destroyed;
			RuntimeException failure = this.failure;
			if (failure != null) {
				throw failure;
			}
			this.written.addAll(events);
		}

		@Override
		public void close() {
			this.destroyed = true;
		}

	}

}
