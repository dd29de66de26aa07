package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

import javax.management.AttributeNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * A server in its own process and on its own core, whose resource usage can be read.
 */
final class ServerProcess implements AutoCloseable {

	private final ServerKind kind;

	private final Process process;

	private final int port;

	private final JMXConnector connector;

	private final MBeanServerConnection beans;

	private ServerProcess(ServerKind kind, Process process, int port, JMXConnector connector) throws IOException {
		this.kind = kind;
		this.process = process;
		this.port = port;
		this.connector = connector;
		this.beans = connector.getMBeanServerConnection();
	}

	/**
	 * Start a server and wait until it listens.
	 */
	static ServerProcess start(ServerKind kind, Setting setting, Issuer issuer, Options options) {
		try {
			int port = freePort();
			int jmx = freePort();
			Properties properties = new Properties();
			properties.putAll(kind.properties(issuer, setting.opaque()));
			properties.putAll(setting.properties(kind));
			properties.putAll(Map.of("server.port", String.valueOf(port), "server.address", "127.0.0.1",
					"spring.main.banner-mode", "off", "logging.level.root", "warn"));
			Path files = Files.createDirectories(options.work().resolve(kind.label()));
			Path configuration = files.resolve("application-benchmark.properties");
			try (var writer = Files.newBufferedWriter(configuration)) {
				properties.store(writer, null);
			}
			List<String> command = new ArrayList<>(List.of("taskset", "-c", String.valueOf(options.serverCore()),
					options.java().resolve("bin/java").toString(), "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC",
					"-Dcom.sun.management.jmxremote.port=" + jmx, "-Dcom.sun.management.jmxremote.host=127.0.0.1",
					"-Djava.rmi.server.hostname=127.0.0.1", "-Dcom.sun.management.jmxremote.authenticate=false",
					"-Dcom.sun.management.jmxremote.ssl=false"));
			command.addAll(options.jvm());
			command.addAll(List.of("-cp", kind.classPath(options.classPath()), kind.application().getName(),
					"--spring.config.additional-location=" + configuration.toUri()));
			if (kind == ServerKind.STARTER) {
				options.properties().forEach((property) -> command.add("--" + property));
			}
			Process process = new ProcessBuilder(command).directory(files.toFile())
				.redirectErrorStream(true)
				.redirectOutput(files.resolve("server.log").toFile())
				.start();
			// Also if the benchmark is terminated early.
			Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
			awaitPort(process, port, files.resolve("server.log"));
			return new ServerProcess(kind, process, port, JMXConnectorFactory
				.connect(new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:%d/jmxrmi".formatted(jmx))));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private static void awaitPort(Process process, int port, Path log) throws IOException {
		long end = System.nanoTime() + Duration.ofMinutes(3).toNanos();
		while (System.nanoTime() < end && process.isAlive()) {
			try {
				new Socket(InetAddress.getLoopbackAddress(), port).close();
				return;
			}
			catch (IOException ex) {
				Pause.of(Duration.ofMillis(200));
			}
		}
		process.destroyForcibly();
		throw new IllegalStateException("The server did not start: see " + log.toAbsolutePath());
	}

	ServerKind kind() {
		return this.kind;
	}

	String url() {
		return "http://127.0.0.1:" + this.port + "/mcp";
	}

	long pid() {
		return this.process.pid();
	}

	/**
	 * The resources that the process has used so far.
	 */
	Usage usage() {
		try {
			Map<String, Long> cpu = new HashMap<>();
			try (var threads = Files.newDirectoryStream(Path.of("/proc", String.valueOf(pid()), "task"))) {
				for (Path thread : threads) {
					cpu.merge(part(Files.readString(thread.resolve("comm")).strip()),
							Long.valueOf(Files.readString(thread.resolve("schedstat")).split(" ")[0]), Long::sum);
				}
			}
			return new Usage(cpu.getOrDefault("work", 0L), cpu.getOrDefault("compilers", 0L),
					cpu.getOrDefault("collector", 0L), allocated());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The purpose of a thread, by the first 15 characters of its name.
	 */
	private static String part(String thread) {
		if (thread.startsWith("C1 Compiler") || thread.startsWith("C2 Compiler")) {
			return "compilers";
		}
		return (thread.equals("VM Thread") || thread.startsWith("GC Thread")) ? "collector" : "work";
	}

	private long allocated() throws IOException {
		try {
			ObjectName threads = new ObjectName(ManagementFactory.THREAD_MXBEAN_NAME);
			try {
				return (long) this.beans.getAttribute(threads, "TotalThreadAllocatedBytes");
			}
			catch (AttributeNotFoundException ex) {
				// Before Java 21: without threads that have ended.
				long[] ids = (long[]) this.beans.getAttribute(threads, "AllThreadIds");
				long[] bytes = (long[]) this.beans.invoke(threads, "getThreadAllocatedBytes", new Object[] { ids },
						new String[] { long[].class.getName() });
				long sum = 0;
				for (long each : bytes) {
					sum += Math.max(0, each);
				}
				return sum;
			}
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The size of live objects in the heap, in bytes.
	 */
	long liveHeap() {
		try {
			MemoryMXBean memory = ManagementFactory.newPlatformMXBeanProxy(this.beans,
					ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
			// The second collection frees objects that finalizers and references held.
			memory.gc();
			memory.gc();
			return memory.getHeapMemoryUsage().getUsed();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			this.connector.close();
		}
		catch (IOException ex) {
			// The process ends in any case.
		}
		this.process.destroy();
		try {
			if (!this.process.waitFor(20, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * The resources that a process has used.
	 *
	 * @param work processor time of everything but the next two, in nanoseconds
	 * @param compilers processor time of the just-in-time compilers
	 * @param collector processor time of the garbage collector
	 * @param allocated bytes allocated
	 */
	record Usage(long work, long compilers, long collector, long allocated) {

		Usage since(Usage before) {
			return new Usage(this.work - before.work, this.compilers - before.compilers,
					this.collector - before.collector, this.allocated - before.allocated);
		}

		long cpu() {
			return this.work + this.compilers + this.collector;
		}

	}

}
