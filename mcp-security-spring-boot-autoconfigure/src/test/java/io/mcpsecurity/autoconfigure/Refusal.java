package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.boot.test.context.assertj.AssertableWebApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * A property that stops the start.
 *
 * @param property its name
 * @param value its value, as the exception has it
 * @param reason what is wrong with it
 */
record Refusal(String property, @Nullable Object value, String reason) {

	static Refusal of(@Nullable Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof InvalidConfigurationPropertyValueException invalid) {
				return new Refusal(invalid.getName(), invalid.getValue(), String.valueOf(invalid.getReason()));
			}
			if (cause instanceof BindException unbound) {
				return new Refusal(unbound.getName().toString(),
						(unbound.getProperty() != null) ? unbound.getProperty().getValue() : null,
						Stream.iterate(unbound.getCause(), Objects::nonNull, Throwable::getCause)
							.map(Throwable::toString)
							.collect(Collectors.joining(" ")));
			}
		}
		throw new AssertionError("No property stopped the start", failure);
	}

	static Refusal of(AssertableWebApplicationContext context) {
		assertThat(context).hasFailed();
		return of(context.getStartupFailure());
	}

	/**
	 * That of properties, each {@code name=value}.
	 */
	static Refusal of(String... properties) {
		return of(catchThrowable(() -> checked(properties)));
	}

	/**
	 * What an application with properties, each {@code name=value}, works with.
	 */
	static CheckedProperties checked(String... properties) {
		return new CheckedProperties(PropertyBinder.bind(environment(properties)), new OAuth2ResourceServerProperties(),
				List.of(), "STATELESS");
	}

	static StandardEnvironment environment(String... properties) {
		Map<String, Object> source = new LinkedHashMap<>();
		for (String property : properties) {
			source.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
		}
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("application", source));
		return environment;
	}

}
