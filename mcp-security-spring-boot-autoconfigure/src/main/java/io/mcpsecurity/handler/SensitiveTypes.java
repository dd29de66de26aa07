package io.mcpsecurity.handler;

import java.beans.Introspector;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.mcpsecurity.Sensitive;
import io.mcpsecurity.audit.SensitiveParts;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.introspect.AnnotatedAndMetadata;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedWithParams;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.introspect.ClassIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.util.NameTransformer;

import org.springframework.ai.util.JacksonUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Finds the {@link Sensitive} members of types, by the names that they have in the JSON
 * that Spring AI makes the types from. One instance is for one method.
 */
final class SensitiveTypes {

	/** Types without members of the application's. */
	private static final List<String> LEAVES = List.of("java.", "javax.", "jdk.", "tools.jackson.", "kotlin.",
			"reactor.");

	private static final Log logger = LogFactory.getLog(SensitiveTypes.class);

	private static final JsonMapper mapper = JacksonUtils.getDefaultJsonMapper();

	private final DeserializationConfig config = mapper.deserializationConfig();

	private final ClassIntrospector introspector = this.config.classIntrospectorInstance();

	private final AnnotationIntrospector annotations = this.config.getAnnotationIntrospector();

	private final Set<String> sensitiveNames = new HashSet<>();

	private final Map<JavaType, SensitiveType> types = new HashMap<>();

	/**
	 * The sensitive parts of the JSON of a type.
	 * @throws SensitiveDeclarationException if an annotation stands where it has no
	 * effect
	 */
	SensitiveParts of(Type type) {
		SensitiveType found = find(mapper.constructType(type));
		this.types.values().forEach(SensitiveType::complete);
		return found;
	}

	/**
	 * The JSON of an object, to be given members with parts of this instance.
	 */
	SensitiveType object() {
		return new SensitiveType(this.sensitiveNames);
	}

	private SensitiveType find(JavaType type) {
		SensitiveType known = this.types.get(type);
		if (known != null) {
			return known;
		}
		if (type.isReferenceType()) {
			return find(type.getReferencedType());
		}
		SensitiveType found = new SensitiveType(this.sensitiveNames);
		this.types.put(type, found);
		if (type.isMapLikeType()) {
			found.setValues(find(type.getContentType()));
		}
		else if (type.isContainerType()) {
			found.setElements(find(type.getContentType()));
		}
		else if (isLeaf(type.getRawClass())) {
			// Whatever it does with the types that it is given.
			type.getBindings().getTypeParameters().forEach((parameter) -> found.addAlternative(find(parameter)));
		}
		else {
			Set<String> handled = new HashSet<>();
			List<AnnotatedElement> declared = declared(type.getRawClass());
			declared.stream().map(SensitiveTypes::name).filter(Objects::nonNull).forEach((name) -> {
				handled.add(name);
				found.addMember(name, SensitiveParts.ALL);
			});
			addMembers(type, found, handled);
			declared.forEach((element) -> requireHandled(type.getRawClass(), element, handled));
		}
		return found;
	}

	private static boolean isLeaf(Class<?> type) {
		return type.isPrimitive() || type.isEnum() || LEAVES.stream().anyMatch(type.getName()::startsWith);
	}

	/**
	 * Add the members as Jackson knows them.
	 * @param annotated what the annotated members are called in the code, and the methods
	 * that Jackson uses in another way
	 */
	private void addMembers(JavaType type, SensitiveType found, Set<String> annotated) {
		try {
			AnnotatedClass annotatedType = this.introspector.introspectClassAnnotations(type);
			BeanDescription description = this.introspector.introspectForDeserialization(type, annotatedType);
			for (BeanPropertyDefinition property : description.findProperties()) {
				addProperty(property, found, annotated);
			}
			AnnotatedMember anySetter = description.findAnySetterAccessor();
			if (anySetter != null) {
				annotated.add(anySetter.getName());
				found.setValues(anything(anySetter));
			}
			Stream
				.concat(description.getConstructorsWithMode().stream(),
						description.getFactoryMethodsWithMode().stream())
				.forEach((creator) -> addDelegate(creator, found));
			addBuilder(annotatedType, description, found, annotated);
			addAlternatives(type, annotatedType, found);
		}
		catch (JacksonException | IllegalArgumentException ex) {
			// Jackson cannot make such a type, and no call with it succeeds. What its
			// code declares is masked nevertheless.
			logger.debug("Jackson cannot make " + type, ex);
		}
	}

	private void addProperty(BeanPropertyDefinition property, SensitiveType found, Set<String> annotated) {
		SensitiveParts parts = isSensitive(property, annotated) ? SensitiveParts.ALL : find(property.getPrimaryType());
		Stream.concat(Stream.of(property.getFullName()), property.findAliases().stream())
			.map(PropertyName::getSimpleName)
			.forEach((name) -> found.addMember(name, parts));
		AnnotatedMember member = property.getPrimaryMember();
		NameTransformer unwrapping = (member != null)
				? this.annotations.findUnwrappingNameTransformer(this.config, member) : null;
		if (unwrapping != null) {
			find(property.getPrimaryType()).members()
				.forEach((name, all) -> all.forEach((each) -> found.addMember(unwrapping.transform(name),
						(parts == SensitiveParts.ALL) ? parts : each)));
		}
	}

