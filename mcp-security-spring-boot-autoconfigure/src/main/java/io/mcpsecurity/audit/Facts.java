package io.mcpsecurity.audit;

import java.io.Serializable;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The facts of an event: values by name, in order, added by {@link AuditEvents} alone and
 * never changed after. It is a list, because for so few names a hash table takes twice
 * the memory.
 */
final class Facts extends AbstractMap<String, Object> implements Serializable {

	private static final long serialVersionUID = 1L;

	private final ArrayList<Map.Entry<String, Object>> entries;

	/**
	 * Create without facts.
	 * @param capacity the expected number of facts
	 */
	Facts(int capacity) {
		this.entries = new ArrayList<>(capacity);
	}

	/**
	 * Add a fact.
	 * @param name its name, which is none of those before
	 * @param value the value; {@code null} adds nothing
	 */
	void add(String name, @Nullable Object value) {
		if (value != null) {
			this.entries.add(new SimpleImmutableEntry<>(name, value));
		}
	}

	@Override
	public Set<Map.Entry<String, Object>> entrySet() {
		return new AbstractSet<>() {

			@Override
			public Iterator<Map.Entry<String, Object>> iterator() {
				return Collections.unmodifiableList(Facts.this.entries).iterator();
			}

			@Override
			public int size() {
				return Facts.this.entries.size();
			}

		};
	}

}
