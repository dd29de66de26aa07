package io.mcpsecurity.observation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.mcpsecurity.test.DocumentedMetrics;
import io.mcpsecurity.test.DocumentedMetrics.Family;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The dashboard and the alerts ask for families and labels that there are.
 */
class MonitoringTests {

	private static final Path MONITORING = DocumentedMetrics.DOCS.resolve("monitoring");

	private static final Pattern NAME = Pattern.compile("\\b(mcp_\\w+)(?:\\{([^}]*)})?");

	private static final Pattern SELECTED = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"");

	private static final Pattern GROUPED = Pattern.compile("by \\(([^)]*)\\)");

	/** What Prometheus itself adds. */
	private static final Set<String> COMMON = Set.of("job", "instance", "le");

	static List<String> queries() throws IOException {
		return Stream
			.concat(JsonMapper.shared()
				.readTree(Files.readString(MONITORING.resolve("grafana/dashboards/mcp-security.json")))
				.findValuesAsString("expr")
				.stream(), expressions(new Yaml().load(Files.readString(MONITORING.resolve("alerts.yml")))))
			.toList();
	}

	private static Stream<String> expressions(@Nullable Object yaml) {
		if (yaml instanceof Map<?, ?> map) {
			return map.entrySet()
				.stream()
				.flatMap((entry) -> "expr".equals(entry.getKey()) ? Stream.of((String) entry.getValue())
						: expressions(entry.getValue()));
		}
		return (yaml instanceof List<?> list) ? list.stream().flatMap(MonitoringTests::expressions) : Stream.of();
	}

	@Test
	void dashboardAndAlertsContainQueries() throws IOException {
		assertThat(queries()).hasSizeGreaterThan(30);
	}

	@ParameterizedTest
	@MethodSource("queries")
	void queryUsesOnlyDocumentedFamiliesAndLabels(String query) {
		Set<String> labels = new TreeSet<>(COMMON);
		Matcher name = NAME.matcher(query.replaceAll("by \\([^)]*\\)", "").replaceAll("\\[[^\\]]*]", ""));
		int found = 0;
		while (name.find()) {
			Family family = family(name.group(1));
			assertThat(family).as(name.group(1)).isNotNull();
			labels.addAll(family.labels());
			Matcher selected = SELECTED.matcher((name.group(2) != null) ? name.group(2) : "");
			while (selected.find()) {
				assertThat(selected.group(1)).as(query).isIn(labels);
			}
			found++;
		}
		assertThat(found).as(query).isPositive();
		Matcher grouped = GROUPED.matcher(query);
		while (grouped.find()) {
			assertThat(grouped.group(1).split(", ")).as(query).isSubsetOf(labels);
		}
	}

	/**
	 * The family that a sample of a name is of. Buckets are there when they are
	 * configured.
	 */
	private static @Nullable Family family(String sample) {
		Map<String, Family> families = DocumentedMetrics.read();
		Family family = families.get(sample);
		if (family != null) {
			return "summary".equals(family.type()) ? null : family;
		}
		Family summary = families.get(sample.replaceAll("_(count|sum|bucket)$", ""));
		return (summary != null && "summary".equals(summary.type())) ? summary : null;
	}

	@Test
	void prometheusConfigurationReferencesSampleAndAlerts() throws IOException {
		assertThat(Files.readString(MONITORING.resolve("prometheus.yml"))).contains("/actuator/prometheus",
				"alerts.yml", "host.docker.internal:8080");
		Map<String, Map<String, Map<String, Object>>> compose = new Yaml()
			.load(Files.readString(MONITORING.resolve("compose.yaml")));
		for (Map<String, Object> service : compose.get("services").values()) {
			for (Object volume : (List<?>) service.get("volumes")) {
				assertThat(MONITORING.resolve(volume.toString().split(":")[0])).exists();
			}
		}
	}

}
