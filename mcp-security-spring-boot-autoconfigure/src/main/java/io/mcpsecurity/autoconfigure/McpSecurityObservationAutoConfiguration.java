package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.observation.DefaultMcpServerObservationConvention;
import io.mcpsecurity.observation.McpServerMeterObservationHandler;
import io.mcpsecurity.observation.McpServerObservationConvention;
import io.mcpsecurity.observation.McpServerTracingObservationHandler;
import io.mcpsecurity.observation.RequestLabels;
import io.mcpsecurity.observation.RequestMetrics;
import io.mcpsecurity.observation.RequestObservations;
import io.mcpsecurity.observation.StepUpMetrics;
import io.mcpsecurity.observation.TraceIds;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.MeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/**
 * Auto-configuration of what is measured of requests, as far as the application has
 * something that takes it: a registry of metrics, one of observations, a tracer.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class,
		afterName = {
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
				"org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration",
				"org.springframework.boot.micrometer.tracing.autoconfigure.NoopTracerAutoConfiguration" })
@ConditionalOnBean(Exchanges.class)
public final class McpSecurityObservationAutoConfiguration {

	/** Before the handlers of Spring Boot, which take observations of every kind. */
	private static final int HANDLER_ORDER = 0;

	@Bean
	@ConditionalOnMissingBean
	RequestLabels mcpRequestLabels(OfferedTargets offered) {
		return new RequestLabels(offered);
	}

	/**
	 * Metrics.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static class MetricsConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RequestMetrics mcpRequestMetrics(MeterRegistry registry, RequestLabels labels) {
			return new RequestMetrics(registry, labels);
		}

		@Bean
		@ConditionalOnMissingBean
		StepUpMetrics mcpStepUpMetrics(MeterRegistry registry, RequestLabels labels) {
			return new StepUpMetrics(registry, labels);
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnClass(MeterObservationHandler.class)
		@Order(HANDLER_ORDER)
		McpServerMeterObservationHandler mcpServerMeterObservationHandler(MeterRegistry registry) {
			return new McpServerMeterObservationHandler(registry);
		}

	}

	/**
	 * Observations.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObservationRegistry.class)
	@ConditionalOnBean(ObservationRegistry.class)
	static class ObservationConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RequestObservations mcpRequestObservations(ObservationRegistry registry,
				ObjectProvider<McpServerObservationConvention> convention, RequestLabels labels) {
			return new RequestObservations(registry, convention.getIfAvailable(),
					new DefaultMcpServerObservationConvention(labels));
		}

	}

	/**
	 * Traces.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Tracer.class)
	@ConditionalOnBean(Tracer.class)
	static class TracingConfiguration {

		@Bean
		@ConditionalOnMissingBean
		TraceIds mcpTraceIds(Tracer tracer) {
			return new TraceIds(tracer);
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnBean(Propagator.class)
		@Order(HANDLER_ORDER)
		McpServerTracingObservationHandler mcpServerTracingObservationHandler(Tracer tracer, Propagator propagator) {
			return new McpServerTracingObservationHandler(tracer, propagator);
		}

	}

}
