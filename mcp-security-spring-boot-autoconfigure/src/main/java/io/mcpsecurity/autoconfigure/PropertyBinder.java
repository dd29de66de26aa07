package io.mcpsecurity.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.Endpoint;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.PropertyMatches;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.boot.origin.OriginTrackedValue;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.ClassUtils;

/**
 * Binds {@link McpSecurityProperties}. Spring Boot's {@link Binder} does that, from
 * property sources with the names that exist, each resolved against the records:
 * <ul>
 * <li>A name that does not exist stops the start, at any depth and in every source,
 * because a misspelt security property would otherwise have no effect. (Spring Boot's
 * {@code ignoreUnknownFields = false} checks neither nested objects of a list nor
 * environment variables and system properties.)</li>
 * <li>An object where a list of objects is expected is a list of one.</li>
 * <li>A variable {@code MCP_SECURITY_*} is not read. (Spring Boot accepts it for a prefix
 * with a hyphen, but it may belong to {@code mcp.security} of another application.)</li>
 * </ul>
 */
final class PropertyBinder {

	static final String PREFIX = "mcp-security";

	/**
	 * The prefix for conditions and {@code Environment.getProperty}. It selects the same
	 * properties as {@link #PREFIX}, but Spring Boot does not look for
	 * {@code MCP_SECURITY_*} without a hyphen.
	 */
	static final String CONDITION = "mcpsecurity.";

	private static final Log logger = LogFactory.getLog(PropertyBinder.class);

	private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of(PREFIX);

	/** Variables that Kubernetes sets for a service with the name mcpsecurity. */
	private static final Pattern SERVICE_VARIABLE = Pattern.compile("mcpsecurity\\.(service\\.(host|port)|port)\\b.*");

	private static final Pattern HYPHEN = Pattern.compile("-(.)");

	private static final String NESTED = "It has properties of its own and no value.";

	private final ConfigurableEnvironment environment;

	private final List<PropertySource<?>> sources = new ArrayList<>();

	private final Map<String, String> unknown = new LinkedHashMap<>();

	private PropertyBinder(ConfigurableEnvironment environment) {
		this.environment = environment;
		for (ConfigurationPropertySource source : ConfigurationPropertySources.from(environment.getPropertySources())) {
			if (source.getUnderlyingSource() instanceof PropertySource<?> original) {
				this.sources.add((source instanceof IterableConfigurationPropertySource names)
						? new OriginTrackedMapPropertySource(original.getName(), resolve(names)) : original);
			}
		}
		if (!this.unknown.isEmpty()) {
			throw new InvalidConfigurationPropertyValueException(PREFIX, this.unknown.keySet(),
					String.join(System.lineSeparator(), this.unknown.values()));
		}
	}

	/**
	 * The properties of an application.
	 * @throws InvalidConfigurationPropertyValueException if a name does not exist
	 */
	static McpSecurityProperties bind(ConfigurableEnvironment environment) {
		PropertyBinder binder = new PropertyBinder(environment);
		binder.reportReplacedRules();
		return binder.binder().bindOrCreate(PREFIX, McpSecurityProperties.class);
	}

	/**
	 * The further endpoints by name, before there are beans.
	 * @throws InvalidConfigurationPropertyValueException if a name does not exist
	 */
	static Map<String, Endpoint> endpoints(ConfigurableEnvironment environment) {
		return new PropertyBinder(environment).binder()
			.bind(PREFIX + ".endpoints", Bindable.mapOf(String.class, Endpoint.class))
			.orElse(Map.of());
	}

	/**
	 * The names of the downstream services, before there are beans.
	 * @throws InvalidConfigurationPropertyValueException if a name does not exist
	 */
	static Set<String> downstream(ConfigurableEnvironment environment) {
		return new PropertyBinder(environment).binder()
			.bind(PREFIX + ".downstream", Bindable.mapOf(String.class, McpSecurityProperties.Downstream.class))
			.orElse(Map.of())
			.keySet();
	}

	private Binder binder() {
		return new Binder(ConfigurationPropertySources.from(this.sources),
				new PropertySourcesPlaceholdersResolver(this.environment));
	}

