package io.mcpsecurity.benchmarks.parts;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures reading the body of a call.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class ReaderBenchmark {

	/** The approximate size of the body in bytes. */
	@Param({ "200", "10000", "1000000" })
	public int size;

	private final McpMessageReader reader = new McpMessageReader(64);

	private byte[] body = {};

	/**
	 * Create the body.
	 */
	@Setup
	public void prepare() {
		this.body = """
				{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"length","arguments":{"text":"%s"}}}"""
			.formatted("x".repeat(this.size - 100))
			.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Read the body once.
	 */
	@Benchmark
	public McpMessage read() throws InvalidMessageException {
		return this.reader.read(this.body);
	}

}
