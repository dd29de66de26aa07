package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.observation.DownstreamMetrics;
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
 * Auto-configuration of metrics, observations and traces of requests, each if the
 * application has a registry or a tracer for it.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class,
		afterName = {
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
				"org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration",
				"org.springframework.boot.micrometer.tracing.autoconfigure.NoopTracerAutoConfiguration" })
@ConditionalOnBean(Exchanges.class)
public final class McpSecurityObservationAutoConfiguration {

	/** Precedes the handlers of Spring Boot, which accept all observations. */
	private static final int HANDLER_ORDER = 0;

	@Bean
	RequestLabels mcpRequestLabels(OfferedTargets offered) {
		return new RequestLabels(offered);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static class MetricsConfiguration {

		@Bean
		RequestMetrics mcpRequestMetrics(MeterRegistry registry, RequestLabels labels) {
			return new RequestMetrics(registry, labels);
		}

		@Bean
		DownstreamMetrics mcpDownstreamMetrics(MeterRegistry registry) {
			return new DownstreamMetrics(registry);
		}

		@Bean
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

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObservationRegistry.class)
	@ConditionalOnBean(ObservationRegistry.class)
	static class ObservationConfiguration {

		@Bean
		RequestObservations mcpRequestObservations(ObservationRegistry registry,
				ObjectProvider<McpServerObservationConvention> convention, RequestLabels labels) {
			return new RequestObservations(registry, convention.getIfAvailable(), labels);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Tracer.class)
	@ConditionalOnBean(Tracer.class)
	static class TracingConfiguration {

		@Bean
		TraceIds mcpTraceIds(Tracer tracer) {
			return new TraceIds(tracer);
		}

		@Bean
		@ConditionalOnBean(Propagator.class)
		@Order(HANDLER_ORDER)
		McpServerTracingObservationHandler mcpServerTracingObservationHandler(Tracer tracer, Propagator propagator) {
			return new McpServerTracingObservationHandler(tracer, propagator);
		}

	}

}
