package io.mcpsecurity.invocation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

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

	/** More nesting than anybody writes; a type can consist of itself. */
	private static final int MAX_NESTING = 16;

	private final Set<String> sensitiveNames;

	private final Map<String, List<SensitiveParts>> members = new HashMap<>();

	private final List<SensitiveType> alternatives = new ArrayList<>();

	private @Nullable SensitiveType elements;

	private @Nullable SensitiveParts values;

	private boolean hidden;

	private boolean hidesWithin;

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
		if (parts.hidden()) {
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
	 * Find out, once everything is known, whether anything is sensitive from here on.
	 */
	void complete() {
		this.hidesWithin = reachesHidden(this, Collections.newSetFromMap(new IdentityHashMap<>()));
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
		return this.hidden || this.alternatives.stream().anyMatch(SensitiveType::hidden);
	}

	@Override
	public boolean hidesWithin() {
		return this.hidesWithin;
	}

	@Override
	public SensitiveParts member(String name) {
		String plain = SensitiveNames.plain(name);
		List<SensitiveParts> known = new ArrayList<>();
		collect((type) -> known.addAll(type.members.getOrDefault(plain, List.of())), 0);
		if (known.isEmpty() && this.sensitiveNames.contains(plain)) {
			return ALL;
		}
		if (known.isEmpty()) {
			collect((type) -> known.addAll((type.values != null) ? List.of(type.values) : List.of()), 0);
		}
		return known.stream().reduce(SensitiveParts::or).orElseGet(() -> new SensitiveType(this.sensitiveNames));
	}

	/**
	 * Look at every type that a value can be of when it is an object.
	 */
	private void collect(Consumer<SensitiveType> collector, int nesting) {
		if (nesting > MAX_NESTING) {
			return;
		}
		if (this.elements != null) {
			this.elements.collect(collector, nesting + 1);
		}
		else {
			collector.accept(this);
			this.alternatives.forEach((alternative) -> alternative.collect(collector, nesting + 1));
		}
	}

	@Override
	public SensitiveParts element() {
		return (this.elements != null) ? this.elements : this;
	}

}
