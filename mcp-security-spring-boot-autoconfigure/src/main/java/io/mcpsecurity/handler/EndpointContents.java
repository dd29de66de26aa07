package io.mcpsecurity.handler;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import io.mcpsecurity.message.McpTarget;

/**
 * What further MCP endpoints offer of an application's specifications: each takes its
 * part when Spring AI or the application has made them, before the main server is built.
 */
public final class EndpointContents {

	private final List<Selection> selections;

	private final Map<String, List<Record>> taken = new LinkedHashMap<>();

	public EndpointContents(List<Selection> selections) {
		this.selections = List.copyOf(selections);
		this.selections.forEach((selection) -> this.taken.put(selection.endpoint(), new ArrayList<>()));
	}

	/**
	 * Let each endpoint take its part.
	 * @param bean a bean; anything but a list of specifications is not looked at
	 * @param beanName its name
	 * @return what is left for the main server
	 */
	synchronized Object take(Object bean, String beanName) {
		if (this.selections.isEmpty() || !(bean instanceof List<?> list)
				|| list.stream().noneMatch(GuardedSpecifications::isSpecification)) {
			return bean;
		}
		List<Object> left = new ArrayList<>();
		for (Object specification : list) {
			if (!GuardedSpecifications.isSpecification(specification) || !take((Record) specification, beanName)) {
				left.add(specification);
			}
		}
		return left;
	}

	/** Whether a specification is not for the main server any more. */
	private boolean take(Record specification, String beanName) {
		McpTarget target = GuardedSpecifications.target(Specifications.offered(specification));
		boolean exclusive = false;
		for (Selection selection : this.selections) {
			if (selection.beans().contains(beanName) || selection.targets().test(target)) {
				this.taken.getOrDefault(selection.endpoint(), List.of()).add(specification);
				exclusive |= selection.exclusive();
			}
		}
		return exclusive;
	}

	/** What an endpoint offers. */
	public synchronized List<Record> of(String endpoint) {
		return List.copyOf(this.taken.getOrDefault(endpoint, List.of()));
	}

	/**
	 * What an endpoint offers.
	 *
	 * @param endpoint its name
	 * @param targets tools, resources and prompts, by what they are
	 * @param beans names of beans that are lists of specifications
	 * @param exclusive whether the main endpoint does not offer that
	 */
	public record Selection(String endpoint, Predicate<McpTarget> targets, Set<String> beans, boolean exclusive) {
	}

}
