package io.mcpsecurity.benchmarks.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * An MCP server with this starter and its defaults.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ LengthTool.class, ForbiddenTool.class, MoreTools.class })
public class StarterServer {

	/**
	 * Start it.
	 * @param args properties, each {@code --name=value}
	 */
	public static void main(String[] args) {
		SpringApplication.run(StarterServer.class, args);
	}

}
