package io.mcpsecurity.test;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Of the containers on the class path an application has Tomcat, unless
 * {@code test.container} is {@code jetty}.
 */
final class OneContainer implements AutoConfigurationImportFilter, EnvironmentAware {

	private String other = "jetty";

	@Override
	public void setEnvironment(Environment environment) {
		this.other = environment.getProperty("test.container", "tomcat").equals("tomcat") ? "jetty" : "tomcat";
	}

	@Override
	public boolean[] match(@Nullable String[] candidates, AutoConfigurationMetadata metadata) {
		boolean[] matches = new boolean[candidates.length];
		for (int i = 0; i < candidates.length; i++) {
			matches[i] = candidates[i] == null
					|| !candidates[i].startsWith("org.springframework.boot." + this.other + ".autoconfigure.");
		}
		return matches;
	}

}
