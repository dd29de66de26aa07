package io.mcpsecurity.observation;

import java.util.ArrayList;
import java.util.List;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.exchange.McpExchange.Refusal;
import io.mcpsecurity.exchange.McpExchange.Scope;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.LookAlikes;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestExchanges;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is observed of a request, and when.
 */
class RequestObservationsTests {

	private final RequestLabels labels = new RequestLabels(new OfferedTargets());

	private final ObservationRegistry registry = ObservationRegistry.create();

	private final List<Observation.Context> stopped = new ArrayList<>();

	RequestObservationsTests() {
		this.registry.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStop(Observation.Context context) {
				RequestObservationsTests.this.stopped.add(context);
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
	}

	@Test
	void observationStartsWithMessageAndStopsWithRequest() {
		McpExchange request = begin(this.registry);
		assertThat(request.operation()).isNull();
		request.message(new McpMessage("1", "ping", null));
		assertThat(request.operation()).isNotNull();
		assertThat(this.stopped).isEmpty();
		request.end(200);
		assertThat(this.stopped).singleElement()
			.satisfies((context) -> assertThat(context.getContextualName()).isEqualTo("ping"));
	}

	@Test
	void observationIsCurrentWhileScopeIsOpen() {
		McpExchange request = begin(this.registry);
		request.message(new McpMessage("1", "ping", null));
		Scope outer = request.open();
		Observation current = this.registry.getCurrentObservation();
		assertThat(current).isNotNull();
		Scope inner = request.open();
		inner.close();
		assertThat(this.registry.getCurrentObservation()).isSameAs(current);
		outer.close();
		assertThat(this.registry.getCurrentObservation()).isNull();
	}

	@Test
	void whenNoObservationHandlersThenNothingIsObserved() {
		for (ObservationRegistry silent : List.of(ObservationRegistry.NOOP, ObservationRegistry.create())) {
			McpExchange request = begin(silent);
			request.message(new McpMessage("1", "ping", null));
			assertThat(request.operation()).isNull();
			assertThat(request.open()).isSameAs(Scope.NONE);
			request.end(200);
		}
	}

	@Test
	void responseOfClientIsNotObserved() {
		McpExchange request = begin(this.registry);
		request.message(new McpMessage("1", null, null));
		assertThat(request.operation()).isNull();
	}

	@Test
	void namesAndIdsAreTruncated() {
		McpExchange request = begin(this.registry);
		request.message(new McpMessage("1".repeat(100_000), "resources/read",
				McpTarget.resource("records://" + "x".repeat(100_000))));
		request.end(200);
		assertThat(this.stopped.get(0).getHighCardinalityKeyValues())
			.allSatisfy((value) -> assertThat(value.getValue()).hasSizeLessThanOrEqualTo(1024));
	}

	@Test
	void tokensInKeyValuesAreMasked() {
		String token = LookAlikes.jwt();
		McpExchange request = begin(this.registry);
		request
			.message(new McpMessage("\"" + token + "\"", "resources/read", McpTarget.resource("records://" + token)));
		request.end(200);
		assertThat(this.stopped.get(0).getAllKeyValues().toString()).doesNotContain("eyJ").contains("records://***");
	}

	@Test
	void lowCardinalityValuesAreBounded() {
		List<KeyValues> found = new ArrayList<>();
		for (int i = 0; i < 1000; i++) {
			McpExchange request = TestExchanges.withoutTrail(observations(this.registry, null))
				.begin(new Connection("https://mcp.example", "192.0.2." + i, "session-" + i, "revision-" + i, false));
			request.message(new McpMessage("" + i, "tools/call", McpTarget.tool("tool-" + i)));
			request.error(i);
			request.end(200);
			found.add(this.stopped.get(i).getLowCardinalityKeyValues());
		}
		assertThat(found.stream().distinct()).hasSize(1);
		assertThat(found.get(0)).contains(KeyValue.of("gen_ai.tool.name", "unknown"),
				KeyValue.of("mcp.protocol.version", "unknown"), KeyValue.of("error.type", "_OTHER"));
	}

	@Test
	void lowCardinalityKeysAreEqualForAllRequests() {
		DefaultMcpServerObservationConvention convention = new DefaultMcpServerObservationConvention();
		List<List<String>> keys = new ArrayList<>();
		for (McpMessage message : List.of(new McpMessage("1", "ping", null),
				new McpMessage("1", "tools/call", McpTarget.tool("a")),
				new McpMessage("1", "prompts/get", McpTarget.prompt("a")), new McpMessage(null, "x", null))) {
			McpExchange request = begin(this.registry);
			request.message(message);
			keys.add(convention.getLowCardinalityKeyValues(new McpServerObservationContext(request, this.labels))
				.stream()
				.map(KeyValue::getKey)
				.toList());
		}
		assertThat(keys.stream().distinct()).hasSize(1);
	}

	@Test
	void timersDistinguishFailedAndSuccessfulOperations() {
		MeterRegistry meters = new SimpleMeterRegistry();
		this.registry.observationConfig().observationHandler(new McpServerMeterObservationHandler(meters));
		for (int status : List.of(200, 200, 413)) {
			McpExchange request = begin(this.registry);
			request.message(new McpMessage("1", "ping", null));
			if (status == 413) {
				request.refused(Refusal.Kind.REJECTED, "too_large");
			}
			request.end(status);
		}
		assertThat(meters.get("mcp.server.operation.duration").timers()).hasSize(2);
		assertThat(meters.get("mcp.server.operation.duration").tag("error", "none").timer().count()).isEqualTo(2);
		assertThat(meters.get("mcp.server.operation.duration").tag("error", "FailedOperationException").timer().count())
			.isOne();
	}

	@Test
	void aBeanAddsValues() {
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				SecuredServer server = SecuredServer.start(OwnConventionApplication.class, authorizationServer,
						Scrape.PROPERTIES.toArray(String[]::new))) {
			server.callTool(server.token("records:browse").sign(), "browse", "{}");
			assertThat(Scrape.of(server)
				.sum("mcp_server_operation_duration_seconds_count", "mcp_method_name=tools/call",
						"issuer=" + authorizationServer.issuer()))
				.isOne();
		}
	}

	private McpExchange begin(ObservationRegistry registry) {
		return TestExchanges.withoutTrail(observations(registry, null))
			.begin(new Connection("https://mcp.example", null, null, null, false));
	}

	private RequestObservations observations(ObservationRegistry registry,
			@Nullable McpServerObservationConvention convention) {
		return new RequestObservations(registry, convention, this.labels);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(RecordsApplication.class)
	static class OwnConventionApplication {

		@Bean
		McpServerObservationConvention convention() {
			return new DefaultMcpServerObservationConvention() {

				@Override
				public KeyValues getLowCardinalityKeyValues(McpServerObservationContext context) {
					McpCaller caller = context.getCaller();
					return super.getLowCardinalityKeyValues(context).and("issuer",
							(caller != null) ? caller.issuer() : "none");
				}

			};
		}

	}

}
