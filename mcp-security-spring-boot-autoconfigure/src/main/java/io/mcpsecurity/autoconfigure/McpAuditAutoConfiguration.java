package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.actuate.AuditEventPublisher;
import io.mcpsecurity.actuate.AuditMetrics;
import io.mcpsecurity.actuate.CredentialFreeAuthenticationAuditListener;
import io.mcpsecurity.actuate.CredentialFreeAuthorizationAuditListener;
import io.mcpsecurity.audit.AuditSink;
import io.mcpsecurity.audit.AuditTrail;
import io.mcpsecurity.audit.LogSink;
import io.mcpsecurity.audit.OpenTelemetrySink;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.opentelemetry.api.OpenTelemetry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.audit.InMemoryAuditEventRepository;
import org.springframework.boot.actuate.security.AbstractAuthenticationAuditListener;
import org.springframework.boot.actuate.security.AbstractAuthorizationAuditListener;
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
 * Auto-configuration of the audit trail: the sinks, the way to them, and what operators
 * see of it. Every {@link AuditSink} bean of the application is a sink as well.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class,
		afterName = "org.springframework.boot.opentelemetry.autoconfigure.OpenTelemetrySdkAutoConfiguration",
		beforeName = "org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration")
@ConditionalOnBean(CheckedProperties.class)
@ConditionalOnBooleanProperty(name = "mcp.security.audit.enabled", matchIfMissing = true)
public final class McpAuditAutoConfiguration {

	private static final String OPENTELEMETRY = "mcp.security.audit.opentelemetry.enabled";

	@Bean
	@ConditionalOnMissingBean
	AuditTrail mcpAuditTrail(ObjectProvider<AuditSink> sinks, McpSecurityProperties properties,
			CheckedProperties checked) {
		McpSecurityProperties.Audit audit = properties.audit();
		if (audit.opentelemetry().enabled() && sinks.stream().noneMatch(OpenTelemetrySink.class::isInstance)) {
			throw new InvalidMcpSecurityPropertyException(OPENTELEMETRY, true,
					"asks for log records of OpenTelemetry, but there is no bean of type OpenTelemetry.",
					"Add org.springframework.boot:spring-boot-starter-opentelemetry, or set " + OPENTELEMETRY
							+ " to false.");
		}
		return new AuditTrail(sinks.orderedStream().toList(), new AuditTrail.Settings(audit.queueCapacity(),
				audit.batchSize(), audit.onOverflow(), audit.onFailure(), audit.blockTimeout(), audit.drainTimeout()));
	}

	@Bean
	AuditTrailLifecycle mcpAuditTrailLifecycle(AuditTrail trail) {
		return new AuditTrailLifecycle(trail);
	}

	/**
	 * Events of Spring Boot, and the place where it keeps them.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "mcp.security.audit.events.enabled", matchIfMissing = true)
	static class EventsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		AuditEventPublisher mcpAuditEventPublisher(ApplicationEventPublisher publisher) {
			return new AuditEventPublisher(publisher);
		}

	}

	/**
	 * Where Spring Boot keeps events. Without a repository it would not look at any, so
	 * having one means that it records the logins of the whole application as well, and
	 * it does that with bearer tokens as names: hence the listeners.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = { "mcp.security.audit.events.enabled", "management.auditevents.enabled" },
			matchIfMissing = true)
	static class RepositoryConfiguration {

		@Bean
		@ConditionalOnMissingBean(AuditEventRepository.class)
		InMemoryAuditEventRepository mcpAuditEventRepository(McpSecurityProperties properties) {
			return new InMemoryAuditEventRepository(properties.audit().repositoryCapacity());
		}

		@Bean
		@ConditionalOnMissingBean(AbstractAuthenticationAuditListener.class)
		CredentialFreeAuthenticationAuditListener mcpAuthenticationAuditListener() {
			return new CredentialFreeAuthenticationAuditListener();
		}

		@Bean
		@ConditionalOnMissingBean(AbstractAuthorizationAuditListener.class)
		CredentialFreeAuthorizationAuditListener mcpAuthorizationAuditListener() {
			return new CredentialFreeAuthorizationAuditListener();
		}

	}

	/**
	 * Events as lines of the log.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty("mcp.security.audit.log.enabled")
	static class LogConfiguration {

		@Bean
		LogSink mcpAuditLogSink() {
			return new LogSink();
		}

	}

	/**
	 * Events as log records of OpenTelemetry.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(OpenTelemetry.class)
	@ConditionalOnBooleanProperty(OPENTELEMETRY)
	static class OpenTelemetryConfiguration {

		@Bean
		@ConditionalOnBean(OpenTelemetry.class)
		OpenTelemetrySink mcpAuditOpenTelemetrySink(OpenTelemetry openTelemetry) {
			return new OpenTelemetrySink(openTelemetry);
		}

	}

	/**
	 * What actuator shows of the audit trail.
	 */
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

	/**
	 * What Micrometer counts of the audit trail.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterBinder.class)
	static class MetricsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		AuditMetrics mcpAuditMetrics(AuditTrail trail) {
			return new AuditMetrics(trail);
		}

	}

}
