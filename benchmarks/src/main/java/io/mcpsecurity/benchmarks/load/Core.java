package io.mcpsecurity.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The utilization of a core.
 *
 * @param busy ticks in which it was busy, or used by another virtual machine
 * @param all all ticks
 */
record Core(long busy, long all) {

	static Core now(int number) {
		try {
			for (String line : Files.readAllLines(Path.of("/proc/stat"))) {
				if (line.startsWith("cpu" + number + " ")) {
					return of(line.split(" "));
				}
			}
			throw new IllegalArgumentException("There is no core " + number);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * The fields are user, nice, system, idle, iowait, irq, softirq, steal.
	 */
	private static Core of(String[] fields) {
		long all = 0;
		for (int i = 1; i <= 8; i++) {
			all += Long.parseLong(fields[i]);
		}
		return new Core(all - Long.parseLong(fields[4]) - Long.parseLong(fields[5]), all);
	}

	/**
	 * The part of the time since an earlier moment, of 1, in which it was busy.
	 */
	double busySince(Core before) {
		return (double) (this.busy - before.busy) / (this.all - before.all);
	}

}