	/**
	 * Whether a property is annotated. Of what Jackson does not use itself, such as a
	 * private field, it does not tell: so the name in the code counts too.
	 */
	private static boolean isSensitive(BeanPropertyDefinition property, Set<String> annotated) {
		if (annotated.contains(property.getInternalName())) {
			return true;
		}
		List<@Nullable AnnotatedMember> members = new ArrayList<>(
				Arrays.asList(property.getField(), property.getGetter(), property.getSetter()));
		property.getConstructorParameters().forEachRemaining(members::add);
		boolean sensitive = false;
		for (AnnotatedMember member : members) {
			if (member != null && member.hasAnnotation(Sensitive.class)) {
				annotated.add(member.getName());
				sensitive = true;
			}
		}
		return sensitive;
	}

	private SensitiveParts anything(AnnotatedMember anySetter) {
		if (anySetter.hasAnnotation(Sensitive.class)) {
			return SensitiveParts.ALL;
		}
		if (anySetter instanceof AnnotatedWithParams method && method.getParameterCount() == 2) {
			return (method.getParameter(1).hasAnnotation(Sensitive.class)) ? SensitiveParts.ALL
					: find(method.getParameterType(1));
		}
		JavaType type = anySetter.getType();
		return find(type.isContainerType() ? type.getContentType() : type);
	}

	/**
	 * Add what a type is made from when that is another value than an object with its
	 * members.
	 */
	private void addDelegate(AnnotatedAndMetadata<? extends AnnotatedWithParams, JsonCreator.Mode> creator,
			SensitiveType found) {
		if (creator.metadata == JsonCreator.Mode.DELEGATING && creator.annotated.getParameterCount() > 0) {
			if (creator.annotated.getParameter(0).hasAnnotation(Sensitive.class)) {
				found.hide();
			}
			else if (!this.types.containsKey(creator.annotated.getParameterType(0))) {
				found.addAlternative(find(creator.annotated.getParameterType(0)));
			}
		}
	}

	private void addBuilder(AnnotatedClass type, BeanDescription description, SensitiveType found,
			Set<String> annotated) {
		Class<?> builder = this.annotations.findPOJOBuilder(this.config, type);
		if (builder != null) {
			this.introspector.introspectForDeserializationWithBuilder(mapper.constructType(builder), description)
				.findProperties()
				.forEach((property) -> addProperty(property, found, annotated));
		}
	}

	/**
	 * Add the types that a value can be of instead.
	 */
	private void addAlternatives(JavaType type, AnnotatedClass annotated, SensitiveType found) {
		List<JavaType> others = new ArrayList<>();
		others.add(this.annotations.refineDeserializationType(this.config, annotated, type));
		this.config.getSubtypeResolver()
			.collectAndResolveSubtypesByTypeId(this.config, annotated)
			.forEach((subtype) -> others.add(mapper.constructType(subtype.getType())));
		others.stream()
			.filter((other) -> other.getRawClass() != type.getRawClass())
			.forEach((other) -> found.addAlternative(find(other)));
	}

	private static void requireHandled(Class<?> type, AnnotatedElement element, Set<String> handled) {
		if (element instanceof Method method && name(method) == null && !handled.contains(method.getName())) {
			throw new SensitiveDeclarationException(
					"@Sensitive on " + ClassUtils.getShortName(type) + "." + method.getName()
							+ " protects nothing: the method neither gets nor sets a member",
					"put it on the member itself, or remove it");
		}
	}

	/**
	 * The fields and methods of a type that are annotated.
	 */
	private static List<AnnotatedElement> declared(Class<?> type) {
		List<AnnotatedElement> declared = new ArrayList<>();
		for (Class<?> each = type; each != null && !isLeaf(each); each = each.getSuperclass()) {
			declared.addAll(List.of(each.getDeclaredFields()));
		}
		declared.addAll(List.of(ReflectionUtils.getAllDeclaredMethods(type)));
		ClassUtils.getAllInterfacesForClassAsSet(type)
			.forEach((each) -> declared.addAll(List.of(each.getDeclaredMethods())));
		declared.removeIf((element) -> !element.isAnnotationPresent(Sensitive.class));
		return declared;
	}

	/**
	 * The name of a member by the field, getter, setter or record component that an
	 * element is; {@code null} for any other method.
	 */
	private static @Nullable String name(AnnotatedElement element) {
		if (element instanceof Field field) {
			return field.getName();
		}
		Method method = (Method) element;
		String name = method.getName();
		if (method.getDeclaringClass().isRecord() && method.getParameterCount() == 0) {
			return name;
		}
		for (String prefix : List.of("get", "is", "set", "with")) {
			boolean parameters = method.getParameterCount() == ((prefix.equals("get") || prefix.equals("is")) ? 0 : 1);
			if (parameters && name.startsWith(prefix) && StringUtils.hasText(name.substring(prefix.length()))) {
				return Introspector.decapitalize(name.substring(prefix.length()));
			}
		}
		return null;
	}

}
