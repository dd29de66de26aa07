package io.mcpsecurity.invocation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.audit.SensitiveParts;
import org.jspecify.annotations.Nullable;

/**
 * The sensitive parts of the JSON of one type. Types refer to each other, and to
 * themselves.
 * <p>
 * A value of another form than the type's is no excuse: an array where an object is
 * expected, or the other way round, is taken for an attempt at the same.
 */
final class SensitiveType implements SensitiveParts {

	/** More nesting than anybody writes; a type can consist of itself. */
	private static final int MAX_NESTING = 16;

	private final Map<String, List<SensitiveParts>> members = new HashMap<>();

	private final List<SensitiveType> alternatives = new ArrayList<>();

	private @Nullable SensitiveType elements;

	private @Nullable SensitiveParts values;

	private boolean hidden;

	private boolean hidesWithin;

	void addMember(String name, SensitiveParts parts) {
		this.members.computeIfAbsent(SensitiveNames.plain(name), (plain) -> new ArrayList<>()).add(parts);
	}

	/**
	 * What a value can also be: a subtype, or what the type is made from.
	 */
	void addAlternative(SensitiveType type) {
		this.alternatives.add(type);
	}

	/**
	 * What arrays of the type consist of.
	 */
	void setElements(SensitiveType type) {
		this.elements = type;
	}

	/**
	 * What members have that are not known by name.
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
		if (!this.hidesWithin) {
			return NONE;
		}
		SensitiveType object = this;
		for (int i = 0; object.elements != null && i < MAX_NESTING; i++) {
			object = object.elements;
		}
		SensitiveParts otherwise = (object.values != null) ? object.values : NONE;
		SensitiveParts member = object.members.getOrDefault(SensitiveNames.plain(name), List.of(otherwise))
			.stream()
			.reduce(NONE, SensitiveParts::or);
		for (SensitiveType alternative : object.alternatives) {
			member = member.or(alternative.member(name));
		}
		return member;
	}

	@Override
	public SensitiveParts element() {
		return (this.elements != null) ? this.elements : this;
	}

}
