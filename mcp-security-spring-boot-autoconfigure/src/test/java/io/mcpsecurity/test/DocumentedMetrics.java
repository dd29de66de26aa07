package io.mcpsecurity.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The table of families in docs/metrics.md.
 */
public final class DocumentedMetrics {

	/** The docs as tests see them, whose directory is that of their module. */
	public static final Path DOCS = Path.of("../docs");

	private static final Pattern ROW = Pattern.compile("\\| `(mcp_\\w+)` \\| (\\w+) \\| ([^|]*) \\|.*");

	private static final Pattern LABEL = Pattern.compile("`(\\w+)`");

	private DocumentedMetrics() {
	}

	/**
	 * The families by name.
	 */
	public static Map<String, Family> read() {
		Map<String, Family> families = new LinkedHashMap<>();
		try {
			for (String line : Files.readAllLines(DOCS.resolve("metrics.md"))) {
				Matcher row = ROW.matcher(line);
				if (row.matches()) {
					Set<String> labels = new TreeSet<>();
					Matcher label = LABEL.matcher(row.group(3));
					while (label.find()) {
						labels.add(label.group(1));
					}
					families.put(row.group(1), new Family(row.group(2), labels));
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return families;
	}

	/**
	 * A family.
	 *
	 * @param type its type, in Prometheus's words
	 * @param labels the names of its labels
	 */
	public record Family(String type, Set<String> labels) {
	}

}
