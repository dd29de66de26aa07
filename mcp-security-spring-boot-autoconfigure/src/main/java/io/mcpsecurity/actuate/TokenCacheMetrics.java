package io.mcpsecurity.actuate;

import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

import io.mcpsecurity.token.VerifiedTokens;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * How well verified tokens are remembered: the counter {@value #NAME}, by {@code result}
 * {@code hit} (not verified again), {@code miss} (verified, well or not) and
 * {@code evicted} (dropped for want of room), and the gauge {@value #NAME}{@code .size}.
 * With several MCP endpoints each is told apart by {@code endpoint}, its resource's name.
 */
public final class TokenCacheMetrics implements MeterBinder {

	private static final String NAME = "mcp.security.token.cache";

	/** What is measured is held here: Micrometer refers to it weakly. */
	private final Map<String, List<VerifiedTokens>> caches;

	/**
	 * Create the metrics.
	 * @param endpoints the caches of the endpoints; those of one name are counted
	 * together
	 */
	public TokenCacheMetrics(List<Endpoint> endpoints) {
		this.caches = endpoints.stream()
			.collect(Collectors.groupingBy(Endpoint::name,
					Collectors.mapping(Endpoint::cache, Collectors.toUnmodifiableList())));
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.caches.forEach((name, caches) -> {
			Tags tags = (this.caches.size() > 1) ? Tags.of("endpoint", name) : Tags.empty();
			count(registry, tags.and("result", "hit"), caches, VerifiedTokens::hits);
			count(registry, tags.and("result", "miss"), caches, VerifiedTokens::misses);
			count(registry, tags.and("result", "evicted"), caches, VerifiedTokens::evicted);
			Gauge.builder(NAME + ".size", caches, (all) -> sum(all, VerifiedTokens::size))
				.description("Verified tokens that are remembered")
				.tags(tags)
				.register(registry);
		});
	}

	private static void count(MeterRegistry registry, Tags tags, List<VerifiedTokens> caches,
			ToLongFunction<VerifiedTokens> counter) {
		FunctionCounter.builder(NAME, caches, (all) -> sum(all, counter))
			.description("Requests by whether their token was remembered, and tokens that were dropped")
			.tags(tags)
			.register(registry);
	}

	private static double sum(List<VerifiedTokens> caches, ToLongFunction<VerifiedTokens> counter) {
		return caches.stream().mapToLong(counter).sum();
	}

	/**
	 * The verified tokens of one MCP endpoint.
	 *
	 * @param name the name of its resource
	 * @param cache the verified tokens
	 */
	public record Endpoint(String name, VerifiedTokens cache) {
	}

}
