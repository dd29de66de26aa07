package io.mcpsecurity.autoconfigure;

import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.observation.McpServerTracingObservationHandler;
import io.mcpsecurity.observation.RequestMetrics;
import io.mcpsecurity.observation.RequestObservations;
import io.mcpsecurity.observation.StepUpMetrics;
import io.mcpsecurity.observation.TraceIds;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientObservationAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When there are metrics, observations and spans.
 */
class McpSecurityObservationAutoConfigurationTests {

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"mcp-security.resource=https://mcp.example.com/mcp",
				"mcp-security.authorization-servers=https://login.example.com/realms/main",
				"spring.ai.mcp.server.protocol=STREAMABLE");

	@Test
	void whenMeterRegistryThenMetricsBeansExist() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(RequestMetrics.class)
			.hasSingleBean(StepUpMetrics.class));
	}

	@Test
	void whenNoMeterRegistryThenNoMetricsBeans() {
		without(CompositeMeterRegistryAutoConfiguration.class, MetricsAutoConfiguration.class)
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(Exchanges.class)
				.doesNotHaveBean(MeterRegistry.class)
				.doesNotHaveBean(RequestMetrics.class)
				.doesNotHaveBean(StepUpMetrics.class));
	}

	@Test
	void whenNoObservationRegistryThenNoObservations() {
		without(ObservationAutoConfiguration.class, WebClientObservationAutoConfiguration.class)
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(ObservationRegistry.class)
				.doesNotHaveBean(RequestObservations.class));
	}

	@Test
	void whenTracerThenTracingBeansExist() {
		this.runner.run((context) -> {
			assertThat(context).hasSingleBean(RequestObservations.class)
				.hasSingleBean(TraceIds.class)
				.hasSingleBean(McpServerTracingObservationHandler.class);
			ObservationRegistry registry = context.getBean(ObservationRegistry.class);
			assertThat(registry.isNoop()).isFalse();
		});
	}

	@Test
	void whenNoTracingThenNoTracingBeans() {
		this.runner.withClassLoader(new FilteredClassLoader("io.micrometer.tracing"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(RequestObservations.class)
				.doesNotHaveBean("mcpTraceIds")
				.doesNotHaveBean("mcpServerTracingObservationHandler"));
	}

	@Test
	void whenDisabledThenNoMetricsAndObservations() {
		this.runner.withPropertyValues("mcp-security.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(RequestMetrics.class)
				.doesNotHaveBean(RequestObservations.class));
	}

	private WebApplicationContextRunner without(Class<?>... configurations) {
		return this.runner.withPropertyValues("spring.autoconfigure.exclude="
				+ Stream.of(configurations).map(Class::getName).collect(Collectors.joining(",")));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
