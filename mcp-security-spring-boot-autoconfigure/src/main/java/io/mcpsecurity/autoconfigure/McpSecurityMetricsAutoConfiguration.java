package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.audit.RequestRecorder;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.observation.RequestLabels;
import io.mcpsecurity.observation.RequestMetrics;
import io.mcpsecurity.observation.StepUpMetrics;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the metrics of requests, where there is a registry of metrics.
 */
@AutoConfiguration(after = McpSecurityAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ RequestRecorder.class, MeterRegistry.class })
public final class McpSecurityMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	RequestLabels mcpRequestLabels(OfferedTargets offered) {
		return new RequestLabels(offered);
	}

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

}
