package io.mcpsecurity.test;

import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.util.ClassUtils;

/**
 * Keeps what Spring Boot configures for databases out of every application of the tests
 * that does not name it: with their libraries on the class path each would have one.
 */
class DatabasesByNameOnly implements AutoConfigurationImportFilter {

	private static final Set<String> ROOMS = Set.of("org.springframework.boot.jdbc", "org.springframework.boot.flyway",
			"org.springframework.boot.liquibase", "org.springframework.boot.data.redis");

	@Override
	public boolean[] match(@Nullable String[] names, AutoConfigurationMetadata metadata) {
		boolean[] match = new boolean[names.length];
		for (int i = 0; i < names.length; i++) {
			String name = names[i];
			// What a named configuration imports comes by here as well.
			match[i] = name == null || !name.endsWith("AutoConfiguration")
					|| ROOMS.stream().noneMatch((room) -> ClassUtils.getPackageName(name).startsWith(room));
		}
		return match;
	}

}
