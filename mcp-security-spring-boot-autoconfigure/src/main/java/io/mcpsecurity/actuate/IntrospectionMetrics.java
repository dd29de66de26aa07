package io.mcpsecurity.actuate;

import java.util.Collection;
import java.util.List;
import java.util.Locale;

import io.mcpsecurity.token.TokenIntrospection;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Metrics of token introspection: the counter {@value #NAME}, by {@code issuer} and
 * {@code result}.
 */
public final class IntrospectionMetrics implements MeterBinder {

	private static final String NAME = "mcp.security.introspection";

	private final List<TokenIntrospection> introspections;

	public IntrospectionMetrics(Collection<TokenIntrospection> introspections) {
		this.introspections = List.copyOf(introspections);
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (TokenIntrospection introspection : this.introspections) {
			for (TokenIntrospection.Result result : TokenIntrospection.Result.values()) {
				FunctionCounter.builder(NAME, introspection, (counted) -> counted.counted(result))
					.description("Introspections of tokens by result")
					.tag("issuer", introspection.issuer())
					.tag("result", result.name().toLowerCase(Locale.ROOT))
					.register(registry);
			}
		}
	}

}
