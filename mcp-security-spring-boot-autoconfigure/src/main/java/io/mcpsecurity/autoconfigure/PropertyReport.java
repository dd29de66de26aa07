package io.mcpsecurity.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Says at start what Spring Boot's binding lets pass: misspelt names in environment
 * variables and system properties, where it does not mind them, and lists of rules of
 * which one replaces another.
 */
class PropertyReport implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(PropertyReport.class);

	private static final String PREFIX = "mcpsecurity";

	private static final ConfigurationPropertyName RULES = ConfigurationPropertyName.of("mcp.security.rules");

	/** What Kubernetes sets for a service of the name mcp-security. */
	private static final Pattern SERVICE_VARIABLE = Pattern.compile("MCP_SECURITY_(SERVICE_(HOST|PORT)|PORT)(_.*)?");

	private final ConfigurableEnvironment environment;

	PropertyReport(ConfigurableEnvironment environment) {
		this.environment = environment;
	}

	@Override
	public void afterSingletonsInstantiated() {
		reportUnknown(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
		reportUnknown(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
		List<String> sources = sourcesOfRules();
		if (sources.size() > 1) {
			logger.warn("mcp.security.rules is set in several places, and a list is taken from one place as a whole: "
					+ "the rules of '%s' hold, those of %s do not".formatted(sources.get(0),
							sources.subList(1, sources.size())));
		}
	}

	private List<String> sourcesOfRules() {
		List<String> sources = new ArrayList<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(this.environment)) {
			if (source.containsDescendantOf(RULES) == ConfigurationPropertyState.PRESENT) {
				sources.add((source.getUnderlyingSource() instanceof PropertySource<?> underlying)
						? underlying.getName() : source.toString());
			}
		}
		return sources;
	}

	private void reportUnknown(String sourceName) {
		if (this.environment.getPropertySources().get(sourceName) instanceof EnumerablePropertySource<?> source) {
			for (String name : source.getPropertyNames()) {
				String plain = plain(name);
				if (plain.startsWith(PREFIX) && !SERVICE_VARIABLE.matcher(name).matches()
						&& !isKnown(plain.substring(PREFIX.length()),
								ResolvableType.forClass(McpSecurityProperties.class))) {
					logger.warn("'" + name + "' has no effect: there is no such property");
				}
			}
		}
	}

	/**
	 * Whether a name, without dots, hyphens and underscores as in an environment
	 * variable, can be that of a property.
	 */
	private static boolean isKnown(String name, ResolvableType type) {
		Class<?> raw = type.toClass();
		if (raw.isRecord()) {
			for (RecordComponent component : raw.getRecordComponents()) {
				String own = plain(component.getName());
				if (name.startsWith(own) && isKnown(name.substring(own.length()),
						ResolvableType.forType(component.getGenericType(), type))) {
					return true;
				}
			}
			return false;
		}
		if (Collection.class.isAssignableFrom(raw)) {
			String element = name.replaceFirst("^\\d+", "");
			return name.isEmpty() || (element.length() < name.length() && isKnown(element, type.getGeneric(0)))
					|| isKnown(name, type.getGeneric(0));
		}
		// A key can be anything, and end anywhere.
		return name.isEmpty() || Map.class.isAssignableFrom(raw);
	}

	private static String plain(String name) {
		return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
	}

}
