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
 * Metrics of the cache of verified tokens: the counter {@value #NAME}, by {@code result}
 * {@code hit} (not verified again), {@code miss} (verified, with or without success) and
 * {@code evicted} (because the cache was full), and the gauge
 * {@value #NAME}{@code .size}. With several MCP endpoints there is also the label
 * {@code endpoint}, the name of the resource.
 */
public final class TokenCacheMetrics implements MeterBinder {

	private static final String NAME = "mcp.security.token.cache";

	/** A strong reference to the caches, because Micrometer's references are weak. */
	private final Map<String, List<VerifiedTokens>> caches;

	/**
	 * Create the metrics.
	 * @param endpoints the caches of the endpoints; caches with the same name are
	 * combined
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
				.description("Verified tokens in the cache")
				.tags(tags)
				.register(registry);
		});
	}

	private static void count(MeterRegistry registry, Tags tags, List<VerifiedTokens> caches,
			ToLongFunction<VerifiedTokens> counter) {
		FunctionCounter.builder(NAME, caches, (all) -> sum(all, counter))
			.description("Requests by whether their token was cached, and evicted tokens")
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
