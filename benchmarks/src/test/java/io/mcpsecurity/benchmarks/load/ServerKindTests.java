package io.mcpsecurity.benchmarks.load;

import java.io.File;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What stands on the class path of each server: a jar too many would configure itself
 * there, and be measured.
 */
class ServerKindTests {

	private static final List<String> ALL = Stream
		.of("spring-security-web-7.jar", "nimbus-jose-jwt-10.jar", "spring-boot-actuator-4.jar",
				"micrometer-registry-prometheus-1.jar", "micrometer-core-1.jar", "spring-ai-mcp-2.jar",
				"mcp-security-spring-boot-autoconfigure-1.jar", "caffeine-3.jar", "mcp-server-security-0.jar")
		.map((name) -> String.join(File.separator, "", "jars", name))
		.toList();

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "UNSECURED | micrometer-core spring-ai-mcp",
			"OBSERVED | spring-boot-actuator micrometer-registry-prometheus micrometer-core spring-ai-mcp",
			"RESOURCE_SERVER | spring-security-web nimbus-jose-jwt micrometer-core spring-ai-mcp",
			"PEER | spring-security-web nimbus-jose-jwt micrometer-core spring-ai-mcp mcp-server-security",
			"STARTER | spring-security-web nimbus-jose-jwt spring-boot-actuator micrometer-registry-prometheus micrometer-core spring-ai-mcp mcp-security-spring-boot-autoconfigure caffeine" })
	void classPathContainsOnlyJarsOfServer(ServerKind kind, String jars) {
		String classPath = kind.classPath(String.join(File.pathSeparator, ALL));
		assertThat(classPath.split(File.pathSeparator)).extracting((jar) -> jar.replaceAll(".*/|-\\d+\\.jar", ""))
			.containsExactly(jars.split(" "));
	}

	@ParameterizedTest
	@EnumSource
	void serverKindIsResolvedFromLabel(ServerKind kind) {
		assertThat(ServerKind.of(kind.label())).isEqualTo(kind);
	}

}
