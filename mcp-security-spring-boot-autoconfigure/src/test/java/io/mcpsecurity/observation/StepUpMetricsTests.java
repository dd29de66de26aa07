package io.mcpsecurity.observation;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessDecision.Outcome;
import io.mcpsecurity.authorization.OfferedTargets;
import io.mcpsecurity.authorization.OfferedTargets.Hints;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.InboundToken;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.exchange.McpExchange.Connection;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.RecordsApplication;
import io.mcpsecurity.test.Scrape;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.mcpsecurity.test.TestExchanges;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How the stages of stepping up are told apart.
 */
class StepUpMetricsTests {

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private static TestAuthorizationServer authorizationServer;

	@BeforeAll
	static void start() {
		authorizationServer = TestAuthorizationServer.start();
		for (Protocol protocol : Protocol.values()) {
			servers.put(protocol, SecuredServer.start(RecordsApplication.class, authorizationServer,
					Stream.concat(Scrape.PROPERTIES.stream(), Stream.of("spring.ai.mcp.server.protocol=" + protocol))
						.toArray(String[]::new)));
		}
	}

	@AfterAll
	static void stop() {
		servers.values().forEach(SecuredServer::close);
		authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	void clientThatRetriesWithRequiredScopesIsCountedAsSuccess(Protocol protocol) {
		Stages before = stages(protocol);
		move(protocol, "anna", "records:browse");
		assertThat(stages(protocol)).isEqualTo(before.plus(1, 0, 0, 0));
		move(protocol, "anna", "records:browse", "records:write");
		assertThat(stages(protocol)).isEqualTo(before.plus(1, 1, 1, 0));
	}

	@ParameterizedTest
	@EnumSource
	void clientThatRetriesWithoutRequiredScopesIsCountedAsLoop(Protocol protocol) {
		Stages before = stages(protocol);
		move(protocol, "berta", "records:browse");
		move(protocol, "berta", "records:browse");
		move(protocol, "berta", "records:browse");
		assertThat(stages(protocol)).isEqualTo(before.plus(3, 2, 0, 2));
	}

	@ParameterizedTest
	@EnumSource
	void retryOfOtherSubjectIsNotCounted(Protocol protocol) {
		Stages before = stages(protocol);
		move(protocol, "carl", "records:browse");
		move(protocol, "dora", "records:browse", "records:write");
		assertThat(stages(protocol)).isEqualTo(before.plus(1, 0, 0, 0));
	}

	@ParameterizedTest
	@EnumSource
	void repeatedRequestWithSameTokenIsNotCountedAsRetry(Protocol protocol) {
		SecuredServer server = servers.get(protocol);
		String token = server.token("records:browse").claim("sub", "emil").sign();
		Stages before = stages(protocol);
		server.callTool(token, "move", "{}");
		server.callTool(token, "move", "{}");
		assertThat(stages(protocol)).isEqualTo(before.plus(2, 0, 0, 0));
	}

	@Test
	void challengeIsEvictedAfterOneHour() {
		Records records = new Records();
		records.denied("first");
		records.advance(Duration.ofMinutes(59));
		records.granted("second");
		assertThat(records.stages()).isEqualTo(new Stages(1, 1, 1, 0));
		records.denied("third");
		records.advance(Duration.ofMinutes(61));
		records.granted("fourth");
		assertThat(records.stages()).isEqualTo(new Stages(2, 1, 1, 0));
	}

	@Test
	void successIsCountedOnce() {
		Records records = new Records();
		records.denied("first");
		records.granted("second");
		records.granted("second");
		records.granted("third");
		assertThat(records.stages()).isEqualTo(new Stages(1, 1, 1, 0));
	}

	@Test
	void retryWithDifferentMissingScopesIsNotCountedAsLoop() {
		Records records = new Records();
		records.denied("first", "a");
		records.denied("second", "a", "b");
		assertThat(records.stages()).isEqualTo(new Stages(2, 1, 0, 0));
	}

	@Test
	void forbiddenRetryIsNotCountedAsSuccess() {
		Records records = new Records();
		records.denied("first");
		records.ended("second", new AccessDecision(Outcome.FORBIDDEN, List.of(), List.of(), null));
		assertThat(records.stages()).isEqualTo(new Stages(1, 1, 0, 0));
	}

	private static void move(Protocol protocol, String subject, String... scopes) {
		SecuredServer server = servers.get(protocol);
		server.callTool(server.token(scopes).claim("sub", subject).claim("jti", UUID.randomUUID().toString()).sign(),
				"move", "{}");
	}

	private static Stages stages(Protocol protocol) {
		Scrape scrape = Scrape.of(servers.get(protocol));
		String name = "mcp_security_step_up_total";
		return new Stages(scrape.sum(name, "stage=challenged"), scrape.sum(name, "stage=retried"),
				scrape.sum(name, "stage=succeeded"), scrape.sum(name, "stage=looped"));
	}

	private record Stages(double challenged, double retried, double succeeded, double looped) {

		Stages plus(int challenged, int retried, int succeeded, int looped) {
			return new Stages(this.challenged + challenged, this.retried + retried, this.succeeded + succeeded,
					this.looped + looped);
		}

	}

	/**
	 * Requests of one caller for one tool, with a clock of their own.
	 */
	private static final class Records {

		private static final McpTarget TOOL = McpTarget.tool("move");

		private final AtomicLong nanos = new AtomicLong();

		private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

		private final Exchanges recorder;

		Records() {
			OfferedTargets offered = new OfferedTargets();
			offered.add(TOOL, Hints.DEFAULT);
			this.recorder = TestExchanges
				.withoutTrail(new StepUpMetrics(this.registry, new RequestLabels(offered), this.nanos::get));
		}

		void advance(Duration time) {
			this.nanos.addAndGet(time.toNanos());
		}

		void denied(String token, String... scopes) {
			ended(token, new AccessDecision(Outcome.MISSING_SCOPES, List.of(scopes), List.of(scopes), null));
		}

		void granted(String token) {
			ended(token, new AccessDecision(Outcome.GRANTED, List.of(), List.of(), null));
		}

		void ended(String token, AccessDecision decision) {
			McpExchange record = begin();
			record.token(new InboundToken(token));
			record.decided(decision);
			record.end(decision.denied() ? 403 : 200);
		}

		McpExchange begin() {
			McpExchange record = this.recorder.begin(new Connection("https://mcp.example", null, null, null, false));
			record.caller(McpCaller.builder("alice", "https://login.example.com", "https://mcp.example.com/mcp")
				.client("agent")
				.build());
			record.message(new McpMessage("1", "tools/call", TOOL));
			return record;
		}

		Stages stages() {
			return new Stages(count("challenged"), count("retried"), count("succeeded"), count("looped"));
		}

		private double count(String stage) {
			return this.registry.get(StepUpMetrics.STEP_UP).tag("stage", stage).counter().count();
		}

	}

}
