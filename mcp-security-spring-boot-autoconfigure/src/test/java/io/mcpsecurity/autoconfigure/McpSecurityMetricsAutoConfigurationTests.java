package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.audit.RequestRecorder;
import io.mcpsecurity.observation.RequestLabels;
import io.mcpsecurity.observation.RequestMetrics;
import io.mcpsecurity.observation.StepUpMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When there are metrics.
 */
class McpSecurityMetricsAutoConfigurationTests {

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"mcp.security.resource=https://mcp.example.com/mcp",
				"mcp.security.authorization-servers=https://login.example.com/realms/main",
				"spring.ai.mcp.server.protocol=STREAMABLE");

	@Test
	void thereAreMetricsWhereThereIsARegistry() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(RequestMetrics.class)
			.hasSingleBean(StepUpMetrics.class));
	}

	@Test
	void withoutARegistryThereIsNothing() {
		this.runner
			.withPropertyValues(
					"spring.autoconfigure.exclude=" + CompositeMeterRegistryAutoConfiguration.class.getName() + ","
							+ MetricsAutoConfiguration.class.getName())
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(RequestRecorder.class)
				.doesNotHaveBean(MeterRegistry.class)
				.doesNotHaveBean(RequestMetrics.class)
				.doesNotHaveBean(StepUpMetrics.class)
				.doesNotHaveBean(RequestLabels.class));
	}

	@Test
	void whereNothingIsSecuredNothingIsMeasured() {
		this.runner.withPropertyValues("mcp.security.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RequestMetrics.class));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
