package io.mcpsecurity.handler;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.audit.SensitiveParts;
import org.jspecify.annotations.Nullable;

/**
 * The sensitive parts of the JSON of one type. Types refer to each other, and to
 * themselves.
 * <p>
 * A value of another form than the type's is no excuse. An array where an object is
 * expected, or the other way round, is taken for an attempt at the same, and where the
 * type has no member of a name, the name is sensitive when it is anywhere else in the
 * arguments: models put things in wrong places, and the event of a call that fails tells
 * about its arguments too.
 */
final class SensitiveType implements SensitiveParts {

	private final Set<String> sensitiveNames;

	private final Map<String, List<SensitiveParts>> members = new HashMap<>();

	private final List<SensitiveType> alternatives = new ArrayList<>();

	private @Nullable SensitiveType elements;

	private @Nullable SensitiveParts values;

	private boolean hidden;

	private boolean hidesWithin;

	/** What a value can be when it is an object. */
	private List<SensitiveType> objects = List.of(this);

	/**
	 * Create a type that has nothing yet.
	 * @param sensitiveNames the names of all members that are sensitive, of this and the
	 * other types of a method; the types add to it
	 */
	SensitiveType(Set<String> sensitiveNames) {
		this.sensitiveNames = sensitiveNames;
	}

	void addMember(String name, SensitiveParts parts) {
		String plain = SensitiveNames.plain(name);
		this.members.computeIfAbsent(plain, (key) -> new ArrayList<>()).add(parts);
		if (parts == ALL) {
			this.sensitiveNames.add(plain);
		}
	}

	/**
	 * Add what a value can also be: a subtype, or what the type is made from.
	 */
	void addAlternative(SensitiveType type) {
		this.alternatives.add(type);
	}

	/**
	 * Tell what arrays of the type consist of.
	 */
	void setElements(SensitiveType type) {
		this.elements = type;
	}

	/**
	 * Tell what members have that are not known by name.
	 */
	void setValues(SensitiveParts parts) {
		this.values = parts;
	}

	void hide() {
		this.hidden = true;
	}

	Map<String, List<SensitiveParts>> members() {
		return this.members;
	}

	/**
	 * Find out, once everything is known, what follows from it.
	 */
	void complete() {
		this.hidesWithin = reachesHidden(this, identitySet());
		Set<SensitiveType> types = identitySet();
		collectAlternatives(types);
		this.hidden = types.stream().anyMatch((type) -> type.hidden);
		Set<SensitiveType> found = identitySet();
		collectObjects(found, identitySet());
		this.objects = List.copyOf(found);
	}

	private static <T> Set<T> identitySet() {
		return Collections.newSetFromMap(new IdentityHashMap<>());
	}

	private void collectAlternatives(Set<SensitiveType> types) {
		if (types.add(this)) {
			this.alternatives.forEach((alternative) -> alternative.collectAlternatives(types));
		}
	}

	private void collectObjects(Set<SensitiveType> found, Set<SensitiveType> seen) {
		if (!seen.add(this)) {
			return;
		}
		if (this.elements != null) {
			this.elements.collectObjects(found, seen);
		}
		else {
			found.add(this);
			this.alternatives.forEach((alternative) -> alternative.collectObjects(found, seen));
		}
	}

	private static boolean reachesHidden(@Nullable SensitiveParts parts, Set<SensitiveParts> seen) {
		if (!(parts instanceof SensitiveType type)) {
			return parts != null && parts.hidesWithin();
		}
		return seen.add(type) && (type.hidden || reachesHidden(type.elements, seen) || reachesHidden(type.values, seen)
				|| type.members.values()
					.stream()
					.flatMap(List::stream)
					.anyMatch((member) -> reachesHidden(member, seen))
				|| type.alternatives.stream().anyMatch((alternative) -> reachesHidden(alternative, seen)));
	}

	@Override
	public boolean hidden() {
		return this.hidden;
	}

	@Override
	public boolean hidesWithin() {
		return this.hidesWithin;
	}

	@Override
	public SensitiveParts member(String name) {
		String plain = SensitiveNames.plain(name);
		List<SensitiveParts> known = new ArrayList<>();
		this.objects.forEach((type) -> known.addAll(type.members.getOrDefault(plain, List.of())));
		if (known.isEmpty() && this.sensitiveNames.contains(plain)) {
			return ALL;
		}
		if (known.isEmpty()) {
			this.objects.stream().map((type) -> type.values).filter(Objects::nonNull).forEach(known::add);
		}
		return known.stream().reduce(SensitiveParts::or).orElseGet(() -> new SensitiveType(this.sensitiveNames));
	}

	@Override
	public SensitiveParts element() {
		return (this.elements != null) ? this.elements : this;
	}

}
