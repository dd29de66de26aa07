package io.mcpsecurity.soak;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;

import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.sun.net.httpserver.HttpServer;
import io.mcpsecurity.test.RecordsApplication;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/**
 * The server, and a second door by which it tells how it is, on a thread that no attack
 * can take.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(RecordsApplication.Records.class)
class SoakApplication {

	/**
	 * Start.
	 * @param args the port of the second door, and properties
	 */
	public static void main(String[] args) throws IOException {
		HttpServer door = HttpServer
			.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])), 0);
		door.createContext("/", (exchange) -> {
			byte[] state = state().getBytes(StandardCharsets.US_ASCII);
			exchange.sendResponseHeaders(200, state.length);
			exchange.getResponseBody().write(state);
			exchange.close();
		});
		SpringApplication.run(SoakApplication.class, args);
		door.start();
	}

	/**
	 * Bytes of the heap that are in use after a collection, live threads, busy threads of
	 * Tomcat, connections.
	 */
	private static String state() {
		ManagementFactory.getMemoryMXBean().gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + " "
				+ ManagementFactory.getThreadMXBean().getThreadCount() + " " + tomcat("currentThreadsBusy") + " "
				+ tomcat("connectionCount");
	}

	private static Object tomcat(String attribute) {
		try {
			MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
			Set<ObjectName> pools = beans.queryNames(new ObjectName("Tomcat:type=ThreadPool,name=*"), null);
			return pools.isEmpty() ? "-1" : beans.getAttribute(pools.iterator().next(), attribute);
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