	/** A list comes from one source as a whole. */
	private void reportReplacedRules() {
		List<String> names = this.sources.stream()
			.filter((source) -> source instanceof EnumerablePropertySource<?> enumerable
					&& Stream.of(enumerable.getPropertyNames())
						.anyMatch((name) -> name.startsWith(PREFIX + ".policy.rules[")))
			.map(PropertySource::getName)
			.toList();
		if (names.size() > 1) {
			logger.warn(
					"mcp-security.policy.rules is set in several property sources: the rules of '%s' replace those of %s"
						.formatted(names.get(0), names.subList(1, names.size())));
		}
	}

	private Map<String, Object> resolve(IterableConfigurationPropertySource source) {
		boolean variables = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
		Map<String, Object> resolved = new LinkedHashMap<>();
		for (ConfigurationPropertyName name : source.filter(ROOT::isAncestorOf)) {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			if (property == null || (variables && SERVICE_VARIABLE.matcher(name.toString()).matches())) {
				continue;
			}
			Place place = find(ROOT, ResolvableType.forClass(McpSecurityProperties.class), name.subName(1), variables);
			boolean empty = property.getValue().toString().isEmpty();
			if (place.hint() == null || (empty && place.hint().equals(NESTED))) {
				resolved.putIfAbsent(place.name().toString(),
						OriginTrackedValue.of(property.getValue(), property.getOrigin()));
			}
			else {
				this.unknown.put(name.toString(), "There is no property '%s', which is set by %s. %s".formatted(name,
						property.getOrigin(), place.hint()));
			}
		}
		return resolved;
	}

	/**
	 * Resolve a name.
	 * @param parent the part of the name that is resolved
	 * @param type what it is bound to
	 * @param rest the part that is not
	 * @param variable whether it is the name of an environment variable, in which
	 * underscores stand for dots, hyphens and nothing
	 */
	private static Place find(ConfigurationPropertyName parent, ResolvableType type, ConfigurationPropertyName rest,
			boolean variable) {
		Class<?> raw = type.toClass();
		if (rest.isEmpty()) {
			// One authorization server can be its issuer.
			boolean nested = raw.isRecord() && !ClassUtils.hasMethod(raw, "valueOf", String.class);
			return new Place(parent, nested ? NESTED : null);
		}
		if (Map.class.isAssignableFrom(raw)) {
			return find(parent.append("[" + rest.getElement(0, Form.ORIGINAL) + "]"), type.getGeneric(1),
					rest.subName(1), variable);
		}
		if (Collection.class.isAssignableFrom(raw)) {
			ResolvableType element = type.getGeneric();
			if (rest.isNumericIndex(0)) {
				return find(parent.append("[" + rest.getElement(0, Form.ORIGINAL) + "]"), element, rest.subName(1),
						variable);
			}
			if (element.toClass().isRecord()) {
				return find(parent.append("[0]"), element, rest, variable);
			}
		}
		if (!raw.isRecord()) {
			return new Place(parent, "'" + parent + "' has no properties of its own.");
		}
		for (int length = variable ? rest.getNumberOfElements() : 1; length > 0; length--) {
			String name = IntStream.range(0, length)
				.mapToObj((i) -> rest.getElement(i, Form.UNIFORM))
				.collect(Collectors.joining());
			for (RecordComponent component : raw.getRecordComponents()) {
				if (component.getName().toLowerCase(Locale.ROOT).equals(name)) {
					return find(parent.append(DataObjectPropertyName.toDashedForm(component.getName())),
							ResolvableType.forType(component.getGenericType()), rest.subName(length), variable);
				}
			}
		}
		return new Place(parent, hint(parent, raw, rest.getElement(0, Form.DASHED)));
	}

	private static String hint(ConfigurationPropertyName parent, Class<?> type, String name) {
		String field = HYPHEN.matcher(name).replaceAll((match) -> match.group(1).toUpperCase(Locale.ROOT));
		String[] similar = PropertyMatches.forField(field, type).getPossibleMatches();
		if (similar.length > 0) {
			return "Did you mean '" + parent + "." + DataObjectPropertyName.toDashedForm(similar[0]) + "'?";
		}
		return "Below '" + parent + "' there are: "
				+ Arrays.stream(type.getRecordComponents())
					.map((component) -> DataObjectPropertyName.toDashedForm(component.getName()))
					.collect(Collectors.joining(", "))
				+ ".";
	}

	/**
	 * The property for a name.
	 *
	 * @param name the property, as far as it exists
	 * @param hint what exists instead, or {@code null} if the property exists
	 */
	private record Place(ConfigurationPropertyName name, @Nullable String hint) {
	}

}
