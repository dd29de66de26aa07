package io.mcpsecurity.test;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.http.HttpHeaders;

/**
 * What Prometheus would read from a server, as an operator who may.
 *
 * @param types the families and their types
 * @param samples the samples in their order
 */
public record Scrape(Map<String, String> types, List<Sample> samples) {

	/**
	 * The properties that a server needs for this.
	 */
	public static final List<String> PROPERTIES = List.of("management.endpoints.web.exposure.include=prometheus",
			"spring.security.user.name=operator", "spring.security.user.password=operator");

	private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");

	private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

	public static Scrape of(SecuredServer server) {
		HttpResponse<String> response = server
			.send(HttpRequest.newBuilder(URI.create(server.url("/actuator/prometheus")))
				.setHeader(HttpHeaders.AUTHORIZATION,
						"Basic " + HttpHeaders.encodeBasicAuth("operator", "operator", null)));
		if (response.statusCode() != 200) {
			throw new IllegalStateException("/actuator/prometheus: " + response.statusCode());
		}
		return parse(response.body());
	}

	private static Scrape parse(String text) {
		Map<String, String> types = new LinkedHashMap<>();
		List<Sample> samples = new ArrayList<>();
		text.lines().forEach((line) -> {
			Matcher sample = SAMPLE.matcher(line);
			if (line.startsWith("# TYPE ")) {
				String[] words = line.split(" ");
				types.put(words[2], words[3]);
			}
			else if (!line.startsWith("#") && sample.matches()) {
				Map<String, String> labels = new LinkedHashMap<>();
				Matcher label = LABEL.matcher((sample.group(2) != null) ? sample.group(2) : "");
				while (label.find()) {
					labels.put(label.group(1), label.group(2));
				}
				samples.add(new Sample(sample.group(1), labels, Double.parseDouble(sample.group(3))));
			}
		});
		return new Scrape(types, samples);
	}

	/**
	 * The sum of the samples of a name that have these labels, each {@code name=value}.
	 */
	public double sum(String name, String... labels) {
		Map<String, String> wanted = new HashMap<>();
		for (String label : labels) {
			wanted.put(label.substring(0, label.indexOf('=')), label.substring(label.indexOf('=') + 1));
		}
		return this.samples.stream()
			.filter((sample) -> sample.name().equals(name) && sample.labels().entrySet().containsAll(wanted.entrySet()))
			.mapToDouble(Sample::value)
			.sum();
	}

	/**
	 * The labels of the samples of a family.
	 */
	public Set<String> labels(String family) {
		Set<String> labels = new LinkedHashSet<>();
		this.samples.stream()
			.filter((sample) -> sample.name().equals(family)
					|| sample.name().matches(Pattern.quote(family) + "_(count|sum|bucket|created)"))
			.forEach((sample) -> labels.addAll(sample.labels().keySet()));
		labels.remove("le");
		return labels;
	}

	/**
	 * A sample.
	 */
	public record Sample(String name, Map<String, String> labels, double value) {
	}

}
