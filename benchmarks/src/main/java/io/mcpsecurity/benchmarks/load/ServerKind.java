package io.mcpsecurity.benchmarks.load;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.benchmarks.server.DoorServer;
import io.mcpsecurity.benchmarks.server.PeerServer;
import io.mcpsecurity.benchmarks.server.ResourceServer;
import io.mcpsecurity.benchmarks.server.StarterServer;
import io.mcpsecurity.benchmarks.server.UnsecuredServer;

/**
 * The servers that are compared. Each has its own class path: that of this module without
 * the jars that it does not use, because jars on the class path are auto-configured.
 */
enum ServerKind {

	/** Spring AI alone. */
	UNSECURED(UnsecuredServer.class, Jars.SECURITY, Jars.ACTUATOR, Jars.STARTER, Jars.PEER),

	/** Spring AI with the actuator and its metrics, which this starter brings along. */
	OBSERVED(UnsecuredServer.class, Jars.SECURITY, Jars.STARTER, Jars.PEER),

	/** The transport of this starter alone, without security. */
	DOOR(DoorServer.class, Jars.ACTUATOR, Jars.PEER),

	/** A manually configured resource server. */
	RESOURCE_SERVER(ResourceServer.class, Jars.ACTUATOR, Jars.STARTER, Jars.PEER),

	/** The nearest peer. */
	PEER(PeerServer.class, Jars.ACTUATOR, Jars.STARTER),

	/** This starter, with its defaults. */
	STARTER(StarterServer.class, Jars.PEER);

	/**
	 * The audience of all tokens. Requests contain it in the {@code Host} header, from
	 * which the peer derives it.
	 */
	static final String HOST = "localhost:9900";

	static final String RESOURCE = "http://" + HOST + "/mcp";

	private final Class<?> application;

	private final List<String> without;

	ServerKind(Class<?> application, Jars... without) {
		this.application = application;
		this.without = Arrays.stream(without).flatMap((jars) -> jars.prefixes.stream()).toList();
	}

	Class<?> application() {
		return this.application;
	}

	/**
	 * The class path of this server, as a part of the whole class path.
	 */
	String classPath(String all) {
		return Arrays.stream(all.split(File.pathSeparator))
			.filter((entry) -> this.without.stream().noneMatch(Path.of(entry).getFileName().toString()::startsWith))
			.collect(Collectors.joining(File.pathSeparator));
	}

	/**
	 * The properties with which the server accepts the tokens of an issuer.
	 * @param opaque whether tokens are to be introspected
	 */
	Map<String, String> properties(Issuer issuer, boolean opaque) {
		return switch (this) {
			case UNSECURED, OBSERVED -> Map.of();
			case DOOR -> Map.of("mcp-security.enabled", "false", "spring.autoconfigure.exclude",
					"org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration");
			case RESOURCE_SERVER -> opaque
					? Map.of("spring.security.oauth2.resourceserver.opaquetoken.introspection-uri",
							issuer.introspectionUri(), "spring.security.oauth2.resourceserver.opaquetoken.client-id",
							"bench", "spring.security.oauth2.resourceserver.opaquetoken.client-secret", "bench")
					: Map.of("spring.security.oauth2.resourceserver.jwt.issuer-uri", issuer.uri(),
							"spring.security.oauth2.resourceserver.jwt.audiences", RESOURCE);
			case PEER -> Map.of("benchmark.issuer", issuer.uri());
			case STARTER -> opaque
					? Map.of("mcp-security.resource", RESOURCE, "mcp-security.authorization-servers[0].issuer",
							issuer.uri(), "mcp-security.authorization-servers[0].introspection.uri",
							issuer.introspectionUri(), "mcp-security.authorization-servers[0].introspection.client-id",
							"bench", "mcp-security.authorization-servers[0].introspection.client-secret", "bench")
					: Map.of("mcp-security.resource", RESOURCE, "mcp-security.authorization-servers", issuer.uri());
		};
	}

	String label() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	static ServerKind of(String label) {
		return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
	}

	/**
	 * Jars by the beginnings of their names.
	 */
	private enum Jars {

		SECURITY("spring-security-", "spring-boot-security", "spring-boot-starter-security", "nimbus-jose-jwt-"),

		ACTUATOR("spring-boot-actuator", "spring-boot-starter-actuator", "spring-boot-micrometer-",
				"spring-boot-starter-micrometer-", "spring-boot-health", "micrometer-jakarta9-", "micrometer-registry-",
				"prometheus-"),

		STARTER("mcp-security-spring-boot-", "caffeine-"),

		PEER("mcp-server-security-");

		private final List<String> prefixes;

		Jars(String... prefixes) {
			this.prefixes = Stream.of(prefixes).toList();
		}

	}

}
