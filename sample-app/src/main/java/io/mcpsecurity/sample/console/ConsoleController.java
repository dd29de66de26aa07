package io.mcpsecurity.sample.console;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.mcpsecurity.actuate.McpSecurityEndpoint;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Description;
import io.mcpsecurity.audit.McpAuditEvent;
import io.mcpsecurity.sample.PagePolicy;
import jakarta.servlet.http.HttpServletResponse;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.security.core.Authentication;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseBody;

/**
 * The console: a page that is rendered completely, and the updates that its script
 * requests.
 */
@Controller
@ConditionalOnBooleanProperty("mcp-authorization-server.enabled")
class ConsoleController {

	private static final int MOST_EVENTS = 200;

	private final AuditFeed feed;

	private final Activity activity;

	private final ObjectProvider<HealthIndicator> trail;

	private final ObjectProvider<McpSecurityEndpoint> policy;

	ConsoleController(AuditFeed feed, Activity activity,
			@Qualifier("mcpSecurityAuditHealthIndicator") ObjectProvider<HealthIndicator> trail,
			ObjectProvider<McpSecurityEndpoint> policy) {
		this.feed = feed;
		this.activity = activity;
		this.trail = trail;
		this.policy = policy;
	}

	@GetMapping("/console")
	String console(EventFilter filter, Authentication user, HttpServletResponse response, Model model) {
		model.addAttribute("user", user.getName());
		model.addAttribute("filter", filter);
		model.addAttribute("types", types());
		model.addAttribute("news", news(0, filter));
		model.addAttribute("blank", EventRow.BLANK);
		model.addAttribute("capacity", this.feed.capacity());
		this.policy.ifAvailable((endpoint) -> {
			Description main = endpoint.describe();
			model.addAttribute("modes", main.modes());
			model.addAttribute("policy", policy(main));
		});
		response.setHeader(PagePolicy.HEADER, PagePolicy.WITH_SCRIPTS);
		return "console/console";
	}

	/** The updates since an event, formatted for the page. */
	@GetMapping("/console/news")
	@ResponseBody
	News news(@RequestParam long after, EventFilter filter) {
		AuditFeed.News found = this.feed.after(after, filter, MOST_EVENTS);
		return new News(found.latest(), found.gap(), found.entries().stream().map(EventRow::of).toList(),
				this.activity.report(), health());
	}

	private static Map<String, List<PolicyRow>> policy(Description main) {
		Map<String, List<PolicyRow>> policy = new LinkedHashMap<>();
		policy.put(main.resource(), PolicyRow.of(main));
		main.endpoints().values().forEach((further) -> policy.put(further.resource(), PolicyRow.of(further)));
		return policy;
	}

	private List<HealthRow> health() {
		List<HealthRow> health = new ArrayList<>();
		this.trail.stream()
			.flatMap((trail) -> Objects.requireNonNull(trail.health()).getDetails().values().stream())
			.map((sink) -> HealthRow.of(JsonMapper.shared().convertValue(sink, HealthRow.Sink.class)))
			.forEach(health::add);
		this.policy.ifAvailable((endpoint) -> endpoint.describe()
			.issuers()
			.forEach((issuer, keys) -> health.add(HealthRow.of(issuer, keys))));
		return health;
	}

	private static Map<McpAuditEvent.Type, String> types() {
		Map<McpAuditEvent.Type, String> types = new EnumMap<>(McpAuditEvent.Type.class);
		for (McpAuditEvent.Type type : McpAuditEvent.Type.values()) {
			types.put(type, EventRow.words(type));
		}
		return types;
	}

	/**
	 * The content of the page, without the policy.
	 *
	 * @param latest the number of the last event so far
	 * @param gap whether events are missing
	 * @param events the events, the newest first
	 * @param activity the last hour
	 * @param health the health of audit sinks and authorization servers
	 */
	record News(long latest, boolean gap, List<EventRow> events, Activity.Report activity, List<HealthRow> health) {
	}

}
