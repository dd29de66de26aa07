package io.mcpsecurity.benchmarks.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * An MCP server of Spring AI without further configuration. All else depends on its class
 * path.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ LengthTool.class, ForbiddenTool.class, MoreTools.class })
public class UnsecuredServer {

	/**
	 * Start it.
	 * @param args properties, each {@code --name=value}
	 */
	public static void main(String[] args) {
		SpringApplication.run(UnsecuredServer.class, args);
	}

}
