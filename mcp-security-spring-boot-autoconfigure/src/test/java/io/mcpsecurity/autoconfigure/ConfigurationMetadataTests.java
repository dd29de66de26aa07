package io.mcpsecurity.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The configuration metadata is complete, and docs/configuration.md has the properties of
 * it. With {@code -Dconfiguration.table=write} the table is written instead.
 */
class ConfigurationMetadataTests {

	private static final Path PAGE = Path.of("../docs/configuration.md");

	private static final String HEAD = "| property | default | meaning |\n|---|---|---|\n";

	private static final Pattern DEFAULT = Pattern.compile(" ?Default: ([^.]*(?:\\.[^ .][^.]*)*)\\.");

	private static final Pattern ELEMENT = Pattern
		.compile("java\\.util\\.(List|Map)<(?:java\\.lang\\.String,)?([^,>]*)>");

	/**
	 * A property.
	 *
	 * @param name its name below mcp-security
	 * @param metadata what the metadata says of it
	 * @param hints the values that the metadata proposes
	 */
	record Property(String name, JsonNode metadata, List<String> hints) {

		String type() {
			return this.metadata.path("type").asString();
		}

		/** The type of a value, or of each value of a list. */
		Class<?> valueType() {
			Matcher element = ELEMENT.matcher(type());
			return ClassUtils.resolveClassName(
					(element.matches() && element.group(1).equals("List")) ? element.group(2) : raw(type()), null);
		}

		private static String raw(String type) {
			return type.replaceFirst("<.*", "");
		}

		String description() {
			return this.metadata.path("description").asString("");
		}

		@Nullable String defaultValue() {
			JsonNode value = this.metadata.path("defaultValue");
			if (value.isMissingNode()) {
				return null;
			}
			return value.isArray() ? value.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "))
					: value.asString();
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	static List<Property> properties() {
		Map<String, Property> properties = new TreeMap<>();
		collect("", "META-INF/spring-configuration-metadata.json", (name) -> name.startsWith("mcp-security."),
				properties);
		return List.copyOf(properties.values());
	}

	private static void collect(String prefix, String resource, Predicate<String> filter,
			Map<String, Property> properties) {
		JsonNode metadata = JsonMapper.shared()
			.readTree(ConfigurationMetadataTests.class.getClassLoader().getResourceAsStream(resource));
		metadata.path("properties")
			.valueStream()
			.filter((property) -> filter.test(property.path("name").asString()))
			.forEach((property) -> {
				String key = property.path("name").asString();
				String name = prefix + key.replaceFirst("^mcp-security\\.", "");
				List<String> hints = metadata.path("hints")
					.valueStream()
					.filter((hint) -> hint.path("name").asString().equals(key))
					.flatMap((hint) -> hint.path("values").valueStream())
					.filter((value) -> value.path("description").isString())
					.map((value) -> value.path("value").asString())
					.toList();
				properties.put(name, new Property(name, property, hints));
				Matcher element = ELEMENT.matcher(property.path("type").asString());
				if (element.matches() && element.group(2).startsWith("io.mcpsecurity")
						&& ClassUtils.resolveClassName(element.group(2), null).isRecord()) {
					collect(name + (element.group(1).equals("List") ? "[]." : ".<name>."),
							"META-INF/spring/configuration-metadata/" + element.group(2) + ".json", (all) -> true,
							properties);
				}
			});
	}

	@ParameterizedTest
	@MethodSource("properties")
	void propertyHasDescriptionDefaultAndHints(Property property) {
		assertThat(property.description()).endsWith(".");
		Class<?> type = property.valueType();
		if (property.defaultValue() == null && !property.type().startsWith("java.util")) {
			assertThat(property.description()).containsAnyOf("Default: ", "Required");
		}
		if (type.isEnum()) {
			assertThat(property.hints()).containsExactlyInAnyOrder(Stream.of(type.getEnumConstants())
				.map((constant) -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-'))
				.toArray(String[]::new));
		}
	}

	@Test
	void metadataContainsNestedProperties() {
		assertThat(properties()).extracting(Property::name)
			.contains("policy.rules[].any-of", "endpoints.<name>.policy.rules[].scopes",
					"authorization-servers[].introspection.opaque-tokens", "rate-limit.rules[].per");
	}

	@Test
	void documentedTableMatchesMetadata() throws IOException {
		String page = Files.readString(PAGE);
		int begin = page.indexOf(HEAD) + HEAD.length();
		int end = page.indexOf("\n\n", begin) + 1;
		List<String> rows = new ArrayList<>();
		properties().forEach((property) -> rows.add(row(property)));
		String table = String.join("\n", rows) + "\n";
		if ("write".equals(System.getProperty("configuration.table"))) {
			Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
		}
		else {
			assertThat(page.substring(begin, end)).as("write it with -Dconfiguration.table=write").isEqualTo(table);
		}
	}

	private static String row(Property property) {
		String description = property.description();
		String value = (property.defaultValue() != null) ? "`" + property.defaultValue() + "`" : "none";
		Matcher inWords = DEFAULT.matcher(description);
		if (inWords.find()) {
			value = inWords.group(1);
			description = inWords.replaceFirst("").trim();
		}
		else if (description.endsWith(" Required.")) {
			value = "required";
			description = description.substring(0, description.length() - " Required.".length());
		}
		return "| `%s` | %s | %s |".formatted(property.name(), value,
				description.replaceAll("\"([^\"]*)\"", "`$1`").replace("&gt;", ">").replace("*", "\\*"));
	}

}
