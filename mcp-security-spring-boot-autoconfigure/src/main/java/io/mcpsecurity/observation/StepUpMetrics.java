package io.mcpsecurity.observation;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AuthenticationRequirement;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.InboundToken;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.message.McpTarget;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Counts the results of challenges for more scopes or another authentication: whether
 * callers retry with another token, and whether the retry succeeds. For each challenge,
 * its requirements and the hash of the token are cached for an hour at most.
 */
public final class StepUpMetrics implements ExchangeObserver {

	/** The counter of the stages of stepping up. */
	public static final String STEP_UP = "mcp.security.step.up";

	private static final int MAX_CHALLENGES = 10_000;

	private static final Duration TIME_TO_STEP_UP = Duration.ofHours(1);

	private final RequestLabels labels;

	private final Map<Stage, Counter> counters = new EnumMap<>(Stage.class);

	private final Cache<Attempt, Challenge> challenges;

	public StepUpMetrics(MeterRegistry registry, RequestLabels labels) {
		this(registry, labels, Ticker.systemTicker());
	}

	StepUpMetrics(MeterRegistry registry, RequestLabels labels, Ticker ticker) {
		this.labels = labels;
		for (Stage stage : Stage.values()) {
			this.counters.put(stage,
					Counter.builder(STEP_UP)
						.description("Challenges for more scopes or another authentication, and their results")
						.tag("stage", stage.name().toLowerCase(Locale.ROOT))
						.register(registry));
		}
		this.challenges = Caffeine.newBuilder()
			.maximumSize(MAX_CHALLENGES)
			.expireAfterWrite(TIME_TO_STEP_UP)
			.ticker(ticker)
			// Maintained by the threads of requests.
			.executor(Runnable::run)
			.build();
	}

	@Override
	public void ended(McpExchange request) {
		AccessDecision decision = request.decision();
		McpCaller caller = request.caller();
		if (decision == null || caller == null || request.refusal() != null || request.hidden()) {
			return;
		}
		boolean challenged = decision.canStepUp();
		if (challenged) {
			count(Stage.CHALLENGED);
		}
		McpTarget target = this.labels.offered(request);
		if (target == null) {
			return;
		}
		Attempt attempt = new Attempt(caller.issuer(), caller.subject(), caller.client(), caller.resource(), target);
		if (challenged) {
			challenged(attempt, request.token(), Set.copyOf(decision.operationScopes()), decision.authentication());
		}
		else {
			passed(attempt, request, decision);
		}
	}

	private void challenged(Attempt attempt, @Nullable InboundToken token, Set<String> scopes,
			AuthenticationRequirement authentication) {
		if (token == null) {
			return;
		}
		Challenge before = this.challenges.asMap().put(attempt, new Challenge(token.hash(), scopes, authentication));
		if (before != null && !before.token().equals(token.hash())) {
			count(Stage.RETRIED);
			if (before.scopes().equals(scopes) && before.authentication().equals(authentication)) {
				count(Stage.LOOPED);
			}
		}
	}

	private void passed(Attempt attempt, McpExchange request, AccessDecision decision) {
		Challenge before = this.challenges.getIfPresent(attempt);
		if (before == null) {
			return;
		}
		InboundToken token = request.token();
		if (token != null && !before.token().equals(token.hash()) && this.challenges.asMap().remove(attempt, before)) {
			count(Stage.RETRIED);
			if (!decision.denied()) {
				count(Stage.SUCCEEDED);
			}
		}
	}

	private void count(Stage stage) {
		Counter counter = this.counters.get(stage);
		if (counter != null) {
			counter.increment();
		}
	}

	/** The stages of stepping up, as values of the label {@code stage}. */
	private enum Stage {

		/** A call was denied with a challenge. */
		CHALLENGED,

		/** The caller retried the use of the same target with another token. */
		RETRIED,

		/** The retry was granted. */
		SUCCEEDED,

		/** The retry was challenged again in the same way. */
		LOOPED

	}

	/** The caller and the target of a challenge. */
	private record Attempt(String issuer, String subject, @Nullable String client, String resource, McpTarget target) {
	}

	/**
	 * A challenge.
	 *
	 * @param token the hash of the token that was not sufficient
	 * @param scopes the scopes of the challenge
	 * @param authentication the authentication of the challenge
	 */
	private record Challenge(Sha256 token, Set<String> scopes, AuthenticationRequirement authentication) {
	}

}
