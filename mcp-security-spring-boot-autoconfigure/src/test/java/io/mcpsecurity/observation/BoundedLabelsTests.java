package io.mcpsecurity.observation;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.TestExchanges;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever clients send, and however much a server offers, there is an end to the series.
 */
class BoundedLabelsTests {

	private static final int MANY = 10_000;

	private final OfferedTargets offered = new OfferedTargets();

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final Exchanges recorder = TestExchanges
		.withoutTrail(new RequestMetrics(this.registry, new RequestLabels(this.offered)));

	@Test
	void unknownToolsHaveOneTimeSeries() {
		assertThat(seriesOf((number) -> "\"tools/call\",\"params\":{\"name\":\"tool" + number + "\"}")).isOne();
	}

	@Test
	void unknownMethodsHaveOneTimeSeries() {
		assertThat(seriesOf((number) -> "\"tools/call" + number + "\"")).isOne();
	}

	@Test
	void unknownResourcesAndPromptsHaveOneTimeSeries() {
		assertThat(seriesOf((number) -> "\"resources/read\",\"params\":{\"uri\":\"other://" + number + "\"}")).isOne();
		assertThat(seriesOf((number) -> "\"prompts/get\",\"params\":{\"name\":\"prompt" + number + "\"}")).isOne();
	}

	@Test
	void urisOfSameTemplateHaveOneTimeSeries() {
		this.offered.add(McpTarget.resource("records://{id}"), Hints.DEFAULT);
		assertThat(seriesOf((number) -> "\"resources/read\",\"params\":{\"uri\":\"records://" + number + "\"}"))
			.isOne();
		assertThat(targets()).containsExactly("records://{id}");
	}

	@Test
	void numberOfTargetLabelsIsLimited() {
		for (int i = 0; i < MANY; i++) {
			this.offered.add(McpTarget.tool("tool" + i), Hints.DEFAULT);
		}
		assertThat(seriesOf((number) -> "\"tools/call\",\"params\":{\"name\":\"tool" + number + "\"}"))
			.isEqualTo(RequestLabels.MAX_TARGETS + 1);
		assertThat(targets()).contains("tool0", "tool999", "other").doesNotContain("tool1000");
	}

	@Test
	void assignedTargetLabelIsKept() {
		numberOfTargetLabelsIsLimited();
		send("\"tools/call\",\"params\":{\"name\":\"tool7\"}");
		assertThat(this.registry.get(RequestMetrics.REQUESTS).tag("target", "tool7").timer().count()).isEqualTo(2);
	}

	private int seriesOf(IntFunction<String> messages) {
		int before = this.registry.find(RequestMetrics.REQUESTS).timers().size();
		for (int i = 0; i < MANY; i++) {
			send(messages.apply(i));
		}
		return this.registry.find(RequestMetrics.REQUESTS).timers().size() - before;
	}

	private void send(String message) {
		McpExchange record = this.recorder.begin(new Connection("https://mcp.example", null, null, null, false));
		try {
			record.message(new McpMessageReader(8)
				.read(("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":" + message + "}").getBytes(StandardCharsets.UTF_8)));
		}
		catch (InvalidMessageException ex) {
			throw new IllegalStateException(ex);
		}
		record.end(200);
	}

	private Set<String> targets() {
		return this.registry.find(RequestMetrics.REQUESTS)
			.timers()
			.stream()
			.map((timer) -> timer.getId().getTag("target"))
			.collect(Collectors.toSet());
	}

}
