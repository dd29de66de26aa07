package io.mcpsecurity.autoconfigure;

import java.util.List;

import io.mcpsecurity.actuate.AuditEventPublisher;
import io.mcpsecurity.actuate.AuditMetrics;
import io.mcpsecurity.actuate.McpAuditEventRepository;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.LogSink;
import io.mcpsecurity.audit.OpenTelemetrySink;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.opentelemetry.api.OpenTelemetry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.AuditEventsEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration of the audit trail, its sinks, and their health and metrics. Every
 * {@link AuditSink} bean of the application is a sink as well.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class,
		afterName = "org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration",
		beforeName = "org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration")
@ConditionalOnBean(CheckedProperties.class)
@ConditionalOnBooleanProperty(name = PropertyBinder.CONDITION + "audit.enabled", matchIfMissing = true)
public final class McpAuditAutoConfiguration {

	private static final String EVENTS = PropertyBinder.CONDITION + "audit.events.enabled";

	/**
	 * The maximum number of events in a batch. A sink writes a batch within
	 * block-timeout.
	 */
	private static final int BATCH_SIZE = 500;

	/**
	 * The checked properties are a parameter so that invalid values are reported first.
	 */
	@Bean
	AuditTrail mcpAuditTrail(ObjectProvider<AuditSink> beans, McpSecurityProperties properties,
			CheckedProperties checked) {
		McpSecurityProperties.Audit audit = properties.audit();
		List<AuditSink> sinks = beans.orderedStream().toList();
		checkSinks(sinks, audit);
		return new AuditTrail(sinks, new AuditTrail.Settings(audit.queueCapacity(), BATCH_SIZE, audit.onOverflow(),
				audit.onFailure(), audit.blockTimeout(), audit.drainTimeout()));
	}

	private static void checkSinks(List<AuditSink> sinks, McpSecurityProperties.Audit audit) {
		if (audit.opentelemetry().enabled() && sinks.stream().noneMatch(OpenTelemetrySink.class::isInstance)) {
			throw CheckedProperties.invalid("mcp-security.audit.opentelemetry.enabled", true,
					"There is no bean of type OpenTelemetry. Add org.springframework.boot:spring-boot-starter-opentelemetry, "
							+ "or set it to false.");
		}
		requireSink(sinks, LogSink.class, "log", audit.log().enabled());
		requireSink(sinks, AuditEventPublisher.class, "events", audit.events().enabled());
		if (audit.onFailure() == AuditTrail.OnFailure.DENY && sinks.isEmpty()) {
			throw CheckedProperties.invalid("mcp-security.audit.on-failure", audit.onFailure(),
					"There is no audit sink that could write events. "
							+ "Enable one, for example with mcp-security.audit.events.enabled=true.");
		}
	}

	/**
	 * The conditions of sinks are evaluated when an application is compiled ahead of
	 * time.
	 */
	private static void requireSink(List<AuditSink> sinks, Class<? extends AuditSink> type, String name,
			boolean enabled) {
		if (enabled && sinks.stream().noneMatch(type::isInstance)) {
			throw CheckedProperties.invalid("mcp-security.audit." + name + ".enabled", true,
					"It was not set when the application was compiled ahead of time. Set it there as well.");
		}
	}

	@Bean
	AuditTrailLifecycle mcpAuditTrailLifecycle(AuditTrail trail) {
		return new AuditTrailLifecycle(trail);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = EVENTS, matchIfMissing = true)
	static class EventsConfiguration {

		@Bean
		AuditEventPublisher mcpAuditEventPublisher(ApplicationEventPublisher publisher) {
			return new AuditEventPublisher(publisher);
		}

	}

	/**
	 * The repository for the endpoint {@code auditevents} in an application without an
	 * {@link AuditEventRepository}. It contains only the events of MCP servers.
	 * <p>
	 * For a bean of that type Spring Boot would record the logins of the whole
	 * application as well: it would publish events with refused bearer tokens as names,
	 * and the ids of HTTP sessions, to every listener. So the repository is not a
	 * candidate for conditions and injection by type, and the endpoint is defined here
	 * with it. It can be injected by its name.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = { EVENTS, "management.auditevents.enabled" }, matchIfMissing = true)
	@ConditionalOnMissingBean(AuditEventRepository.class)
	static class RepositoryConfiguration {

		@Bean(defaultCandidate = false)
		McpAuditEventRepository mcpAuditEventRepository(McpSecurityProperties properties) {
			return new McpAuditEventRepository(properties.audit().repositoryCapacity());
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnAvailableEndpoint
		AuditEventsEndpoint mcpAuditEventsEndpoint(
				@Qualifier("mcpAuditEventRepository") McpAuditEventRepository repository) {
			return new AuditEventsEndpoint(repository);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(PropertyBinder.CONDITION + "audit.log.enabled")
	static class LogConfiguration {

		@Bean
		LogSink mcpAuditLogSink() {
			return new LogSink();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(OpenTelemetry.class)
	@ConditionalOnBooleanProperty(PropertyBinder.CONDITION + "audit.opentelemetry.enabled")
	static class OpenTelemetryConfiguration {

		@Bean
		@ConditionalOnBean(OpenTelemetry.class)
		OpenTelemetrySink mcpAuditOpenTelemetrySink(OpenTelemetry openTelemetry) {
			return new OpenTelemetrySink(openTelemetry);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HealthIndicator.class)
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = "mcpSecurityAuditHealthIndicator")
		@ConditionalOnEnabledHealthIndicator("mcp-security-audit")
		HealthIndicator mcpSecurityAuditHealthIndicator(AuditTrail trail) {
			return new AuditHealthIndicator(trail);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetricsConfiguration {

		@Bean
		AuditMetrics mcpAuditMetrics(AuditTrail trail) {
			return new AuditMetrics(trail);
		}

	}

}
